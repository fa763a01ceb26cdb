// What was believed, what came of it, and the numbers behind both.

import { gauge } from "./decision-choice.js";
import { h, table } from "./dom.js";
import { UNKNOWN, count, decimal, isKnown, moment, percent, plural, signed } from "./format.js";
import { closingWords, featureWords, gainSourceWords } from "./words.js";

const section = (id, title, ...children) =>
  h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), children);

/** What was observed of a decision that still waits. */
function soFar({ startedAt, ended, answers, gain }) {
  if (!isKnown(startedAt)) return "not started";
  const measured = isKnown(gain) ? `a learning gain of ${signed(gain, 3)}` : "no gain measured yet";
  return [`started ${moment(startedAt)}`, plural(answers, "answer"), ended ?? "not ended", measured]
    .join(", ");
}

/** The components of a reward: name, value, weight, and a note. */
function components(reward, weights) {
  const unknown = (value) => (isKnown(value) ? signed(value, 3) : UNKNOWN);
  const weight = (value) => (isKnown(value) ? String(value) : UNKNOWN);
  const subtracted = (value) => (value === 0 ? "0" : `−${weight(value)}`);
  const byDefault = (name, note) =>
    (reward.defaulted.includes(name) ? "it never came: the declared default counts" : note);
  const rows = [
    ["Learning gain", unknown(reward.gain), weight(weights.gain), byDefault("gain",
      isKnown(reward.gain) ? `by ${gainSourceWords(reward.gainSource)}` : "nothing measured it in time")],
    ["Centred success", unknown(reward.success), weight(weights.success), byDefault("success",
      isKnown(reward.rawSuccess) ? `raw ${percent(reward.rawSuccess)}` : "it asked nothing")],
    ["Cost", decimal(reward.cost, 2), subtracted(weights.cost), "minutes over the course's median"],
    ["Abandoned", reward.abandoned ? "yes" : "no", `${subtracted(weights.abandonment)} once`, ""],
  ];
  if (weights.delayedGain) {
    rows.splice(1, 0, ["Delayed gain", unknown(reward.delayedGain), weight(weights.delayedGain),
      byDefault("delayed_gain", isKnown(reward.delayedGain) ? "" : "nothing measured it in time")]);
  }
  const came = new Map(reward.reported);
  for (const [name, value] of weights.reported) {
    rows.push([name, unknown(came.get(name)), weight(value), byDefault(name, "reported by the site")]);
  }
  return rows;
}

/** The reward taken apart, or what it waits for. */
export function rewardSince(audit) {
  const { state, reason, reward } = audit.outcome;
  if (state === "closed") {
    return section("reward-title", "Reward since", h("p", {},
      `There will be none: ${closingWords(reason)}. It is missing, not zero; nothing learns from it.`));
  }
  if (reward === null) {
    return section("reward-title", "Reward since",
      h("p", { class: "reward-value" }, "Waiting"),
      h("p", { id: "so-far" }, `So far: ${soFar(audit.outcome)}.`),
      h("p", {}, `Until ${moment(audit.windowEndsAt)}. It comes when the activity has ended and an `
        + "independent question has measured what was learned."));
  }
  const rows = components(reward, audit.weights).map(([name, value, weight, note]) =>
    [[name, note && h("span", { class: "note block" }, note)], value, weight]);
  return section("reward-title", "Reward since",
    h("p", { class: "reward-value" }, reward.unmeasured ? "Not measured" : signed(reward.value, 3)),
    reward.unmeasured && h("p", {}, "Nothing was measured that counts, so no policy learned from it."),
    table(`Joined ${moment(reward.at)}`, ["Component", "#Value", "#Weight"], rows));
}

/** The skills of the chosen activity as they were believed. */
export function skillsThen(audit) {
  if (audit.skills.length === 0) return null;
  const rows = audit.skills.map((skill) => [
    [skill.title, h("span", { class: "note block" }, plural(skill.attempts, "answer"))],
    gauge(skill.expectedSuccess, 1, percent(skill.expectedSuccess), true),
    gauge(skill.mastered, 1, percent(skill.mastered)),
  ]);
  return section("skills-title", "Skills then", h("div", { class: "skills" },
    table("What was believed of the learner before", ["Skill", "Expected success", "P(mastered)"],
      rows)));
}

/** What the policy saw of the chosen activity, and what its model made of it. */
export function features(audit) {
  const valued = audit.features.some(({ weight }) => isKnown(weight));
  const size = ({ contribution }) => Math.abs(contribution ?? 0);
  const sorted = valued ? [...audit.features].sort((one, other) => size(other) - size(one))
    : audit.features;
  const rows = sorted.map(({ name, value, weight, contribution }) => {
    const seen = [[featureWords(name), h("code", { class: "note block" }, name)], decimal(value, 4)];
    return valued ? [...seen, signed(weight, 4), signed(contribution, 4)] : seen;
  });
  const columns = ["Feature", "#Value", ...valued ? ["#Weight", "#Part"] : []];
  const caption = valued
    ? "Value times weight is a feature’s part in the estimate; the parts sum to it. For "
      + "the retired logistic-ts they are logits."
    : "Every feature lies between −1 and 1. No model decided, so none was weighed.";
  return h("section", { class: "panel wide", "aria-labelledby": "features-title" },
    h("h2", { id: "features-title" }, "What the policy saw"),
    h("details", {}, h("summary", {}, `${count(rows.length)} features of the chosen activity`
      + (valued ? ", the weightiest first" : "")),
      h("div", { class: "scroll features", tabindex: 0, role: "group", "aria-label": "Features" },
        table(caption, columns, rows))));
}

/** The record as the API gives it. */
export function raw(wire) {
  return h("section", { class: "panel wide", "aria-labelledby": "raw-title" },
    h("h2", { id: "raw-title" }, "The record"),
    h("details", {}, h("summary", {}, `The JSON of GET /v1/decisions/${wire.decision_id}`),
      h("pre", { class: "raw", tabindex: 0, "aria-label": "JSON" },
        h("code", {}, JSON.stringify(wire, null, 2)))));
}
