// The words of the verdict, for every outcome an experiment can have.

import { effectWords, verdictOf } from "../app/verdict.js";

export const views = ["desktop-light"];

const EXPERIMENT = {
  id: "x",
  variants: [{ name: "control", policy: "static" }, { name: "treatment", policy: "lin-ts" }],
};

function effect(metric, low, high, primary = false) {
  const estimate = low === null ? 0.1 : (low + high) / 2;
  const verdict = low > 0 ? "better" : high !== null && high < 0 ? "worse" : "undecided";
  return { metric, primary, variant: "treatment", control: "control", controlLearners: 60,
    variantLearners: 12, estimate, low, high, verdict };
}

function results(effects, more = {}) {
  return { id: "x", version: 1, planned: 400, learners: 120, learnersMin: 50, stoppedAt: null,
    alarm: false, effects, ...more };
}

export default async ({ check }) => {
  const says = (name, given, tone, ...patterns) => {
    const verdict = verdictOf(EXPERIMENT, given);
    const text = `${verdict.lead} ${verdict.rest} ${verdict.details.join(" ")}`;
    const holds = verdict.tone === tone && patterns.every((pattern) => pattern.test(text));
    check(name, holds, `${verdict.tone}: ${text}`);
  };
  const primary = (low, high) => effect("probe_success", low, high, true);

  says("an interval around 0 is not yet", results([primary(-0.024, 0.139)]), "wait",
    /^Not yet:/, /2\.4 points worse to 13\.9 points better than the course's own path/);
  says("above 0 is yes", results([primary(0.02, 0.1)]), "good", /^Yes:/, /6\.0 points more/,
    /2\.0 to 10\.0 points/);
  says("below 0 is no", results([primary(-0.1, -0.02)]), "bad", /^No:/, /6\.0 points fewer/,
    /2\.0 to 10\.0 points/);
  says("too few learners is not yet", results([primary(null, null)]), "wait", /^Not yet:/,
    /12 learners measured on the smaller side/, /from 50/);
  says("nothing compared is not yet", results([]), "wait", /^Not yet:/);
  says("a wrong assignment is an alarm, whatever else", results([primary(0.02, 0.1)], { alarm: true }),
    "alarm", /^Do not trust/);
  says("a broken guardrail is named",
    results([primary(0.02, 0.1), effect("mean_score", -0.05, -0.01)]), "good", /Guardrail/);
  says("fewer completions are named", results([primary(-0.1, 0.1),
    effect("completion_rate", -0.3, -0.1)]), "wait", /completion is 20\.0 points lower/);
  says("a whole guardrail is not",
    results([primary(0.02, 0.1), effect("mean_score", -0.05, 0.01)]), "good", /^(?!.*Guardrail)/);
  const checks = new Map([
    ["control", { completed: 60, missing: 4, mean: 0.51, minutes: 201.4 }],
    ["treatment", { completed: 55, missing: 1234, mean: 0.57, minutes: 198.2 }],
  ]);
  const closing = effect("closing_check", 0.02, 0.1, true);
  says("a closing check stands beside its minutes and who is missing",
    results([closing], { checks }), "good", /6\.0 points more of the questions of the closing check/,
    /The learned path: 57\.0.% right after 198 minutes of learning, 55 learners; 1,234 did not come/,
    /The course's own path: 51\.0.% right after 201 minutes/);
  says("where it is not better is said", results([closing, effect("probe_success", -0.05, 0.03)],
    { checks }), "good", /Not shown to be better in probes on the way \(.1\.0 points\)/);
  says("a lower secondary outcome is a warning",
    results([closing, effect("probe_success", -0.05, -0.03)], { checks }), "good",
    /Warning: success on probes on the way is 4\.0 points lower/);
  says("nobody at the check is said", results([{ ...closing, low: null, high: null }], { checks:
    new Map([["control", { completed: 0, missing: 7, mean: null, minutes: null }]]) }), "wait",
  /The course's own path: no learner has come to the check, of 7/);
  says("what is decided beside it is in the sentence, better or worse",
    results([primary(-0.03, 0.04), effect("completion_rate", 0.013, 0.096), effect("reward", -0.027, -0.006)]), "wait",
    /^Not yet: [^\n]*completion is better, \+5\.5 points \(\+1\.3 to \+9\.6\)/,
    /the reward, which the policy learns from, is worse, .0\.017 \(.0\.027 to .0\.006\)/);
  says("as many learners as planned is an end", results([primary(-0.02, 0.03)], { learners: 4744, planned: 800 }),
    "wait", /^No difference shown: all 800 planned learners/, /more than 3\.0 points is ruled out/,
    /All 800 planned learners have been seen, 4,744 by now/, /^(?!.*of 800)/);
  const { estimate, interval } = effectWords(effect("reward", 0.011, 0.093), 50);
  check("a reward has no points", estimate === "+0.052" && interval === "+0.011 to +0.093",
    `${estimate}, ${interval}`);
  const none = effect("completion_rate", null, null);
  const why = (variantLearners) => effectWords({ ...none, variantLearners }, 50).interval;
  check("without an interval, few learners are named", why(49) === "too few learners yet", why(49));
  check("and enough learners who are all alike", why(50) === "no variation yet", why(50));
  const alike = { ...primary(null, null), variantLearners: 60 };
  says("equal answers of enough learners are not yet", results([alike]), "wait",
    /^Not yet: no variation yet/);
};
