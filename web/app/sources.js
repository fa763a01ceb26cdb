// The sources: one row a stream of events, with what became of its records.

import { byId, h, show, table } from "./dom.js";
import { UNKNOWN, count, iso, rate } from "./format.js";
import { sourceActivityWords } from "./words.js";

const HEADS = ["Source", "State", "#Records a second", "#To be read", "#Taken", "#Known before", "#Put aside"];

/** @param {import("./api.js").Source[]} sources */
export function showSources(sources) {
  show(byId("sources"), sources.length > 0);
  if (sources.length === 0) return;
  byId("sources-table").replaceChildren(
    table("One row a source; counts since the server started.", HEADS, sources.map(row)));
}

function row(source) {
  const { problem } = source;
  return [
    [source.name, source.kind && h("span", { class: "note" }, source.kind)],
    [sourceActivityWords(source.activity),
      problem && h("span", { class: "note" }, `last error, ${iso(problem.at)}: ${problem.detail}`)],
    rate(source.recordsPerSecond),
    source.lag === null ? UNKNOWN : count(source.lag),
    count(source.accepted),
    count(source.duplicate + source.behind),
    count(source.rejected),
  ];
}
