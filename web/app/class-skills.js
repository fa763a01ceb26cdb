// The heat map: skills by status, a number in each field.

import { h, nothing, s } from "./dom.js";
import { UNKNOWN, count, percent, plural } from "./format.js";
import { STATUSES, statusTag } from "./status.js";
import { statusMeaning } from "./words.js";

export function heatMap(view) {
  if (view.learners === 0) return nothing("The class will be here after its first events.");
  const cell = (attributes, ...children) => h("td", { role: "cell", ...attributes }, ...children);
  const head = (className, ...children) =>
    h("th", { scope: "col", role: "columnheader", class: className }, ...children);
  const row = (skill) => h("tr", { role: "row" },
    h("th", { scope: "row", role: "rowheader" }, h("bdi", {}, skill.title)),
    STATUSES.map((status) => field(skill, status, view.learners)),
    cell({ class: "chances" }, h("span", { class: "label", "aria-hidden": "true" }, "Chances "),
      histogram(skill)),
    cell({ class: "figure" }, h("span", { class: "label", "aria-hidden": "true" }, "Typical success "),
      skill.success === null ? UNKNOWN : h("span", {}, percent(skill.success.median),
        h("span", { class: "note" }, `${percent(skill.success.low)} to ${percent(skill.success.high)}`))),
    cell({ class: "figure recall" }, h("span", { class: "label", "aria-hidden": "true" }, "Recall "),
      percent(skill.recall)),
    cell({ class: "figure due" }, h("span", { class: "label", "aria-hidden": "true" }, "Due "),
      count(skill.due)));
  return h("table", { class: "heat", role: "table" },
    h("caption", { class: "unseen" }, `Skills of ${plural(view.learners, "learner")} by status`),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head("skill", "Skill"),
      STATUSES.map((status) => head("count", statusTag(status))),
      head("chances", "Chance of mastery", h("span", { class: "note" }, "from 0 to 100 %")),
      head("figure", "Typical success", h("span", { class: "note" }, "middle half")),
      head("figure narrow", "Recall", h("span", { class: "note" }, "mean")),
      head("figure narrow", "Due", h("span", { class: "note" }, "review")))),
    h("tbody", { role: "rowgroup" }, view.skills.map(row)));
}

function field(skill, status, learners) {
  const n = skill.statuses[status] ?? 0;
  const cell = h("td", {
    role: "cell", class: "field", "data-status": status, "data-none": n === 0,
  }, h("data", { value: n }, count(n)), n / learners >= 0.005 && h("span", { class: "note" }, percent(n / learners)));
  cell.style.setProperty("--share", (n / learners).toFixed(3));
  return cell;
}

/** Ten bars; the words say what they show to those who do not see them. */
function histogram(skill) {
  const most = Math.max(...skill.histogram, 1);
  const said = skill.histogram
    .map((n, bin) => (n === 0 ? null : `${count(n)} between ${bin * 10} and ${bin * 10 + 10} %`))
    .filter((words) => words !== null).join(", ");
  const bar = (n, bin) => s("rect", {
    x: bin * 10 + 1, width: 8, rx: 1, y: 28 - 27 * n / most, height: n === 0 ? 0 : Math.max(1.5, 27 * n / most),
  });
  return s("svg", { viewBox: "0 0 100 30", class: "histogram", role: "img",
    "aria-label": said === "" ? "no answers" : said },
  s("line", { x1: 0, x2: 100, y1: 29, y2: 29 }), skill.histogram.map(bar));
}

/** What each status means, for the list below the map. */
export const meanings = () => STATUSES.flatMap((status) => [
  h("dt", {}, statusTag(status)), h("dd", {}, statusMeaning(status)),
]);
