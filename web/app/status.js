// Where a learner stands in a skill: always a sign and a word, never a colour alone.

import { h } from "./dom.js";
import { chance } from "./format.js";
import { statusWords } from "./words.js";

/** In the order in which a class moves through them; what needs a teacher stands together. */
export const STATUSES = ["not_started", "learning", "mastered", "fragile", "stuck"];

const SIGNS = { not_started: "○", learning: "◔", mastered: "●", fragile: "◒", stuck: "▲" };

/** A status as a sign and its word. */
export const statusTag = (status) =>
  h("span", { class: "status", "data-status": status },
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[status] ?? "·"), statusWords(status));

/** The next step for a stuck learner, as a sentence with the activities. */
export function stepWords(step) {
  if (step === null) {
    return "What it builds on seems known, or it builds on nothing: the lesson or its questions may be the problem. Time to talk.";
  }
  const names = step.activities.map(({ title, kind }) => `${title} (${kind})`);
  const sure = `${chance(step.mastered)} sure that it is mastered`;
  return names.length === 0
    ? `Go back to ${step.title} (${sure}).`
    : `Go back to ${step.title} (${sure}): ${names.join(", ")}.`;
}
