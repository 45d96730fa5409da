// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// What is shown of the accounts: in which order, which of it a search finds, and how it is counted. Pure functions.

const collator = new Intl.Collator("en", { numeric: true });
const byName = (one, other) => collator.compare(one.name, other.name);

// Returns accounts, groups and VMs in their natural order: web2 before web10.
export const sorted = (accounts) => accounts.map((account) => ({
  ...account,
  groups: account.groups.map((group) => ({
    ...group,
    virtual_machines: group.virtual_machines.toSorted(byName),
  })).sort(byName),
})).sort(byName);

// Returns what has every word of a text in its dotted name, such as web1.default.acme, and what that is in. Each group says
// how many VMs it has in all.
export const found = (accounts, text) => {
  const words = text.toLowerCase().split(/\s+/);
  const isFound = (...names) => {
    const name = names.join(".").toLowerCase();
    return words.every((word) => name.includes(word));
  };
  return accounts.map((account) => ({
    ...account,
    groups: account.groups.map((group) => ({
      ...group,
      total: group.virtual_machines.length,
      virtual_machines: group.virtual_machines.filter((machine) => isFound(machine.name, group.name, account.name)),
    })).filter((group) => group.virtual_machines.length > 0 || isFound(group.name, account.name)),
  })).filter((account) => account.groups.length > 0 || isFound(account.name));
};

export const machinesOf = (accounts) => accounts.flatMap(
  (account) => account.groups.flatMap((group) => group.virtual_machines));

export const withPower = (machines, power) => machines.filter((machine) => machine.power === power).length;

export const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

// Returns a group in a few words: 2 of 9 virtual machines, 1 on, 1 building.
export const described = ({ total, virtual_machines: machines }) => {
  const powers = ["on", "building"].map((power) => [withPower(machines, power), power]);
  return [
    machines.length < total ? `${machines.length.toLocaleString("en")} of ` : "",
    count(total, "virtual machine"),
    ...powers.filter(([number]) => number > 0).map(([number, power]) => `, ${number.toLocaleString("en")} ${power}`),
  ].join("");
};
