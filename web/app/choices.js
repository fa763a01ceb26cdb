// The last decisions, the newest first. The list holds still while the reader points at it or is in
// it with the keyboard, and says how many came meanwhile.

import { follow, h, nothing, setText } from "./dom.js";
import { iso, percent, plural, time } from "./format.js";

const SHOWN = 10;
const KEPT = 200;

/** @typedef {import("./api.js").Choice} Choice */

export class Choices {
  /** @type {Choice[]} */
  all = [];
  #list;
  #note;
  #known = new Set();
  #fresh = 0;

  /** @param {HTMLElement} list @param {HTMLElement} note */
  constructor(list, note) {
    this.#list = list;
    this.#note = note;
  }

  /** @param {Choice} choice */
  add(choice) {
    if (this.#known.has(choice.id)) return;
    this.#known.add(choice.id);
    this.all.unshift(choice);
    this.#fresh += 1;
    for (const gone of this.all.splice(KEPT)) this.#known.delete(gone.id);
  }

  /** Decisions from before the page was opened, the newest first. @param {Choice[]} past */
  seed(past) {
    const older = past.filter(({ id }) => !this.#known.has(id));
    older.forEach(({ id }) => this.#known.add(id));
    this.all.push(...older);
    for (const gone of this.all.splice(KEPT)) this.#known.delete(gone.id);
  }

  /** @param {import("./api.js").Course | null} course */
  render(course, experiment) {
    if (this.all.length === 0) return this.#renderNothing(course);
    const held = this.#list.childElementCount > 0 && this.#list.matches(":hover, :focus-within");
    setText(this.#note, held && this.#fresh > 0
      ? `Held while you are in the list; ${plural(this.#fresh, "decision")} came meanwhile.`
      : "Open one to see why it was chosen.");
    if (held) return;
    this.#fresh = 0;
    this.#list.parentElement.querySelector(".nothing")?.remove();
    const sides = new Map((experiment?.variants ?? []).map(({ name, side }) => [name, side]));
    follow(this.#list, this.all.slice(0, SHOWN), ({ id }) => id, (choice) => row(choice, sides));
  }

  #renderNothing(course) {
    if (this.#list.parentElement.querySelector(".nothing") !== null) return;
    this.#list.after(nothing("Every decision will be here a moment after it is made. Ask for one:",
      `curl -X POST ${location.origin}/v1/decisions \\
  -H "Authorization: Bearer $NEXUS_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"learner": "ada", "course": "${course?.id ?? "COURSE"}"}'`));
  }
}

/** @param {Choice} choice @param {Map<string, number>} sides */
function row(choice, sides) {
  const side = sides.get(choice.variant ?? "");
  const chance = choice.candidates === 1
    ? "the only candidate"
    : `${percent(choice.probability)} of ${plural(choice.candidates, "candidate")}`;
  return h("li", {},
    h("a", { class: "what", href: `/decision.html?id=${encodeURIComponent(choice.id)}` }, h("bdi", {}, choice.title)),
    h("span", { class: "who" }, h("bdi", {}, choice.learner)),
    h("span", { class: "policy", "data-side": side === undefined ? null : side % 8 },
      choice.fallback === null ? choice.policy : `${choice.policy}, fallback`),
    h("span", { class: "chance" }, chance),
    h("time", { class: "when", datetime: iso(choice.at) }, time(choice.at)));
}
