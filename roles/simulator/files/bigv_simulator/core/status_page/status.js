// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright: (c) 2026, the bytemark.cloud contributors
//
// Asks for the status once a second, and shows what the search and the switch leave of it.

import { showAccounts } from "./accounts.js";
import { sampled } from "./activity.js";
import { count, found, machinesOf, sorted, withPower } from "./arrangement.js";
import { recall, remember } from "./memory.js";
import { showPlots } from "./plots.js";
import { showRequests } from "./requests.js";

const INTERVAL = 1000;
const part = (id) => document.getElementById(id);

let seen = "";
let status = { accounts: [], requests: [], writes: [], total: 0 };
let samples = recall("samples");

const showFound = () => {
  const text = part("search").value.trim();
  const accounts = found(status.accounts, text);
  part("found").textContent = text ? `${count(machinesOf(accounts).length, "virtual machine")} found` : "";
  showAccounts(part("accounts"), accounts, text !== "");
};

const showLog = () => showRequests(part("requests"), part("writes-only").checked ? status.writes : status.requests);

const sample = () => {
  const machines = machinesOf(status.accounts);
  samples = sampled(samples, {
    at: Date.now(),
    on: withPower(machines, "on"),
    building: withPower(machines, "building"),
    total: status.total,
  });
  showPlots(part("plots"), samples);
};

const showStatus = () => {
  const machines = machinesOf(status.accounts);
  const on = withPower(machines, "on").toLocaleString("en");
  part("summary").textContent = `${count(machines.length, "virtual machine")}, ${on} on · ${count(status.total, "request")}`;
  showFound();
  showLog();
};

const refresh = async () => {
  const trouble = part("trouble");
  try {
    const answer = await fetch(`/_simulator/status?seen=${seen}`);
    if (answer.status === 200) {
      const read = await answer.json();
      status = { ...read, accounts: sorted(read.accounts) };
      seen = answer.headers.get("Version");
      showStatus();
    }
    if (answer.ok) {
      sample();
    }
    trouble.hidden = answer.ok;
  } catch {
    trouble.hidden = false;
  }
  setTimeout(refresh, INTERVAL);
};

part("search").addEventListener("input", showFound);
part("writes-only").addEventListener("change", showLog);
addEventListener("pagehide", () => remember("samples", samples));
refresh();
