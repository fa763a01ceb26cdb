// The experiment on the live page: the verdict, its plot, the lines over time and the table.

import { byId, h, nothing, setText, show } from "./dom.js";
import { forest, reachOf } from "./forest.js";
import { drawLines, linesTable } from "./lines.js";
import { showVariants } from "./variants.js";
import { verdictOf } from "./verdict.js";

const LINES = [
  { metric: "closing_check", title: "Closing check" },
  { metric: "completion_rate", title: "Completion" },
  { metric: "mean_score", title: "Mean score" },
];

/**
 * Gives the verdict as one sentence for a screen reader, or nothing.
 * @param {import("./api.js").Experiment | null} experiment
 * @param {import("./api.js").Results | null} results
 * @param {import("./history.js").Point[]} points the experiment over time
 * @param {import("./api.js").Course | null} course
 */
export function showComparison(experiment, results, points, course) {
  for (const part of document.querySelectorAll("[data-needs=experiment]")) show(part, experiment !== null);
  if (experiment === null) return showNoExperiment(course);
  byId("verdict-empty").replaceChildren();
  setText(byId("experiment-name"), results === null
    ? `Experiment ${experiment.id}`
    : `Experiment ${experiment.id}, version ${results.version}`);
  showLines(experiment, points);
  byId("experiment-link").href = `/experiment/${encodeURIComponent(experiment.id)}`;
  showVariants(byId("variants"), experiment, results?.checks ?? new Map());
  return results === null ? null : showVerdict(experiment, results);
}

function showNoExperiment(course) {
  setText(byId("experiment-name"), "No experiment");
  setText(byId("verdict-lead"), "Not known yet:");
  setText(byId("verdict-rest"), "no experiment compares the policies.");
  byId("verdict").dataset.tone = "wait";
  byId("forest").replaceChildren();
  byId("verdict-details").replaceChildren();
  const empty = byId("verdict-empty");
  if (empty.dataset.course !== course?.id) {
    empty.dataset.course = course?.id ?? "";
    empty.replaceChildren(course === null ? nothing("First publish a course, with a key for “admin” "
      + "(nexus key create --for admin) in NEXUS_KEY:",
    `nexus course publish --url ${location.origin} --key "$NEXUS_KEY" courses/probability-from-zero.yaml`)
      : nothing("The difference between the learned path and the course's own path will "
      + "be here, with an interval that you may look at any time. Start a comparison, with a key for "
      + "“admin”:",
    `curl -X POST ${location.origin}/v1/experiments \\
  -H "Authorization: Bearer $NEXUS_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"id": "path-or-learned", "course": "${course.id}", "variants": [
    {"name": "control", "policy": "static", "weight": 0.5},
    {"name": "treatment", "policy": "pace", "weight": 0.5}]}'`));
  }
  return null;
}

function showVerdict(experiment, results) {
  const verdict = verdictOf(experiment, results);
  byId("verdict").dataset.tone = verdict.tone;
  setText(byId("verdict-lead"), verdict.lead);
  setText(byId("verdict-rest"), verdict.rest);
  const details = byId("verdict-details");
  if (details.textContent !== verdict.details.join("")) {
    details.replaceChildren(...verdict.details.map((text) => h("p", {}, text)));
  }
  const treatments = experiment.variants.slice(1);
  // One axis for all of them, so that what looks longer is longer.
  const reach = reachOf(results.effects);
  byId("forest").replaceChildren(...treatments.map(({ name, side }) =>
    forest(results.effects.filter(({ variant }) => variant === name), side % 8,
      results.learnersMin, reach)));
  return `${verdict.lead} ${verdict.rest}`;
}

function showLines(experiment, points) {
  const names = experiment.variants.map(({ name }) => name);
  const lines = LINES.filter(({ metric }) =>
    metric !== "closing_check" || experiment.variants.some(({ measured }) => measured.has(metric)));
  show(byId("lines-closing_check"), lines.length === LINES.length);
  for (const { metric, title } of lines) {
    drawLines(byId(`lines-${metric}`), { title, metric, names, points });
  }
  if (byId("lines-data").open) {
    byId("lines-table").replaceChildren(linesTable(names, points, lines));
  }
}

// The table is filled when it is opened, and follows from then on.
byId("lines-data").addEventListener("toggle", () => byId("lines-table").replaceChildren());
