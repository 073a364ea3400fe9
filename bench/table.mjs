/**
 * The one table of a run. A row is `{part, what, eventsPerS, cpuUsPerEvent, ratio, notes}`; what does not apply is
 * left out. `ratio` is another's CPU time an event over ours.
 */
import Table from "cli-table3";

const HEAD = ["part", "what", "events/s", "CPU µs/event", "peer / ours", "notes"];
const RIGHT = ["left", "left", "right", "right", "right", "left"];

export function tableText(rows) {
  const table = new Table({ head: HEAD, colAligns: RIGHT, style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push(cells(row));
  return table.toString();
}

function cells({ part, what, eventsPerS, cpuUsPerEvent, ratio, notes = [] }) {
  return [part, what, count(eventsPerS), micros(cpuUsPerEvent), times(ratio), notes.join("\n")];
}

function count(value) {
  return value === undefined ? "" : Math.round(value).toLocaleString("en-US");
}

function micros(value) {
  return value === undefined ? "" : value.toFixed(value < 10 ? 2 : 1);
}

function times(value) {
  return value === undefined ? "" : `× ${value.toFixed(2)}`;
}
