// What an experiment's numbers ask of a person: what to do, and whether to rely on them.

import { count, day, decimal, isKnown, percent, plural } from "../format.js";

const DAY_MS = 86_400_000;

/** Learners a day, over the kept points of the latest tenth of the time, or of all of it. */
export function perDay(results, past) {
  const points = past?.points ?? [];
  if (points.length < 2) return null;
  const learners = ({ sides }) => sides.reduce((sum, side) => sum + side.learners, 0);
  const last = points.at(-1);
  const from = Math.min(last.at - DAY_MS, last.at - (last.at - results.startedAt) / 10);
  const first = points.findLast(({ at }) => at <= from) ?? points[0];
  const days = (last.at - first.at) / DAY_MS;
  return days > 0 ? (learners(last) - learners(first)) / days : null;
}

/** What to do next, as sentences. */
export function adviceOf(results, past, verdict) {
  const { status } = results;
  if (status === "archived" || status === "concluded") {
    const made = results.changes.findLast(({ change }) => change === "concluded");
    if (made === undefined) return "Nothing: it is put away, and nobody said what it came to.";
    return made.variant === null
      ? "Nothing: it was concluded without a choice."
      : `It was concluded: ${made.variant} was chosen. If its policy is to decide for everybody, promote it: nexus policy promote.`;
  }
  if (results.alarm) return "Stop it, and find out where learners are lost. Its numbers cannot be repaired.";
  if (status === "stopped") return "Say what it came to: conclude it, with the variant that you choose, or with none.";
  if (verdict.tone === "good") {
    return worseBeside(results)
      ? "Something else is worse. Weigh the one against the other before you stop it and choose."
      : "You may stop it and choose this variant. Waiting longer makes the interval narrower, and nothing else.";
  }
  if (verdict.tone === "bad") return "Stop it: those in this variant learn less than the others.";
  if (results.learners >= results.planned) {
    return "Stop it and conclude: as many learners as planned were seen. Waiting for a difference to appear would be a new plan.";
  }
  if (status === "paused") return "It waits: let it take learners in again, or stop it.";
  const rate = perDay(results, past);
  const left = results.planned - results.learners;
  const when = rate === null || rate <= 0 ? ""
    : ` At ${decimal(rate, rate < 10 ? 1 : 0)} new learners a day that takes about ${daysWords(left / rate)}.`;
  return `Let it run until ${count(results.planned)} learners have been seen, ${count(left)} more.${when} Looking costs nothing.`;
}

const daysWords = (days) => (days < 1.5 ? "a day" : days > 730 ? `${count(Math.round(days / 365))} years`
  : plural(Math.round(days), "day"));

const worseBeside = (results) =>
  results.effects.some((effect) => !effect.primary && effect.verdict === "worse");

/** What the numbers rest on: each fact with a name, words, and a tone when something is wrong. */
export function healthOf(results, past) {
  return [ratio(results), progress(results, past), missing(results), pins(results), looks(results)]
    .filter((fact) => fact !== null);
}

function ratio({ variants, alarm, evidence }) {
  // Who is left out was assigned all the same.
  const all = variants.map(({ name, learners, leftOut, weight }) => ({ name, weight, learners: learners + leftOut }));
  const total = all.reduce((sum, { learners }) => sum + learners, 0);
  const sides = all.map(({ name, learners, weight }) =>
    `${name} ${count(learners)} (${percent(total === 0 ? null : learners / total)}, planned ${percent(weight)})`);
  const said = alarm
    ? "Learners are NOT divided as designed; chance does this in one sound experiment of a thousand at most."
    : isKnown(evidence) && total > 0 ? "Learners are divided as designed." : "Too few learners to say.";
  return { name: "Division", words: `${said} ${sides.join(", ")}.`, tone: alarm ? "bad" : null };
}

function progress(results, past) {
  const rate = perDay(results, past);
  const seen = `${count(results.learners)} of ${count(results.planned)} planned learners were shown something of it`;
  const running = results.stoppedAt === null;
  const leftOut = results.leftOut === 0 ? ""
    : `; ${count(results.leftOut)} more are left out, because an earlier version had shown them another side`;
  return { name: "Learners", tone: null, words: `${seen}${leftOut}${running && rate !== null
    ? `; ${decimal(rate, rate < 10 ? 1 : 0)} new ones a day` : ""}. Begun ${day(results.startedAt)}.` };
}

/** Who has no value in the primary metric, side by side: unequal gaps can make a difference. */
function missing({ variants, primary, learnersMin }) {
  const shares = variants.map(({ name, learners, measured }) => ({ name,
    share: learners === 0 ? null : 1 - (measured.get(primary) ?? 0) / learners }));
  const known = shares.filter(({ share }) => share !== null).map(({ share }) => share);
  if (known.length < 2) return null;
  // Of a few learners, shares differ by chance alone.
  const enough = variants.every(({ learners }) => learners >= learnersMin);
  const apart = enough && Math.max(...known) - Math.min(...known) > 0.1;
  const what = primary === "closing_check" ? "have not come to the closing check" : "have answered no probe yet";
  return { name: "Missing", tone: apart ? "warn" : null, words: `${shares.map(({ name, share }) =>
    `${percent(share)} in ${name}`).join(", ")} ${what}.${apart
    ? " That differs by more than 10 points: whoever is missing may be what differs." : ""}` };
}

function pins({ variants }) {
  const decisions = variants.reduce((sum, variant) => sum + variant.decisions, 0);
  const overridden = variants.reduce((sum, variant) => sum + variant.overridden, 0);
  if (overridden === 0) return null;
  return { name: "Teachers' pins", tone: null, words: `A pin chose in ${percent(overridden / decisions, 1)} `
    + "of the decisions instead of the policy. Learners count as they were assigned all the same." };
}

/** What "however often you look" is proven for, and what not. */
function looks() {
  return { name: "Looking", tone: null, words: "The intervals hold however often you look. Completion and "
    + "progress still grow in each learner, so theirs holds for what is reached by now." };
}
