// One skill of one learner: the sentence, the interval, the facts, and the answers.

import { h } from "./dom.js";
import { UNKNOWN, chance, day, isKnown, iso, percent, plural, span } from "./format.js";
import { statusTag, stepWords } from "./status.js";

/** Mastery is success on at least so many typical questions. */
const MASTERY_SUCCESS = 0.85;

export function skillCard(skill, now) {
  return h("article", { class: "panel skill-card", "data-status": skill.status },
    h("h3", {}, h("bdi", {}, skill.title), " ", statusTag(skill.status)),
    h("p", { class: "because", dir: "auto" }, skill.because.replaceAll(" %", "\u202f%")),
    skill.status === "stuck" && h("p", { class: "next-step" }, h("strong", {}, "Try next: "),
      stepWords(skill.step)),
    interval(skill),
    facts(skill, now),
    evidence(skill));
}

/** Where success probably lies: a band of 90 %, a mark at the best guess, and the goal. */
function interval({ success, low, high, right, attempts }) {
  const band = h("span", { class: "band" });
  band.style.left = `${(low * 100).toFixed(1)}%`;
  band.style.width = `${Math.max(1, (high - low) * 100).toFixed(1)}%`;
  const mark = h("span", { class: "mark" });
  mark.style.left = `${(success * 100).toFixed(1)}%`;
  const goal = h("span", { class: "goal" });
  goal.style.left = `${MASTERY_SUCCESS * 100}%`;
  return h("div", { class: "interval" },
    h("p", {}, "Would answer a typical question right: ", h("strong", {}, chance(success)),
      h("span", { class: "note" }, ` · ${boundsWords(low, high)}`)),
    fewerThanBelieved(right, attempts, low) && h("p", { class: "note" },
      `Of the ${attempts} answers so far fewer were right, ${percent(right / attempts)}: guessing alone would do better. `
      + "The questions may be answered without care, or be harder than they look."),
    h("div", { class: "interval-track", "aria-hidden": "true" }, band, goal, mark));
}

/** The bounds, unless both are the same number: then one of them says it. */
const boundsWords = (low, high) => (chance(low) === chance(high)
  ? "90\u202f% sure: about that, which is what guessing gives"
  : `90\u202f% sure: between ${chance(low)} and ${chance(high)}`);

/** Whether clearly fewer answers were right than even the lower bound says. */
const fewerThanBelieved = (right, attempts, low) => attempts >= 10 && right / attempts < low - 0.1;

function facts(skill, now) {
  const fact = (name, value, note) => h("div", {}, h("dt", {}, name),
    h("dd", {}, value, note && h("span", { class: "note" }, ` ${note}`)));
  const ago = isKnown(skill.lastAt) ? `${span(Math.max(0, now - skill.lastAt))} ago` : null;
  const due = skill.dueAt === null ? ["–", "once mastered"]
    : skill.isDue ? ["now", `since ${day(skill.dueAt)}`] : [day(skill.dueAt), `in ${span(skill.dueAt - now)}`];
  return h("dl", { class: "skill-facts" },
    fact("Remembers now", chance(skill.recall)),
    fact("Review due", ...due),
    fact("Answers", `${skill.right} of ${skill.attempts} right`),
    fact("Last answer", ago ?? UNKNOWN),
    fact("Chance of mastery", chance(skill.mastered)));
}

function evidence({ evidence: answers, attempts }) {
  if (answers.length === 0) return null;
  const words = answers.length < attempts
    ? `The latest ${answers.length} of ${plural(attempts, "answer")}`
    : plural(attempts, "answer");
  return h("details", { class: "evidence" },
    h("summary", {}, words),
    h("ol", {}, answers.map((answer) => h("li", {},
      h("span", { class: "result", "data-right": answer.right }, answer.right ? "✓ right" : "✗ wrong"),
      h("span", { class: "asked" }, h("bdi", {}, answer.prompt), answer.probe && h("span", { class: "tag" }, "drawn at random")),
      h("span", { class: "note" }, answer.words, isKnown(answer.predicted)
        && `; ${chance(answer.predicted)} was expected`, "."),
      h("span", { class: "note when" }, h("time", { datetime: iso(answer.at) }, day(answer.at)),
        ` · ${answer.question}`)))));
}
