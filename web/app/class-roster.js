// Everybody in a class, a row each, and four buckets that filter the list.

import { h, nothing } from "./dom.js";
import { UNKNOWN, count, day, isKnown, iso, percent, span } from "./format.js";
import { learnerHref } from "./class-today.js";

const STANDINGS = {
  struggling: { words: "Struggling", sign: "▲", status: "stuck" },
  unclear: { words: "Too early to say", sign: "○", status: "not_started" },
  on_track: { words: "On track", sign: "◔", status: "learning" },
  ahead: { words: "Ahead", sign: "●", status: "mastered" },
};

/** A standing as a sign and its word. */
export const standingTag = (standing) => {
  const { words, sign, status } = STANDINGS[standing] ?? { words: standing, sign: "·", status: "" };
  return h("span", { class: "status", "data-status": status }, h("span", { class: "sign", "aria-hidden": "true" }, sign), words);
};

/** Buttons that show one bucket, or all of them. */
export function buckets(view, chosen, choose) {
  const one = (standing, words, n) => {
    const element = h("button", { type: "button", "aria-pressed": String(chosen === standing) }, words, " ",
      h("data", { value: n }, count(n)));
    element.addEventListener("click", () => choose(chosen === standing ? null : standing));
    return element;
  };
  return Object.entries(STANDINGS).map(([standing, { words, sign }]) =>
    one(standing, `${sign} ${words}`, view.standings[standing] ?? 0));
}

/** The thresholds, as a teacher would say them. */
export const rulesWords = ({ rules }) => `Struggling: stuck in a skill, or ${rules.wrong} wrong answers in a row. `
  + `Too early to say: fewer than ${rules.answers} answers in activities, the placement aside. Ahead: at least ${rules.aheadSkills} skills begun, `
  + `${percent(rules.aheadShare)} of them mastered and none fading. On track: everybody else.`;

/** @param {Map<string, string>} names @param {number} shown how many rows */
export function roster(view, { names, chosen, shown, now }) {
  const rows = view.rows.filter(({ standing }) => chosen === null || standing === chosen);
  if (rows.length === 0) {
    return nothing(view.learners === 0 ? "Nobody answered in these days." : "Nobody stands there.");
  }
  const head = (text, className) => h("th", { scope: "col", class: className }, text);
  return h("table", { class: "roster" },
    h("caption", { class: "unseen" }, "One row a learner, by need"),
    h("thead", {}, h("tr", {}, head("Learner"), head("Stands"), head("Last answer"),
      head("Mastered", "number"), head("Path done", "number"))),
    h("tbody", {}, rows.slice(0, shown).map((row) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: learnerHref(row.learner, view.course) }, h("bdi", {}, names.get(row.learner) ?? row.learner))),
      h("td", {}, standingTag(row.standing), h("span", { class: "note" }, h("bdi", {}, row.because))),
      h("td", {}, isKnown(row.lastAt)
        ? h("time", { datetime: iso(row.lastAt), title: day(row.lastAt) }, `${span(Math.max(0, now - row.lastAt))} ago`) : "never"),
      h("td", { class: "number" }, `${count(row.mastered)} of ${count(row.begun)}`,
        row.fragile > 0 && h("span", { class: "note" }, `${count(row.fragile)} fading`)),
      h("td", { class: "number" }, row.required === 0 ? UNKNOWN : percent(row.completed / row.required))))));
}

export const shownOf = (view, chosen) =>
  view.rows.filter(({ standing }) => chosen === null || standing === chosen).length;
