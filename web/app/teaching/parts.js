// The activities of a course in words, a row each, and the skills beside the graph.

import { h, nothing, s } from "../dom.js";
import { UNKNOWN, count, decimal, isKnown, percent, plural, signed } from "../format.js";

const SHOWN_MOST = 500;
/** Of fewer learners than this no share is spoken of. */
const LEARNERS_MIN = 10;
const VERDICTS = { teaches: ["✓", "teaches"], does_not_teach: ["✗", "does not teach"], unknown: ["", "too early to say"] };
const KINDS = { placement: "entry test", check: "closing check" };
const measures = ({ kind }) => kind in KINDS;

/** Those who began it and have not finished it. */
const unfinished = ({ learners, completed }) => Math.max(0, learners - completed);
const lost = (activity) => (activity.learners < LEARNERS_MIN ? 0 : unfinished(activity) / activity.learners);

export function answers({ learners, completions, activities, gainsMin, skills }) {
  const taught = activities.filter((one) => !measures(one));
  const of = (verdict) => taught.filter((one) => one.verdict === verdict);
  const say = (tone, sign, lead, rest) => h("li", { "data-tone": tone }, h("span", { class: "sign", "aria-hidden": true }, sign),
    h("p", {}, h("strong", {}, lead), ` ${rest}`));
  const names = (list) => list.slice(0, 3).map(({ title }) => `“${title}”`).join(", ") + (list.length > 3 ? " and others" : "");
  const [yes, no] = [of("teaches"), of("does_not_teach")];
  const rows = [];
  if (yes.length > 0) rows.push(say("good", "✓", `${plural(yes.length, "activity teaches", "activities teach")}:`, `${names(yes)}.`));
  if (no.length > 0) {
    rows.push(say("bad", "✗", `${plural(no.length, "activity does not teach", "activities do not teach")}:`,
      `${names(no)}. Learners know no more after it than was expected before it: look at the lesson and its questions.`));
  }
  const early = taught.length - yes.length - no.length;
  if (early > 0) {
    rows.push(say("open", "·", `Of ${plural(early, "activity", "activities")} it is too early to say.`,
      `It takes ${count(gainsMin)} measured gains and a clear difference.`));
  }
  const worst = [...taught].sort((one, other) => lost(other) - lost(one))[0];
  if (worst !== undefined && lost(worst) > 0) {
    rows.push(say(lost(worst) > 0.3 ? "warn" : "open", lost(worst) > 0.3 ? "!" : "·", "Most leave in", `“${worst.title}”: ${
      count(unfinished(worst))} of the ${count(worst.learners)} who began it have not finished it.`));
  }
  const untaught = skills.filter((skill) => skill.activities.length === 0);
  if (untaught.length > 0) rows.push(say("warn", "!", `No activity teaches ${plural(untaught.length, "skill")}:`, `${names(untaught)}.`));
  rows.push(say("open", "·", `${plural(learners, "learner")} came;`, `${count(completions)} finished all that is required.`));
  return rows;
}

const ORDERS = {
  path: () => 0,
  gain: (one, other) => (one.between === null) - (other.between === null) || (one.gain ?? 9) - (other.gain ?? 9),
  left: (one, other) => lost(other) - lost(one),
  time: (one, other) => over(other) - over(one),
};
const over = ({ minutes, expected }) => (isKnown(minutes) && expected > 0 ? minutes / expected : 0);

/** A row an activity. On a phone each becomes a block with its labels. */
export function activityTable({ activities: all }, order) {
  if (all.length === 0) return nothing("This course has no activity.");
  const idle = all.filter((one) => one.learners === 0 && one.chosen === 0);
  const activities = all.filter((one) => !idle.includes(one));
  const unseen = idle.length === 0 ? null : h("details", { class: "idle" }, h("summary", {}, `${plural(idle.length, "activity", "activities")} that nobody has begun`),
    h("ul", {}, idle.map((one) => h("li", {}, h("bdi", {}, one.title), h("span", { class: "note" }, `${KINDS[one.kind] ?? one.kind}, ${one.module}`)))));
  return [activities.length === 0 ? nothing("Nobody has begun an activity yet.") : rows(activities, order), unseen];
}

function rows(activities, order) {
  const sorted = [...activities].sort(ORDERS[order] ?? ORDERS.path);
  const most = Math.max(1, ...activities.map(({ learners }) => learners));
  const reach = Math.max(0.1, ...activities.flatMap(({ between }) => (between ?? []).map(Math.abs)));
  const head = (text, kind) => h("th", { scope: "col", class: kind }, text);
  return h("table", { class: "activities" },
    h("caption", {}, `Gain: how much more was right in the next question on the same skills than was expected before the activity, in points, with the range in which it lies with 95 % certainty. ${
      activities.length > 20 ? "Of so many, one in twenty looks clear by chance. " : ""}Minutes: at most four times the expected ones count.`),
    h("thead", {}, h("tr", {}, head("Activity", "name"), head("Finished, of who began", "flow"), head("Minutes", "number"), head("Right at first", "number"),
      head("Gain after it", "gain"), head("So it", "verdict"))),
    h("tbody", {}, sorted.slice(0, SHOWN_MOST).map((one) => row(one, most, reach))));
}

function row(one, most, reach) {
  const [sign, words] = measures(one) ? ["", "measures"] : VERDICTS[one.verdict] ?? VERDICTS.unknown;
  const label = (text) => h("span", { class: "label", "aria-hidden": true }, text);
  return h("tr", { "data-verdict": one.verdict, id: `activity-${one.id}` },
    h("th", { scope: "row", class: "name" }, h("bdi", {}, one.title),
      h("span", { class: "note" }, `${KINDS[one.kind] ?? one.kind}, ${one.module}${one.required ? ", required" : ""}${one.onPath ? "" : ", beside the path"}`)),
    h("td", { class: "flow" }, label("Finished, of who began"), flow(one, most)),
    h("td", { class: "number" }, label("Minutes"), h("span", {}, isKnown(one.minutes) ? decimal(one.minutes, 1) : UNKNOWN),
      h("span", { class: "note" }, `expected ${decimal(one.expected, 1)}`)),
    h("td", { class: "number" }, label("Right at first"), h("span", {}, one.answers === 0 ? UNKNOWN : percent(one.success)),
      h("span", { class: "note" }, one.answers === 0 ? "no answer" : `of ${count(one.answers)}`)),
    h("td", { class: "gain" }, label("Gain after it"), gainCell(one, reach)),
    h("td", { class: "verdict" }, h("span", { class: "sign", "aria-hidden": true }, sign), ` ${words}`));
}

/** Two bars on one scale: who began, and who finished of them. */
function flow({ learners, completed, skipped, left }, most) {
  const share = (n) => `${(100 * Math.min(n, most) / most).toFixed(1)}%`;
  const bar = h("span", { class: "bars", "aria-hidden": true }, h("span", { class: "began" }), h("span", { class: "done" }));
  bar.children[0].style.width = share(learners);
  bar.children[1].style.width = share(completed);
  const more = left > 0 ? `left before its end ${count(left)} times` : skipped > 0 ? `skipped ${count(skipped)} times` : null;
  return [h("span", { class: "counts" }, `${count(completed)} of ${count(learners)}`), bar, more && h("span", { class: "note" }, more)];
}

const POINTS = 100;
function gainCell(one, reach) {
  if (measures(one)) return h("span", { class: "note" }, "it asks, and teaches nothing");
  if (one.between === null) return h("span", { class: "note" }, one.gains === 0 ? "none measured" : `${plural(one.gains, "gain")} measured: too few`);
  const [low, high] = one.between;
  const x = (value) => 60 + 56 * Math.max(-1, Math.min(1, value / reach));
  return [h("span", { class: "counts" }, signed(one.gain * POINTS, 1)),
    s("svg", { width: 120, height: 14, viewBox: "0 0 120 14", "aria-hidden": true },
      s("line", { class: "zero", x1: 60, x2: 60, y1: 0, y2: 14 }),
      s("line", { class: "interval", x1: x(low), x2: x(high), y1: 7, y2: 7 }),
      s("circle", { cx: x(one.gain), cy: 7, r: 3.5 })),
    h("span", { class: "note" }, `${signed(low * POINTS, 1)} to ${signed(high * POINTS, 1)}, of ${count(one.gains)}`)];
}

/** The list beside the graph: the same, for whoever does not see it, and whole titles. */
export function skillList({ skills, activities }) {
  const title = new Map(skills.map((skill) => [skill.id, skill.title]));
  const taught = new Map(activities.map((activity) => [activity.id, activity.title]));
  return h("details", { open: skills.length <= 12 }, h("summary", {}, "The same as a list"),
    h("ol", { class: "skill-list" }, skills.map((skill) => h("li", {},
      h("bdi", { class: "word" }, skill.title),
      h("span", { class: "note" }, skill.requires.length === 0 ? "builds on nothing"
        : `builds on ${skill.requires.map((one) => title.get(one) ?? one).join(", ")}`),
      h("span", { class: "note" }, skill.activities.length === 0 ? "no activity teaches it"
        : `taught by ${skill.activities.map((one) => taught.get(one) ?? one).join(", ")}`)))));
}
