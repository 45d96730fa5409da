// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// Elements of the page. All that is shown is set as text, never as markup.

export const element = (name, className, ...children) => {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
};

// Makes the children of an element those of a list: each is found by its key, made once, and filled when it has changed.
export const show = (parent, items, key, make, fill) => {
  const keys = new Set(items.map((item) => String(key(item))));
  const there = new Map();
  for (const child of Array.from(parent.children)) {
    if (keys.has(child.dataset.key)) {
      there.set(child.dataset.key, child);
    } else {
      child.remove();
    }
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const child = there.get(name) ?? make(item);
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
};
