// Whom to help today, and with what: at most five, each with a reason and one thing to do.

import { h, nothing } from "./dom.js";
import { plural } from "./format.js";
import { stepWords } from "./status.js";

/** More would be a list, and no help. */
const SHOWN = 5;

/** The page of a learner; the course says which class to come back to. */
export const learnerHref = (learner, course) =>
  `/learner?id=${encodeURIComponent(learner)}&course=${encodeURIComponent(course)}`;

/**
 * @param {{ names: Map<string, string>, done: Set<string>, mayPin: boolean,
 *   onPin: (row: object) => void, onDone: (row: object) => void }} hands
 */
export function todayList(view, { names, done, mayPin, onPin, onDone }) {
  const struggling = view.rows.filter(({ standing }) => standing === "struggling");
  const open = struggling.filter(({ learner }) => !done.has(learner));
  if (open.length === 0) {
    return nothing(struggling.length === 0
      ? "No one: of those who answered lately, nobody is stuck or answers wrongly again and again."
      : `No one is left: ${plural(struggling.length, "learner")} who struggle${struggling.length === 1 ? "s is" : " are"} dealt with for today.`);
  }
  const row = (one) => h("li", {},
    h("a", { class: "who", href: learnerHref(one.learner, view.course) }, h("bdi", {}, names.get(one.learner) ?? one.learner)),
    h("span", { class: "what" }, h("bdi", {}, one.because)),
    h("span", { class: "step" }, adviceWords(one)),
    h("span", { class: "together" },
      mayPin && one.stuck?.assign && button(`Let “${one.stuck.assign.title}” come next`, () => onPin(one)),
      button("Done for today", () => onDone(one))));
  return h("div", {},
    h("ol", { class: "stuck-list" }, open.slice(0, SHOWN).map(row)),
    open.length > SHOWN && h("p", { class: "quiet" },
      `${plural(open.length - SHOWN, "more learner")} ${open.length - SHOWN === 1 ? "struggles" : "struggle"}: below, and here as these are done.`));
}

function adviceWords({ stuck }) {
  if (stuck === null) return "Look at the answers together: several wrong ones in a row are often one misunderstanding.";
  return stepWords(stuck.step);
}

function button(words, act) {
  const element = h("button", { type: "button" }, words);
  element.addEventListener("click", act);
  return element;
}
