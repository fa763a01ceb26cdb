// What could be chosen, what was, and what could not be.

import { h } from "./dom.js";
import { UNKNOWN, count, decimal, isKnown, moment, percent, plural, signed } from "./format.js";
import {
  exclusionWords, fallbackWords, planWords, policyWords, relaxationWords, withheldWords,
} from "./words.js";

const section = (id, title, ...children) =>
  h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), children);

/** A bar with its number; `most` fills the bar. */
export function gauge(value, most, text, strong = false) {
  const fill = h("span", { class: "fill" });
  fill.style.width = `${Math.max(0, Math.min(100, 100 * value / most)).toFixed(2)}%`;
  return h("span", { class: strong ? "gauge strong" : "gauge" },
    h("span", { class: "track", "aria-hidden": "true" }, fill),
    h("data", { value }, text));
}

/** The candidates, the most probable first. */
export function candidates(audit) {
  const sorted = [...audit.candidates].sort((one, other) => other.probability - one.probability);
  const most = sorted[0]?.probability ?? 1;
  const sum = sorted.reduce((total, { probability }) => total + probability, 0);
  const estimated = sorted.some(({ estimate }) => isKnown(estimate));
  const preferred = sorted.some(({ preference }) => isKnown(preference));
  const row = ({ activity, title, probability, estimate, preference }) => {
    const isChosen = activity === audit.activity;
    return h("tr", { class: isChosen ? "chosen" : null },
      h("th", { scope: "row" }, h("bdi", {}, title), isChosen && h("span", { class: "tag" }, "chosen")),
      h("td", {}, gauge(probability, most, percent(probability, 1))),
      h("td", { class: "number" }, isKnown(estimate) ? signed(estimate, 3) : UNKNOWN),
      preferred && h("td", { class: "number" }, isKnown(preference) ? signed(preference, 3) : UNKNOWN));
  };
  return section("candidates-title", "What could be chosen",
    h("p", { class: "quiet" }, relaxationWords(audit.relaxation), " ",
      audit.sessionOver ? "The session had lasted as long as the course wants it to. " : "",
      estimated ? "" : "This policy has no expected reward of its own."),
    h("table", { class: "candidates", id: "candidates" },
      h("caption", {}, sorted.length === 1
        ? "One candidate: there was nothing to draw."
        : `${count(sorted.length)} candidates, the most probable first. The draw was made from `
          + "exactly these probabilities."),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Activity"),
        h("th", { scope: "col" }, "Probability"),
        h("th", { scope: "col", class: "number" }, "Expected reward"),
        preferred && h("th", { scope: "col", class: "number" }, "Strategy’s say"))),
      h("tbody", {}, sorted.map(row)),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "Sum"),
        h("td", { id: "sum" }, decimal(sum, 6)), h("td", {}), preferred && h("td", {})))));
}

/** The activities that could not be chosen, by reason. */
export function excluded(audit) {
  if (audit.exclusions.length === 0) {
    return section("excluded-title", "What could not",
      h("p", { class: "quiet" }, "Nothing: every activity of the course was a candidate."));
  }
  const groups = Map.groupBy
    ? Map.groupBy(audit.exclusions, ({ reason }) => reason)
    : grouped(audit.exclusions);
  const largest = [...groups].sort(([, one], [, other]) => other.length - one.length);
  return section("excluded-title", "What could not",
    h("p", { class: "quiet" }, `${plural(audit.exclusions.length, "activity", "activities")}, by reason.`),
    h("div", { class: "excluded" }, largest.map(([reason, activities]) => h("details", {},
      h("summary", {}, exclusionWords(reason), " ",
        h("span", { class: "note" }, `· ${count(activities.length)}`)),
      h("ul", {}, activities.map(({ title }) => h("li", {}, h("bdi", {}, title))))))));
}

function grouped(exclusions) {
  const groups = new Map();
  for (const exclusion of exclusions) {
    groups.set(exclusion.reason, [...(groups.get(exclusion.reason) ?? []), exclusion]);
  }
  return groups;
}

/** What was drawn, by whom, and how to draw it again. */
export function chosenFacts(audit) {
  const fact = (name, value, note, className) => h("div", {}, h("dt", {}, name),
    h("dd", { class: className }, value, note && h("span", { class: "note" }, note)));
  const experiment = audit.experiment === null
    ? ["None", null]
    : [h("bdi", {}, audit.variant), `${audit.experiment}, version ${audit.experimentVersion ?? 1}`];
  return section("facts-title", "How it was chosen", h("dl", { class: "facts" },
    fact("Activity", h("bdi", {}, audit.title), audit.activity, "key"),
    audit.pin === null ? null : fact("Pinned by a teacher", audit.pin,
      "nothing was drawn, and no policy learns from it", "key"),
    audit.pin !== null ? null : fact("Probability", percent(audit.probability, 2),
      audit.floor > 0 && `${percent(audit.floor, 1)} spread evenly over all, to explore`, "key"),
    fact("Policy", audit.policy, audit.pin !== null ? "was not asked"
      : `${policyWords(audit.policy)}; version ${count(audit.policyVersion)}, the rewards it had seen`),
    audit.strategy !== null && fact("Strategy", `number ${count(audit.strategy.position)}`,
      `of the retired policy, assigned with probability ${percent(audit.strategy.propensity, 1)}; `
        + `number ${count(audit.strategy.period)} of this learner`),
    audit.plan !== null && fact("Plan", planWords(audit.plan.plan),
      audit.plan.by_chance ? `for the whole course, drawn with probability ${percent(audit.plan.propensity, 1)}`
        : "for the whole course, the best so far: this learner does not consent to exploration"),
    audit.withheld !== null && fact("Nothing left to chance", withheldWords(audit.withheld),
      "the candidate that the policy expects most of was taken, with probability 1"),
    audit.heldOut && fact("Held out", "yes",
      "no policy ever decides for this learner: what the others are compared with"),
    audit.fallback !== null && fact("Fallback", fallbackWords(audit.fallback)),
    fact("Variant", ...experiment),
    audit.said !== null && fact("The site said",
      audit.said.entries.map(({ key, value }) => `${key}: ${value}`).join(", "),
      isKnown(audit.said.contribution)
        && `its part in the estimate is ${signed(audit.said.contribution, 4)}`),
    audit.client !== null && fact("Asked by", audit.client.name, `version ${audit.client.version}`),
    audit.probe !== null && fact("Probe", audit.probe.question,
      `asked with probability ${percent(audit.probe.propensity, 2)}`),
    fact("Shown", audit.exposedAt === null ? "not yet, as far as is known" : moment(audit.exposedAt)),
    fact("Course", audit.course, `version ${audit.courseVersion}`),
    fact("Seed", h("code", {}, audit.seed)),
    fact("Journal", `entry ${count(audit.seq)}`, audit.id)));
}
