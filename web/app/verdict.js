// What an experiment says, in words that a headmaster and a statistician both accept.

import { UNKNOWN, count, decimal, isKnown, percent, plural, signed } from "./format.js";
import { policyWords } from "./words.js";

/** Metrics that are shares: their differences are points of 100. */
const SHARES = new Set(["closing_check", "probe_success", "completion_rate", "progress", "mean_score",
  "retention_7", "retention_28"]);
/** Metrics in the order of the plot; minutes have another unit and stay in the table. */
export const PLOTTED = ["closing_check", "probe_success", "completion_rate", "mean_score", "reward"];
/** The questions that a primary metric is measured on. */
const questionsOf = ({ metric }) =>
  (metric === "closing_check" ? "questions of the closing check" : "probe questions");
/** Outcomes beside the primary one, in words. */
const SECONDARY = {
  probe_success: "probes on the way",
  completion_rate: "completing what is required",
  retention_7: "being right after a week without the skill",
  retention_28: "being right after four weeks without the skill",
};
/** What is said when one of these is surely worse, whatever the primary metric says. */
const WARNINGS = {
  probe_success: (lower) => `Warning: success on probes on the way is ${lower} points lower.`,
  completion_rate: (lower) => `Warning: completion is ${lower} points lower.`,
  mean_score: (lower) => `Guardrail: the raw score is ${lower} points lower. Harder questions alone `
    + "can do that; look before you promote.",
};
/** What is decided beside the primary metric, as the subject of a sentence. */
const DECIDED = {
  closing_check: "the closing check",
  probe_success: "success on probes",
  completion_rate: "completion",
  progress: "progress",
  mean_score: "the raw score",
  minutes: "the time it takes",
  reward: "the reward, which the policy learns from,",
  retention_7: "being right after a week without the skill",
  retention_28: "being right after four weeks without the skill",
};
export const GUARDRAILS = new Set(["mean_score", "minutes"]);

/**
 * @typedef {import("./api.js").Results} Results
 * @typedef {import("./api.js").Effect} Effect
 * @typedef {import("./api.js").Experiment} Experiment
 * @typedef {{ tone: "wait" | "good" | "bad" | "alarm", lead: string, rest: string,
 *   details: string[] }} Verdict
 */

/** The primary effect that says most: a decided one before an undecided one. */
export function primaryEffect(results) {
  const primary = results.effects.filter((effect) => effect.primary);
  return primary.find(({ verdict }) => verdict !== "undecided") ?? primary[0] ?? null;
}

/** How a variant is called in a sentence. */
function sideWords(experiment, name) {
  const policy = experiment.variants.find((variant) => variant.name === name)?.policy;
  if (policy === "static") return "the course's own path";
  if (policy === "pace" || policy === "lin-ts") return "the learned path";
  return policy === undefined ? name : `${name} (${policyWords(policy)})`;
}

/**
 * The headline.
 * @param {Experiment} experiment
 * @param {Results} results
 * @returns {Verdict}
 */
export function verdictOf(experiment, results) {
  const effect = primaryEffect(results);
  if (results.alarm) return alarm(results);
  if (effect === null) return { tone: "wait", lead: "Not yet:", rest: "nothing is compared.", details: [] };
  const side = sideWords(experiment, effect.variant);
  const control = sideWords(experiment, effect.control);
  const details = [measuredWords(effect, results), ...checkWords(experiment, results, effect),
    ...notBetterWords(results, effect), ...guardrailWords(results, effect.variant)];
  const beside = decidedWords(experiment, results, effect);
  const verdict = (tone, lead, rest) => ({ tone, lead, rest: `${rest}${beside}`, details });
  if (!isKnown(effect.low)) return verdict("wait", "Not yet:", noInterval(effect, results));
  const range = `${points(effect.low)} to ${points(effect.high)} points`;
  if (effect.verdict === "better") {
    return verdict("good", "Yes:", `after ${side}, learners answer ${points(effect.estimate)} points `
      + `more of the ${questionsOf(effect)} right than after ${control} (${range}).`);
  }
  if (effect.verdict === "worse") {
    return verdict("bad", "No:", `after ${side}, learners answer ${points(-effect.estimate)} points `
      + `fewer of the ${questionsOf(effect)} right than after ${control} `
      + `(${points(-effect.high)} to ${points(-effect.low)} points).`);
  }
  const anywhere = `on ${questionsOf(effect)}, ${side} may be anywhere from `
    + `${worse(effect.low)} to ${better(effect.high)} than ${control}.`;
  if (!allSeen(results)) return verdict("wait", "Not yet:", anywhere);
  const most = points(Math.max(Math.abs(effect.low), Math.abs(effect.high)));
  return verdict("wait", "No difference shown:", `all ${count(results.planned)} planned learners have been seen, and `
    + `${anywhere} A difference of more than ${most} points is ruled out.`);
}

/** Whether as many learners have been seen as were planned: waiting longer is a new plan. */
const allSeen = ({ learners, planned }) => isKnown(planned) && planned > 0 && learners >= planned;

/** Every other metric whose interval leaves 0 out, better or worse: no decided result is silent. */
function decidedWords(experiment, results, primary) {
  const decided = results.effects.filter((effect) =>
    effect !== primary && ["better", "worse"].includes(effect.verdict) && isKnown(effect.low));
  if (decided.length === 0) return "";
  const several = experiment.variants.length > 2;
  const one = (effect) => {
    const { estimate, interval } = effectWords(effect, results.learnersMin);
    const where = several ? ` after ${sideWords(experiment, effect.variant)}` : "";
    return `${DECIDED[effect.metric] ?? effect.metric}${where} is ${effect.verdict}, ${estimate} (${interval})`;
  };
  return ` Decided beside it: ${decided.map(one).join("; ")}.`;
}

const points = (difference) => decimal(difference * 100, 1);
const worse = (low) => `${points(Math.abs(low))} points ${low < 0 ? "worse" : "better"}`;
const better = (high) => `${points(Math.abs(high))} points ${high < 0 ? "worse" : "better"}`;

function alarm(results) {
  return {
    tone: "alarm",
    lead: "Do not trust this comparison:",
    rest: "learners are not assigned to the variants as designed.",
    details: [`Check where learners of experiment ${results.id} are lost before you read on.`],
  };
}

function noInterval(effect, results) {
  const fewest = Math.min(effect.controlLearners, effect.variantLearners);
  if (isEnough(effect, results.learnersMin)) return "no variation yet: the answers are all alike.";
  if (fewest === 0) {
    return effect.metric === "closing_check"
      ? "no learner has completed the closing check on both sides."
      : "no probe question has been answered on both sides.";
  }
  return `${plural(fewest, "learner")} measured on the smaller side; an interval is shown from `
    + `${count(results.learnersMin)}.`;
}

function measuredWords(effect, results) {
  const { controlLearners, variantLearners, control, variant } = effect;
  const stopped = isKnown(results.stoppedAt) ? "Stopped. " : "";
  const how = effect.metric === "closing_check"
    ? "Measured in the closing check, adjusted for the placement" : "Measured on probes";
  return `${stopped}${how}: ${count(controlLearners)} learners in ${control}, `
    + `${count(variantLearners)} in ${variant}. ${seenWords(results)}`;
}

const seenWords = (results) => (allSeen(results)
  ? `All ${count(results.planned)} planned learners have been seen, ${count(results.learners)} by now.`
  : `Seen so far: ${count(results.learners)} of ${count(results.planned)} planned.`);

/** After how many minutes each side came to the closing check, and who is missing. */
function checkWords(experiment, results, effect) {
  if (effect.metric !== "closing_check") return [];
  const sides = [effect.variant, effect.control].filter((name) => results.checks?.has(name));
  return sides.map((name) => {
    const { completed, missing, mean, minutes } = results.checks.get(name);
    const side = capital(sideWords(experiment, name));
    if (completed === 0) return `${side}: no learner has come to the check, of ${count(missing)}.`;
    return `${side}: ${percent(mean, 1)} right after ${decimal(minutes, 0)} minutes of learning, `
      + `${plural(completed, "learner")}; ${count(missing)} did not come to the check, or not yet.`;
  });
}

const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** What else the same side is not surely better in. */
function notBetterWords(results, primary) {
  const others = results.effects.filter((effect) => !effect.primary && isKnown(effect.low)
    && effect.variant === primary.variant && effect.metric in SECONDARY
    && effect.verdict === "undecided" && effect.estimate !== 0);
  if (others.length === 0) return [];
  const named = others.map((effect) =>
    `${SECONDARY[effect.metric]} (${signed(effect.estimate * 100, 1)} points)`);
  return [`Not shown to be better in ${named.join(" and ")}.`];
}

function guardrailWords(results, variant) {
  const broken = results.effects.filter((effect) =>
    !effect.primary && effect.variant === variant && effect.metric in WARNINGS
      && effect.verdict === "worse");
  return broken.map((effect) => WARNINGS[effect.metric](points(-effect.estimate)));
}

/** Whether both sides have enough learners for an interval: without one, their values are equal. */
const isEnough = ({ controlLearners, variantLearners }, learnersMin) =>
  Math.min(controlLearners, variantLearners) >= learnersMin;

/**
 * An effect in its own unit: points for shares, hundredths for the reward.
 * @param {Effect} effect
 * @param {number} learnersMin fewest learners a side before an interval is shown
 */
export function effectWords(effect, learnersMin) {
  if (!isKnown(effect.estimate)) return { estimate: UNKNOWN, interval: "nothing measured yet" };
  const isShare = SHARES.has(effect.metric);
  const isMinutes = effect.metric === "minutes";
  const show = (value) => (isShare ? signed(value * 100, 1) : signed(value, isMinutes ? 1 : 3));
  const unit = isShare ? " points" : isMinutes ? " minutes" : "";
  const interval = isKnown(effect.low)
    ? `${show(effect.low)} to ${show(effect.high)}`
    : isEnough(effect, learnersMin) ? "no variation yet" : "too few learners yet";
  return { estimate: `${show(effect.estimate)}${unit}`, interval };
}

/** A mean of a metric in its own unit. */
export function meanWords(metric, mean) {
  if (SHARES.has(metric)) return percent(mean, 1);
  return metric === "minutes" ? decimal(mean, 1) : signed(mean, 3);
}
