// The strip of live numbers, and where the rewards are.

import { byId, setText } from "./dom.js";
import { count, plural, rate } from "./format.js";

/** @param {import("./api.js").Live} live */
export function showNumbers(live) {
  const numbers = {
    "events-rate": rate(live.eventsPerSecond),
    "decisions-rate": rate(live.decisionsPerSecond),
    learners: count(live.learners),
    events: count(live.events),
    decisions: count(live.decisions),
    joined: count(live.joined),
    waiting: count(live.waiting),
    missing: count(live.missing),
  };
  for (const [id, text] of Object.entries(numbers)) setText(byId(id), text);
  for (const id of ["joined", "waiting", "missing"]) {
    byId(`${id}-part`).style.flexGrow = String(live[id]);
  }
  setText(byId("completions"), `${plural(live.completions, "completed", "completed")} the course`);
  setText(byId("fallbacks"), live.fallbacks === 0
    ? "none fell back to the path"
    : `${count(live.fallbacks)} fell back to the path`);
}
