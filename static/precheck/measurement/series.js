// @ts-check
// Figures over time, for the plots of the report. No DOM.

import { oneDecimal } from "./connection_figures.js";

const MAX_POINTS = 240; // of a figure, as the server accepts; with more, every second point is dropped

/**
 * Create an empty record.
 * @param {() => number} now in milliseconds
 */
export function makeSeries(now) {
  const startedAt = now();
  /** @type {{ [name in import("../types.js").SeriesName]?: [number, number][] }} seconds, value */
  const points = {};
  return {
    points,
    /** @param {import("../types.js").SeriesName} name @param {number} value */
    record(name, value) {
      const list = (points[name] ??= []);
      if (list.length >= MAX_POINTS) list.splice(0, list.length, ...list.filter((_, at) => at % 2 === 0));
      list.push([Math.round((now() - startedAt) / 100) / 10, oneDecimal(value)]);
    },
  };
}
