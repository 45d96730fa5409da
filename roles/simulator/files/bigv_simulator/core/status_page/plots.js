// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// The plots of the last five minutes.

import { peak, points } from "./activity.js";
import { element } from "./elements.js";

const WIDTH = 300;
const HEIGHT = 32;
const SERIES = { on: "VMs on", building: "VMs building", rate: "Requests/s" };

const vector = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  return made;
};

const figure = (number) => number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 });

const makePlot = (series) => {
  const plot = element("figure", `plot ${series}`, element("figcaption", "", element("span", "title", SERIES[series]), " ",
    element("span", "now"), " ", element("span", "note")));
  const drawing = vector("svg", {
    viewBox: `0 -1 ${WIDTH} ${HEIGHT + 2}`, preserveAspectRatio: "none", "aria-hidden": "true",
  });
  drawing.append(vector("polygon", {}), vector("polyline", {}));
  plot.append(drawing);
  return plot;
};

// Draws each series as a line with its area. Its caption says the same in numbers.
export const showPlots = (parent, samples) => {
  if (parent.querySelector("figure") === null) {
    parent.append(...Object.keys(SERIES).map(makePlot));
  }
  for (const series of Object.keys(SERIES)) {
    const plot = parent.querySelector(`.${series}`);
    const line = points(samples, series, WIDTH, HEIGHT);
    const start = line.split(",", 1)[0];
    plot.querySelector(".now").textContent = figure(samples.at(-1)[series]);
    plot.querySelector(".note").textContent = `peak ${figure(peak(samples, series))}`;
    plot.querySelector("polyline").setAttribute("points", line);
    plot.querySelector("polygon").setAttribute("points", `${start},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`);
  }
};
