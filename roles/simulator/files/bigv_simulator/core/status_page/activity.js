// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026, the bytemark.cloud contributors
//
// The samples of the last five minutes, and the line that a plot draws through them. Pure functions.

const SPAN = 5 * 60_000;

// Returns the samples with a new one at their end, without those that are too old. The rate is that of the requests since
// the sample before it. A total that has become smaller counts from zero again, because the log was cleared.
export const sampled = (samples, { at, on, building, total }) => {
  const last = samples.at(-1);
  const requests = total < last?.total ? total : total - (last?.total ?? total);
  const rate = requests === 0 ? 0 : requests * 1000 / Math.max(at - last.at, 1);
  return [...samples.filter((sample) => sample.at > at - SPAN), { at, on, building, total, rate }];
};

export const peak = (samples, series) => samples.reduce((highest, sample) => Math.max(highest, sample[series]), 0);

// Returns the points of an SVG line, with the newest sample at the right and the peak at the top.
export const points = (samples, series, width, height) => {
  const end = samples.at(-1)?.at;
  const top = peak(samples, series) || 1;
  return samples.map((sample) => [
    width * (1 - (end - sample.at) / SPAN),
    height * (1 - sample[series] / top),
  ].map((number) => number.toFixed(1)).join(",")).join(" ");
};
