// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// What a tab remembers when it is reloaded, if its browser lets it: lists, by name.

export const remember = (name, list) => {
  try {
    sessionStorage.setItem(name, JSON.stringify(list));
  } catch {
    // The page works without it.
  }
};

export const recall = (name) => {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? [];
  } catch {
    return [];
  }
};
