// Where the learner stands, by skills: a sign and a word each, and no points.

import { byId, follow, h, setText, show } from "../dom.js";
import { words } from "./words.js";

const KNOWN = new Set(["mastered", "fragile"]);

/** @param {{skill: string, status: string}[]} skills */
export const knownOf = (skills) => skills.filter(({ status }) => KNOWN.has(status)).length;

/** A skill as a sign, its name and a word. */
export function skillItem({ title, skill, status }) {
  return h("li", { class: "skill", "data-status": status },
    h("span", { class: "sign", "aria-hidden": "true" }, words.signs[status] ?? "·"),
    h("bdi", {}, title || skill),
    h("span", { class: "state" }, words.states[status] ?? ""));
}

/** The line at the top of the page, and the list behind it. */
export function showProgress(skills, learner) {
  show(byId("progress"), skills.length > 0);
  setText(byId("progress-words"), words.known(knownOf(skills), skills.length));
  follow(byId("progress-bar"), skills, ({ skill }) => skill,
    ({ status }) => h("span", { "data-status": status }),
    (part, { status }) => part.setAttribute("data-status", status));
  byId("progress-skills").replaceChildren(...skills.map(skillItem));
  byId("who").replaceChildren(...named(words.who("\u0000"), learner));
  setText(byId("leave"), words.leave);
}

/** A sentence with a name from outside in it, whose direction stays its own. */
export function named(sentence, name) {
  const [before, after] = sentence.split("\u0000");
  return [before, h("bdi", {}, name), after];
}
