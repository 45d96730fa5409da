// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// The log of requests: one line for each write, and for equal reads in a row.

import { element, show } from "./elements.js";

const PARTS = ["method", "status", "count", "time"];
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const makeRequest = () => element("li", "request", element("div", "line", ...PARTS.map((part) => element("span", part))),
  element("div", "path"), element("div", "body"));

const fillRequest = (item, request) => {
  const [line, path, body] = item.children;
  const [method, status, repeats, time] = line.children;
  item.dataset.method = request.method;
  item.dataset.failed = request.status >= 400;
  method.textContent = request.method;
  status.textContent = request.status;
  repeats.textContent = request.count > 1 ? `${request.count.toLocaleString("en")} times` : "";
  time.textContent = clock.format(request.time * 1000);
  path.textContent = request.path + (request.query ? `?${request.query}` : "");
  body.textContent = request.body;
};

export const showRequests = (parent, requests) => show(
  parent, requests, (request) => request.number, makeRequest, fillRequest);
