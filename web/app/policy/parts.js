// What the numbers of policies say, in words first.

import { h, nothing, table } from "../dom.js";
import { UNKNOWN, count, day, decimal, isKnown, percent, plural, signed } from "../format.js";
import { planWords, policyWords } from "../words.js";

const MODES = { live: "serves and learns", frozen: "serves, and learns nothing", shadow: "a shadow: decides beside, is not served",
  apprentice: "an apprentice: a baseline serves in its place" };
const modeWords = ({ mode, learns }) => (mode === "live" && !learns ? "serves" : MODES[mode] ?? mode);
/** How the policy is called, with what it does in words. */
export const named = (policy) => h("span", {}, h("bdi", { class: "word" }, policy), h("span", { class: "note" }, policyWords(policy)));

/** Yes or no to the questions of this page, each in a sentence. */
export function answers({ lives, on, counts, compared }) {
  const tellers = [safe({ lives, on }), learning(lives), better({ lives, compared }), exploration(counts)];
  return tellers.map(({ tone, sign, lead, rest }) => h("li", { "data-tone": tone },
    h("span", { class: "sign", "aria-hidden": true }, sign), h("p", {}, h("strong", {}, lead), ` ${rest}`)));
}

const good = (lead, rest) => ({ tone: "good", sign: "✓", lead, rest });
const warn = (lead, rest) => ({ tone: "warn", sign: "!", lead, rest });
const bad = (lead, rest) => ({ tone: "bad", sign: "✗", lead, rest });
const open = (lead, rest) => ({ tone: "open", sign: "·", lead, rest });

function safe({ lives, on }) {
  if (on.length > 0) return warn("The kill switch is on.", "Everybody gets the course's own path, and no policy learns from it.");
  const ill = lives.policies.filter(({ monitor }) => (monitor?.cause ?? null) !== null);
  if (ill.length > 0) return bad("A monitor rings:", `${ill.map(({ policy, monitor }) => `${policy}: ${monitor.cause}`).join("; ")}.`);
  const watched = lives.policies.filter(({ monitor }) => monitor !== null).length;
  return watched === 0 ? open("Nothing to watch yet.", "No policy has decided here.")
    : good("It is safe.", `${plural(watched, "policy is", "policies are")} watched, and no monitor would stop one. The kill switch is off.`);
}

function learning({ policies, serving }) {
  const own = policies.find(({ policy }) => policy === serving.policy);
  if (own === undefined) return open("Unknown.", "The serving policy is not in the list.");
  if (!own.learns) return open("It does not learn.", `“${own.policy}” decides, and it takes nothing from rewards.`);
  if (own.mode === "frozen") return warn("It is frozen.", `“${own.policy}” serves and learns nothing until it is live again.`);
  if (own.learned === 0) return open("Not yet.", `“${own.policy}” has learned from no reward here.`);
  return good("It is learning.", `“${own.policy}” has learned from ${plural(own.learned, "reward")}${
    own.refused > 0 ? `; ${count(own.refused)} were not sound or too many from one learner` : ""}.`);
}

/** Learned against static: by experiment, which is proof, or by stage and holdout, which are hints. */
function better({ lives, compared }) {
  const effect = compared?.effects.find(({ metric }) => metric === "reward");
  if (effect !== undefined && isKnown(effect.estimate)) {
    const by = `${signed(effect.estimate, 3)} reward a decision${between(effect.low, effect.high, 3)}, in experiment ${compared.id}`;
    if (effect.verdict === "worse") return bad("It earns less than the course's own path:", `${by}. Stop it, or find out why.`);
    if (effect.verdict === "better") return good("It earns more than the course's own path:", `${by}.`);
    return open(effect.estimate < 0 ? "So far it earns less than the course's own path, and that may be chance:"
      : "Not decided whether it earns more than the course's own path:", `${by}.`);
  }
  const { heldOut, others } = lives.holdout;
  if (isKnown(heldOut.mean) && isKnown(others.mean)) {
    return open("Beside the learners who are held out:", `${signed(others.mean - heldOut.mean, 3)} reward a decision; `
      + `${count(heldOut.rewards)} rewards of theirs say so.`);
  }
  return open("Nothing compares it with the course's own path.", "Start an experiment with the course's own path as control.");
}

function exploration({ decisions, explored, withheld }) {
  if (decisions === 0) return open("No decision yet.", "");
  const kept = withheld === 0 ? "" : ` In ${count(withheld)} nothing was left to chance, without consent or beyond a budget.`;
  return open(`${percent(explored / decisions, 1)} of decisions explore:`,
    `${count(explored)} of ${count(decisions)} were not what the policy thought best.${kept}`);
}

const between = (low, high, digits) => (isKnown(low) && isKnown(high) ? ` (${signed(low, digits)} to ${signed(high, digits)})`
  : ", without an interval yet");

/** Who decides, since when, and how far a promotion is. */
export function servingWords({ serving, holdout }) {
  const { stage } = serving;
  const since = serving.promoted ? [h("p", {}, "Promoted ", day(serving.at), ` by ${serving.by}: `, h("bdi", {}, serving.reason ?? ""))]
    : [h("p", { class: "quiet" }, "It is the server's default: nobody promoted anything here. It decides when no experiment runs.")];
  return h("div", { class: "serving" },
    h("p", { class: "who" }, named(serving.policy)),
    serving.inItsPlace === null ? null : h("p", {}, `“${serving.inItsPlace}” decides in its place for now.`),
    since,
    stagesOf(serving, stage),
    holdout.share > 0 && h("p", { class: "quiet" }, `${percent(holdout.share, 1)} of learners are held out: no policy that learns decides for them.`));
}

const STAGES = [0.01, 0.1, 0.5, 1];

/** The stages of a promotion as a row of steps, the present one marked. */
function stagesOf(serving, stage) {
  if (!serving.promoted) return null;
  const share = stage === null ? 1 : stage.share;
  const reached = STAGES.findLastIndex((one) => share >= one - 1e-9);
  const step = (one, place) => h("li", { "data-state": place < reached ? "past" : place === reached ? "now" : "next",
    "aria-current": place === reached ? "step" : null }, percent(one));
  return [h("ol", { class: "stages", "aria-label": "Stages of the promotion" }, STAGES.map(step)),
    stage && h("p", {}, `It decides for ${percent(stage.share)} of the learners, “${stage.others}” for the others. ${
      stage.rewards >= stage.needed ? "The next stage may begin."
        : `The next stage may begin after ${count(stage.needed)} rewards; ${count(stage.rewards)} came.`} `,
    isKnown(stage.mean) && isKnown(stage.othersMean) && `Its latest rewards are ${decimal(stage.mean, 3)} in the mean, those of the others ${
      decimal(stage.othersMean, 3)}${stage.mean < stage.othersMean ? ": it earns less so far" : ""}. Nexus ends the stage by itself when it does harm.`)];
}

/** What the experiment and the holdout say of it, in a table of sentences. */
export function worthWords({ course, lives, compared }) {
  const rows = [];
  for (const effect of compared?.effects ?? []) {
    if (!["reward", "closing_check", "probe_success"].includes(effect.metric)) continue;
    const isShare = effect.metric !== "reward";
    const show = (value) => (isShare ? `${signed(value * 100, 1)} points` : signed(value, 3));
    rows.push([{ reward: "Reward a decision", closing_check: "Closing check", probe_success: "Questions drawn by chance" }[effect.metric],
      h("bdi", {}, `${effect.variant} against ${effect.control}`),
      isKnown(effect.estimate) ? show(effect.estimate) : UNKNOWN,
      isKnown(effect.low) ? `${show(effect.low)} to ${show(effect.high)}` : "too few learners",
      { better: "better", worse: "worse", undecided: "not decided" }[effect.verdict] ?? effect.verdict]);
  }
  const { heldOut, others, share } = { ...lives.holdout };
  if (heldOut.rewards > 0 && isKnown(heldOut.mean) && isKnown(others.mean)) {
    const gap = others.mean - heldOut.mean;
    const error = isKnown(heldOut.error) && isKnown(others.error) ? 1.96 * Math.hypot(heldOut.error, others.error) : null;
    rows.push(["Reward a decision", `everybody else against the ${percent(share, 1)} held out`, signed(gap, 3),
      error === null ? "too few rewards" : `${signed(gap - error, 3)} to ${signed(gap + error, 3)}`, "a look, no test"]);
  }
  if (rows.length === 0) {
    return nothing("Nothing compares them here. An experiment with the course's own path as control does:",
      `nexus experiment start --url ${location.origin} --key "$NEXUS_KEY" path-or-learned \\\n  --course ${course} --variant control=static --variant treatment=pace`);
  }
  return [h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Learned against static" },
    table("Learned less static; intervals of experiments hold however often you look.", ["What", "Who", "#Difference", "#95 % interval", "Verdict"], rows)),
  compared && h("p", {}, h("a", { href: `/experiment/${encodeURIComponent(compared.id)}` }, "The whole experiment"))];
}

/** One row a policy that did or learned anything. */
export function policiesTable({ policies, serving }) {
  const busy = policies.filter((one) => one.monitor !== null || one.learned > 0 || one.version > 0 || one.shadow !== null
    || one.mode !== "live" || one.policy === serving.policy);
  return table("Spread: 1 is equal chances for all candidates, 0 is one choice only; before the floor of exploration.",
    ["Policy", "Mode", "#Version", "#Decisions", "#Learned from", "#Latest rewards", "#Before", "#Spread"],
    busy.map((one) => [named(one.policy), modeWords(one), one.version === 0 ? "none saved" : count(one.version),
      count(one.monitor?.decisions ?? 0), one.learns ? count(one.learned) : "does not learn",
      mean(one.monitor?.recent, one.monitor?.recentRewards), mean(one.monitor?.before, one.monitor?.beforeRewards),
      one.learns && isKnown(one.monitor?.spread) ? decimal(one.monitor.spread, 2) : UNKNOWN]));
}

const mean = (value, n) => (isKnown(value) ? [decimal(value, 3), h("span", { class: "note" }, `of ${count(n)}`)] : UNKNOWN);

/** Off-policy estimates of shadows; what is not known well enough is refused, and says so. */
export function shadowsTable({ policies }) {
  const shadows = policies.filter(({ shadow }) => shadow !== null);
  const apprentices = policies.filter(({ apprentice }) => apprentice !== null);
  if (shadows.length + apprentices.length === 0) {
    return h("p", { class: "quiet" }, "No policy decides beside the serving one. Make one a ", h("a", { href: "/help#shadow" }, "shadow"),
      " to see what it would have earned: no learner sees its choices.");
  }
  const row = ({ policy, shadow }) => [named(policy), count(shadow.rewards), decimal(shadow.effective, 0),
    shadow.enough ? decimal(shadow.normalised, 3) : h("strong", { class: "refused" }, "refused"),
    shadow.enough ? decimal(shadow.propensity, 3) : h("strong", { class: "refused" }, "refused"), decimal(shadow.served, 3),
    shadow.enough ? (shadow.normalised > shadow.served ? "would have earned more" : "would have earned less")
      : "not enough evidence: 500 rewards worth 100 of its own are needed. Wait."];
  return [shadows.length > 0 && h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Shadows" }, table("Estimates from what was served, by the probabilities of both policies.",
    ["Shadow", "#Rewards", "#Worth", "#Self-normalised", "#Inverse propensity", "#Served", "What it says"], shadows.map(row))),
  apprentices.map(({ policy, apprentice }) => h("p", {}, `“${policy}” was or is an apprentice of “${apprentice.baseline}”: ${
    apprentice.verdict.replaceAll("_", " ")} (it must agree in ${percent(apprentice.agreement)}).`))];
}

/** One row a whole plan. */
export function plansTable({ plans }) {
  if (plans.every(({ learners }) => learners === 0)) {
    return h("p", { class: "quiet" }, "Nobody was taught by a whole plan here: only the policy “plans” draws them.");
  }
  return table("What closing checks said of learners who were taught by each plan.",
    ["Plan", "#Learners", "#Closing checks", "#Mean grade", "#Expected", "#Share of newcomers", "Verdict"],
    plans.map((one) => [planWords(one.plan), count(one.learners), count(one.checks), percent(one.grade),
      one.between === null ? UNKNOWN : `${percent(one.between[0])} to ${percent(one.between[1])}`, percent(one.share),
      one.enough ? "enough checks" : "too early to say"]));
}
