// A forest plot as a table: one row a metric, all on one axis around "no difference".

import { h, s } from "./dom.js";
import { decimal, isKnown } from "./format.js";
import { GUARDRAILS, PLOTTED, effectWords } from "./verdict.js";
import { metricWords } from "./words.js";

const STEPS = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2];
/** Room beside the ends of the axis, as a share of the width. */
const MARGIN = 0.06;
const ROW_HEIGHT = 28;
/** The line of "no difference" runs through the space between the rows. */
const BEYOND = 18;

/**
 * @param {import("./api.js").Effect[]} effects of one variant against the control
 * @param {number} side position of the variant, for its colour
 * @param {number} learnersMin fewest learners a side before an interval is shown
 * @param {number} reach how far the axis goes
 */
export function forest(effects, side, learnersMin, reach) {
  const rows = PLOTTED.map((metric) => effects.find((effect) => effect.metric === metric))
    .filter((effect) => effect !== undefined);
  const name = effects[0]?.variant ?? "";
  const head = (text, className) => h("th", { scope: "col", class: className }, text);
  return h("table", { class: "forest", "data-side": side },
    h("caption", {},
      `${name} less ${effects[0]?.control ?? "control"}: right of 0 is better. The intervals `
      + "(95\u202f%) hold however often you look."),
    h("thead", {}, h("tr", {}, head("Metric"), head(axis(reach), "plot"), head("Difference", "number"))),
    h("tbody", {}, rows.map((effect) => row(effect, reach, learnersMin))));
}

function row(effect, reach, learnersMin) {
  const words = effectWords(effect, learnersMin);
  const note = effect.primary ? "primary" : GUARDRAILS.has(effect.metric) ? "guardrail" : null;
  return h("tr", { class: effect.primary ? "primary" : null },
    h("th", { scope: "row" }, metricWords(effect.metric), note && h("span", { class: "note" }, note)),
    h("td", { class: "plot" }, strip(effect, reach)),
    h("td", { class: "number" },
      h("span", { class: "estimate" }, words.estimate),
      h("span", { class: "note" }, words.interval)));
}

/** How far an axis must go for the plotted ones of these effects. */
export function reachOf(effects) {
  const rows = effects.filter(({ metric }) => PLOTTED.includes(metric));
  const ends = rows.flatMap(({ low, high, estimate }) => [low, high, estimate]).filter(isKnown);
  const furthest = Math.max(0, ...ends.map(Math.abs));
  return STEPS.find((step) => step >= furthest) ?? STEPS.at(-1);
}

/** A difference as a place from left to right. */
const place = (value, reach) => {
  const share = (Math.max(-reach, Math.min(reach, value)) / reach + 1) / 2;
  return `${((MARGIN + share * (1 - 2 * MARGIN)) * 100).toFixed(2)}%`;
};

function strip(effect, reach) {
  const x = (value) => place(value, reach);
  const middle = ROW_HEIGHT / 2;
  const across = (at, from, to) =>
    s("line", { class: "interval", x1: x(at), x2: x(at), y1: middle - from, y2: middle + to });
  const { low, high, estimate } = effect;
  return s("svg", { height: ROW_HEIGHT, width: "100%", "aria-hidden": "true" },
    s("line", { class: "zero", x1: x(0), x2: x(0), y1: -BEYOND, y2: ROW_HEIGHT + BEYOND }),
    isKnown(low) && [
      s("line", { class: "interval", x1: x(low), x2: x(high), y1: middle, y2: middle }),
      across(low, 4, 4),
      across(high, 4, 4),
    ],
    isKnown(estimate) && s("circle", {
      class: isKnown(low) ? "estimate" : "estimate unsure",
      cx: x(estimate), cy: middle, r: effect.primary ? 6 : 4.5,
    }));
}

function axis(reach) {
  const tick = (value) => s("text", { x: place(value, reach), y: 13, "text-anchor": "middle" },
    decimal(value * 100, 0));
  return h("span", {},
    h("span", { class: "unseen" }, "Interval"),
    s("svg", { height: 18, width: "100%", "aria-hidden": "true" },
      [-reach, 0, reach].map(tick)));
}
