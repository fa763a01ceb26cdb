// The variants of an experiment in numbers: a row a variant, or a column on a narrow page.

import { h } from "./dom.js";
import { count, decimal } from "./format.js";
import { meanWords } from "./verdict.js";
import { policyWords } from "./words.js";

const METRICS = [
  ["closing_check", "Closing check"],
  ["probe_success", "Probe success"],
  ["completion_rate", "Completion"],
  ["mean_score", "Mean score"],
  ["reward", "Mean reward"],
  ["retention_7", "After a week"],
  ["retention_28", "After four weeks"],
];
/** Metrics that take a pause to measure: they stand in the table once there is a value. */
const AFTER_PAUSES = new Set(["retention_7", "retention_28"]);
const narrow = matchMedia("(max-width: 40rem)");

/**
 * @param {Element} table
 * @param {import("./api.js").Experiment} experiment
 * @param {Map<string, import("./api.js").Check>} checks what came of the closing check, a variant
 */
export function showVariants(table, experiment, checks) {
  const { variants } = experiment;
  const isOffered = ([metric]) => {
    if (metric === "closing_check") return variants.some((variant) => variant.measured.has(metric));
    if (!AFTER_PAUSES.has(metric)) return true;
    return variants.some((variant) => (variant.measured.get(metric) ?? 0) > 0);
  };
  const metrics = METRICS.filter(isOffered);
  const names = ["Variant", "Policy", "Learners", "Decisions", ...metrics.map(([, name]) => name)];
  const byVariant = [names, ...variants.map((variant) => cells(variant, metrics, checks))];
  const lines = narrow.matches ? names.map((_, at) => byVariant.map((line) => line[at])) : byVariant;
  const [heads, ...rows] = lines;
  const isNumber = (at) => (narrow.matches ? at > 0 : at > 1);
  const number = (at) => (isNumber(at) ? "number" : null);
  table.replaceChildren(
    h("caption", {}, narrow.matches
      ? "One column a variant, the control first."
      : "One row a variant, the control first."),
    h("thead", {}, h("tr", {}, heads.map((cell, at) =>
      h("th", { scope: "col", class: number(at) }, cell)))),
    h("tbody", {}, rows.map(([head, ...rest]) => h("tr", {}, h("th", { scope: "row" }, head),
      rest.map((cell, at) => h("td", { class: number(at + 1) }, cell))))));
}

function cells(variant, metrics, checks) {
  return [
    h("span", { class: "side", "data-side": variant.side % 8 }, h("bdi", {}, variant.name)),
    [variant.policy, h("span", { class: "note" }, policyWords(variant.policy))],
    count(variant.learners),
    count(variant.decisions),
    ...metrics.map(([metric]) => (metric === "closing_check" && checks.has(variant.name)
      ? checked(variant, checks.get(variant.name)) : mean(variant, metric))),
  ];
}

/** A score in the closing check beside the minutes it took, and those who did not come. */
function checked(variant, { completed, missing, mean: score, minutes }) {
  if (completed === 0) return mean(variant, "closing_check");
  return [meanWords("closing_check", score), h("span", { class: "note" },
    `of ${count(completed)}, after ${decimal(minutes, 0)} min; ${count(missing)} missing`)];
}

function mean(variant, metric) {
  const measured = variant.measured.get(metric) ?? 0;
  const missing = AFTER_PAUSES.has(metric)
    ? `; ${count(Math.max(variant.learners - measured, 0))} missing` : "";
  return [meanWords(metric, variant.means.get(metric)),
    h("span", { class: "note" }, measured === 0 ? "none yet" : `of ${count(measured)}${missing}`)];
}
