// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// The accounts with their groups, which fold, and the VMs in them.

import { count, described } from "./arrangement.js";
import { element, show } from "./elements.js";
import { recall, remember } from "./memory.js";

const COLUMNS = ["Name", "Power", "Size", "Image, zone", "Addresses", "Discs"];
const CELLS = ["name", "power", "size", "image", "addresses", "discs"];
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const folded = new Set(recall("folded"));
let searching = false;

const size = (mebibytes) => {
  const gibibytes = mebibytes / 1024;
  return Number.isInteger(gibibytes * 10) ? `${gibibytes} GiB` : `${mebibytes} MiB`;
};

const makeMachine = () => element("tr", "machine", ...CELLS.map((cell) => element("td", cell)));

const fillMachine = (row, machine, isNew) => {
  if (!isNew && !stillness.matches) {
    row.animate({ backgroundColor: ["var(--flash)", "transparent"] }, 1500);
  }
  const [name, power, hardware, image, addresses, discs] = row.children;
  name.textContent = machine.name;
  power.replaceChildren(element("span", `badge ${machine.power.replace(" ", "-")}`, machine.power));
  hardware.textContent = `${count(machine.cores, "core")}, ${size(machine.memory)}`;
  if (machine.pending) {
    hardware.append(element("span", "note", "pending restart"));
  }
  image.textContent = machine.image ?? "";
  image.append(element("span", "note", machine.zone));
  addresses.replaceChildren(...machine.addresses.map((address) => element("div", "", address)));
  discs.replaceChildren(...machine.discs.map((disc) => element(
    "div", "", disc.label, element("span", "note", `${size(disc.size)} ${disc.grade}`))));
};

const isOpen = (id) => searching || !folded.has(id);

const makeGroup = ({ id }) => {
  const head = element("tr", "", ...COLUMNS.map((title) => element("th", "", title)));
  const group = element("details", "group", element("summary", "", element("span", "name"), element("span", "note")),
    element("table", "", element("thead", "", head), element("tbody", "")));
  group.open = isOpen(id);
  group.addEventListener("toggle", () => {
    if (!searching) {
      folded[group.open ? "delete" : "add"](id);
      remember("folded", [...folded]);
    }
  });
  return group;
};

const fillGroup = (section, group) => {
  section.querySelector(".name").textContent = group.name;
  section.querySelector(".note").textContent = described(group);
  section.classList.toggle("empty", group.virtual_machines.length === 0);
  show(section.querySelector("tbody"), group.virtual_machines, (machine) => machine.id, makeMachine, fillMachine);
};

const makeAccount = () => element("section", "account", element("h2", ""), element("div", "groups"));

const fillAccount = (section, account) => {
  section.firstElementChild.textContent = account.name;
  show(section.lastElementChild, account.groups, (group) => group.id, makeGroup, fillGroup);
};

// Shows these accounts. While they are what a search has found, no group stays folded.
export const showAccounts = (parent, accounts, isSearch) => {
  if (searching !== isSearch) {
    searching = isSearch;
    for (const group of parent.querySelectorAll(".group")) {
      group.open = isOpen(Number(group.dataset.key));
    }
  }
  show(parent, accounts, (account) => account.id, makeAccount, fillAccount);
};
