// What the adaptive policies choose now: the share of each activity among their recent decisions.

import { byId, follow, h, nothing, setText } from "./dom.js";
import { percent, plural, signed } from "./format.js";

const SHOWN = 10;
/** With fewer recent decisions than this, shares say nothing. */
const RECENT_MIN = 20;

/**
 * @param {import("./api.js").Course | null} course
 * @param {import("./api.js").Choice[]} choices
 */
export function showPreferences(course, choices) {
  const list = byId("preferences");
  const adaptive = choices.filter(isOwn);
  const recent = adaptive.length >= RECENT_MIN;
  const shares = recent ? sharesOf(adaptive, course) : sharesSinceStart(course);
  setText(byId("preferences-note"), noteOf(recent, adaptive, shares));
  const rows = shares.slice(0, SHOWN);
  const most = rows[0]?.share ?? 1;
  const empty = byId("preferences-empty");
  if (rows.length === 0) {
    if (empty.firstElementChild === null) {
      empty.append(nothing("The activities that policies choose most will be here, after the first "
        + "decision."));
    }
  } else {
    empty.replaceChildren();
  }
  follow(list, rows, ({ id }) => id, (row) => update(create(), row, most),
    (element, row) => update(element, row, most));
}

/** What a policy chose itself: not the course's path, not chance for those held out, no pin. */
const isOwn = ({ policy, fallback, override }) =>
  policy !== "static" && policy !== "random" && fallback === null && override === null;

function noteOf(recent, adaptive, shares) {
  if (shares.length === 0) return "";
  if (!recent) return "Share of all decisions so far, with the mean reward of each activity.";
  const policies = [...new Set(adaptive.map(({ policy }) => policy))].join(", ");
  return `Share of the last ${plural(adaptive.length, "decision")} by ${policies} that this page saw, `
    + "with the mean reward of each activity so far.";
}

/** Every activity among some decisions, the most chosen first. */
function sharesOf(choices, course) {
  const counts = new Map();
  for (const { activity, title } of choices) {
    const entry = counts.get(activity) ?? { id: activity, title, chosen: 0 };
    entry.chosen += 1;
    counts.set(activity, entry);
  }
  const known = new Map((course?.activities ?? []).map((activity) => [activity.id, activity]));
  return [...counts.values()]
    .map((entry) => ({
      id: entry.id,
      title: known.get(entry.id)?.title ?? entry.title,
      kind: known.get(entry.id)?.kind ?? "",
      meanReward: known.get(entry.id)?.meanReward,
      share: entry.chosen / choices.length,
    }))
    .sort((one, other) => other.share - one.share || one.id.localeCompare(other.id));
}

function sharesSinceStart(course) {
  if (course === null || course.decisions === 0) return [];
  return course.activities.filter(({ chosen }) => chosen > 0)
    .map((activity) => ({ ...activity, share: activity.chosen / course.decisions }));
}

/** Nothing is said of an activity whose numbers are not known yet. */
function rewardWords(mean) {
  if (mean === undefined) return "";
  return mean === null ? "no reward yet" : `reward ${signed(mean)}`;
}

function create() {
  return h("li", {},
    h("span", { class: "what" }, h("bdi", { class: "title" }), h("span", { class: "kind" })),
    h("span", { class: "share" }),
    h("span", { class: "bar" }, h("span", { class: "fill" })),
    h("span", { class: "reward" }));
}

function update(element, row, most) {
  const part = (name) => element.querySelector(`.${name}`);
  setText(part("title"), row.title);
  setText(part("kind"), row.kind);
  setText(part("share"), percent(row.share));
  setText(part("reward"), rewardWords(row.meanReward));
  part("fill").style.width = `${(100 * row.share / most).toFixed(1)}%`;
  return element;
}
