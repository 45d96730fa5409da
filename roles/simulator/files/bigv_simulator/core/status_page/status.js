// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright: (c) 2026, the bytemark.cloud contributors
//
// Asks for the status once a second and changes only those elements whose data has changed. All that is shown is set as
// text, never as markup.

const INTERVAL = 1000;
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

const element = (name, className, ...children) => {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
};

const size = (mebibytes) => {
  const gibibytes = mebibytes / 1024;
  return Number.isInteger(gibibytes * 10) ? `${gibibytes} GiB` : `${mebibytes} MiB`;
};

const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

// Makes the children of an element those of a list: each is found by its key, made once, and filled when it has changed.
const show = (parent, items, key, make, fill) => {
  const there = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const child = there.get(name) ?? make(item);
    there.delete(name);
    const data = JSON.stringify(item);
    if (child.shown !== data) {
      fill(child, item, child.shown === undefined);
      child.shown = data;
      child.dataset.key = name;
    }
    if (child === next) {
      next = next.nextElementSibling;
    } else {
      parent.insertBefore(child, next);
    }
  }
  for (const child of there.values()) {
    child.remove();
  }
};

const ROW = ["name", "power", "size", "image", "addresses", "discs"];

const makeMachine = () => element("tr", "machine", ...ROW.map((part) => element("td", part)));

const fillMachine = (row, machine, isNew) => {
  if (!isNew && !stillness.matches) {
    row.animate({ backgroundColor: ["var(--flash)", "transparent"] }, 1500);
  }
  const [name, power, hardware, image, addresses, discs] = row.children;
  name.textContent = machine.name;
  power.replaceChildren(element("span", `badge ${machine.power.replace(" ", "-")}`, machine.power));
  hardware.textContent = `${count(machine.cores, "core")}, ${size(machine.memory)}`;
  if (machine.pending) {
    hardware.append(element("span", "note", "waits for a restart"));
  }
  image.textContent = machine.image ?? "";
  image.append(element("span", "note", machine.zone));
  addresses.replaceChildren(...machine.addresses.map((address) => element("div", "", address)));
  discs.replaceChildren(...machine.discs.map((disc) => element(
    "div", "", disc.label, element("span", "note", `${size(disc.size)} ${disc.grade}`))));
};

const makeGroup = () => {
  const head = element("tr", "", ...["Name", "Power", "Size", "Image, zone", "Addresses", "Discs"].map(
    (title) => element("th", "", title)));
  const group = element("details", "group", element("summary", "", element("span", "name"), element("span", "note")),
    element("div", "table", element("table", "", element("thead", "", head), element("tbody", ""))));
  group.open = true;
  return group;
};

const fillGroup = (section, group) => {
  section.querySelector(".name").textContent = group.name;
  section.querySelector(".note").textContent = count(group.virtual_machines.length, "virtual machine");
  section.classList.toggle("empty", group.virtual_machines.length === 0);
  show(section.querySelector("tbody"), group.virtual_machines, (machine) => machine.id, makeMachine, fillMachine);
};

const makeAccount = () => element("section", "account", element("h2", ""), element("div", "groups"));

const fillAccount = (section, account) => {
  section.firstElementChild.textContent = account.name;
  show(section.lastElementChild, account.groups, (group) => group.id, makeGroup, fillGroup);
};

const makeRequest = () => element("li", "request", element("div", "line", ...["method", "status", "time"].map(
  (part) => element("span", part))), element("div", "path"), element("div", "body"));

const fillRequest = (item, request) => {
  const [line, path, body] = item.children;
  const [method, status, time] = line.children;
  item.dataset.method = request.method;
  item.dataset.failed = request.status >= 400;
  method.textContent = request.method;
  status.textContent = request.status;
  time.textContent = new Date(request.time * 1000).toLocaleTimeString("en-GB");
  path.textContent = request.path + (request.query ? `?${request.query}` : "");
  body.textContent = request.body;
};

const fill = ({ accounts, requests, total }) => {
  const machines = accounts.flatMap((account) => account.groups).flatMap((group) => group.virtual_machines);
  const on = machines.filter((machine) => machine.power === "on").length;
  document.getElementById("summary").textContent =
    `${count(machines.length, "virtual machine")}, ${on.toLocaleString("en")} on · ${count(total, "request")}`;
  show(document.getElementById("accounts"), accounts, (account) => account.id, makeAccount, fillAccount);
  show(document.getElementById("requests"), requests, (request) => `${request.number} ${request.time}`,
    makeRequest, fillRequest);
};

let seen = "";

const refresh = async () => {
  const trouble = document.getElementById("trouble");
  try {
    const answer = await fetch(`/_simulator/status?seen=${seen}`);
    if (answer.status === 200) {
      fill(await answer.json());
      seen = answer.headers.get("Version");
    }
    trouble.hidden = answer.ok;
  } catch {
    trouble.hidden = false;
  }
  setTimeout(refresh, INTERVAL);
};

refresh();
