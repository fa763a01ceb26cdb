// The effects as tables: a row a metric and variant, all of one unit on one axis.

import { h, s } from "../dom.js";
import { decimal, isKnown } from "../format.js";
import { GUARDRAILS, effectWords } from "../verdict.js";
import { metricWords } from "../words.js";

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const MARGIN = 0.06;
const ROW_HEIGHT = 28;
/** Metrics by unit: shares in points, the reward, and minutes. */
const UNITS = [
  { title: "Learning and completion, in points of 100", scale: 100, is: (metric) => !["reward", "minutes"].includes(metric) },
  { title: "Reward: what the policy learns from", scale: 1, is: (metric) => metric === "reward" },
  { title: "Time, in minutes a learner", scale: 1, is: (metric) => metric === "minutes" },
];
const SAID = { better: "better", worse: "worse", undecided: "undecided" };
const MORE_IS_NOT_BETTER = { better: "more", worse: "less", undecided: "undecided" };

/** @param {import("../api.js").Results} results */
export function effectTables(results) {
  const sides = new Map(results.variants.map(({ name, side }) => [name, side]));
  const several = results.variants.length > 2;
  const drawn = (effect, reach) =>
    row(effect, { reach, several, side: sides.get(effect.variant) ?? 1, learnersMin: results.learnersMin });
  return UNITS.map((unit) => {
    const effects = results.effects.filter(({ metric }) => unit.is(metric));
    if (effects.length === 0) return null;
    const reach = reachOf(effects);
    const head = (child, className) => h("th", { scope: "col", class: className }, child);
    return h("table", {},
      h("caption", {}, unit.title),
      h("thead", {}, h("tr", {}, head(several ? "Metric and variant" : "Metric"),
        head(axis(reach, unit.scale), "plot"), head("Difference", "number"))),
      several
        ? [...new Set(effects.map(({ metric }) => metric))].map((metric) => group(metric, effects, (effect) => drawn(effect, reach)))
        : h("tbody", {}, effects.map((effect) => drawn(effect, reach))));
  }).filter((table) => table !== null);
}

/** A metric with a row a variant. */
const group = (metric, effects, drawn) => {
  const rows = effects.filter((effect) => effect.metric === metric);
  return h("tbody", { class: "group" },
    h("tr", {}, h("th", { scope: "rowgroup", colspan: 3 }, metricWords(metric),
      rows[0].primary && h("span", { class: "note" }, "primary"),
      GUARDRAILS.has(metric) && h("span", { class: "note" }, "guardrail"))),
    rows.map(drawn));
};

function row(effect, { reach, several, side, learnersMin }) {
  const words = effectWords(effect, learnersMin);
  const note = effect.primary ? "primary" : GUARDRAILS.has(effect.metric) ? "guardrail" : null;
  const said = (effect.metric === "minutes" ? MORE_IS_NOT_BETTER : SAID)[effect.verdict];
  const decided = effect.verdict !== "undecided";
  return h("tr", { class: effect.primary ? "primary" : null, "data-side": side % 8 },
    several
      ? h("th", { scope: "row" }, h("span", { class: "side", "data-side": side % 8 }, h("bdi", {}, effect.variant)))
      : h("th", { scope: "row" }, metricWords(effect.metric), note && h("span", { class: "note" }, note)),
    h("td", { class: "plot" }, strip(effect, reach, side)),
    h("td", { class: "number" },
      h("span", { class: "estimate" }, words.estimate),
      h("span", { class: "note" }, words.interval),
      decided && h("span", { class: "said", "data-verdict": effect.metric === "minutes" ? null : effect.verdict }, said)));
}

function reachOf(effects) {
  const ends = effects.flatMap(({ low, high, estimate }) => (isKnown(low) ? [low, high] : [estimate])).filter(isKnown);
  const furthest = Math.max(0, ...ends.map(Math.abs));
  return STEPS.find((step) => step >= furthest) ?? STEPS.at(-1);
}

const place = (value, reach) => {
  const share = (Math.max(-reach, Math.min(reach, value)) / reach + 1) / 2;
  return (MARGIN + share * (1 - 2 * MARGIN)) * 100;
};

/** Markers that differ in form, around 0. */
const MARKERS = ["M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", "M-5-5h10v10h-10z",
  "M0-6L6 5H-6z", "M0-6L6 0L0 6L-6 0z", "M0 6L6-5H-6z", "M-6-2h4v-4h4v4h4v4h-4v4h-4v-4h-4z",
  "M0-6L5-2L3 5H-3L-5-2z"];

function strip({ low, high, estimate }, reach, side) {
  const x = (value) => `${place(value, reach).toFixed(2)}%`;
  const middle = ROW_HEIGHT / 2;
  const across = (at) => s("line", { class: "interval", x1: x(at), x2: x(at), y1: middle - 4, y2: middle + 4 });
  return s("svg", { height: ROW_HEIGHT, width: "100%", "aria-hidden": "true" },
    s("line", { class: "zero", x1: x(0), x2: x(0), y1: -8, y2: ROW_HEIGHT + 8 }),
    isKnown(low) && [s("line", { class: "interval", x1: x(low), x2: x(high), y1: middle, y2: middle }), across(low), across(high)],
    // A nested svg puts the marker at a share of the width.
    isKnown(estimate) && s("svg", { x: x(estimate), y: middle, overflow: "visible" },
      s("path", { class: isKnown(low) ? "marker" : "marker unsure", d: MARKERS[side % 8] })));
}

function axis(reach, scale) {
  const digits = reach * scale < 1 ? 2 : 0;
  const tick = (value) => s("text", { x: `${place(value, reach).toFixed(2)}%`, y: 13, "text-anchor": "middle" },
    decimal(value * scale, digits));
  return h("span", {}, h("span", { class: "unseen" }, "Interval"),
    s("svg", { height: 18, width: "100%", "aria-hidden": "true" }, [-reach, 0, reach].map(tick)));
}
