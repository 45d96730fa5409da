// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
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

// Returns the answer and, if the status has changed, what it says. Without an answer there is nothing.
const ask = async () => {
  try {
    const answer = await fetch(`/_simulator/status?seen=${seen}`);
    return { answer, changed: answer.status === 200 ? await answer.json() : null };
  } catch {
    return {};
  }
};

const refresh = async () => {
  const { answer, changed } = await ask();
  part("trouble").hidden = answer?.ok === true;
  if (changed) {
    status = { ...changed, accounts: sorted(changed.accounts) };
    seen = answer.headers.get("Version");
    showStatus();
  }
  if (answer?.ok) {
    sample();
  }
  setTimeout(refresh, INTERVAL);
};

part("search").addEventListener("input", showFound);
part("writes-only").addEventListener("change", showLog);
addEventListener("pagehide", () => remember("samples", samples));
refresh();
