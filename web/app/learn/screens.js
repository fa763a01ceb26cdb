// The screens that ask nothing: welcome, a reading or film, what was done, a rest, the end, and what
// went wrong. Each is a list of nodes with one heading and one thing to do next.

import { h } from "../dom.js";
import { markdown } from "./markdown.js";
import { knownOf, skillItem } from "./progress.js";
import { sentence, when } from "./when.js";
import { words } from "./words.js";

/** More skills than this that come back on one day are not named: the list below has them. */
const NAMED_MAX = 5;

/** A button that does something, the main one of its screen unless `soft`. */
export function button(text, click, kind = "main") {
  const made = h("button", { type: "button", class: kind }, text);
  made.addEventListener("click", click);
  return made;
}

export const heading = (...children) => h("h1", { tabindex: -1, id: "heading" }, children);

export const loadingScreen = () => [heading(words.loading)];

export function welcomeScreen(course, start) {
  return [
    heading(h("bdi", {}, course.title)),
    h("div", { class: "prose", dir: "auto", lang: course.language }, markdown(course.description)),
    h("p", {}, words.welcomeWhat(course.skills.length)),
    h("div", { class: "actions" }, button(words.start, start)),
  ];
}

/** What an activity is called, what kind it is, and why it is this one. */
export function headNodes(decision, position, isFirst = true) {
  const about = [words.kinds[decision.kind], position ?? words.minutes(decision.minutes)].filter(Boolean);
  return [
    isFirst && decision.said && h("p", { class: "said" }, decision.said),
    h("p", { class: "eyebrow" }, about.join(" · ")),
    heading(h("bdi", {}, decision.title)),
    isFirst && h("p", { class: "why" }, h("span", { class: "unseen" }, `${words.why} `), h("bdi", {}, decision.why)),
  ];
}

export function readingScreen(decision, activity, language, done) {
  const { video, text } = activity;
  return [
    ...headNodes(decision),
    video?.url && h("p", {}, h("a", { href: video.url, target: "_blank", rel: "noopener noreferrer" }, words.film)),
    video?.script && h("p", { class: "quiet" }, video.url ? words.filmText : words.noFilm),
    h("div", { class: "prose", dir: "auto", lang: language }, markdown(text ?? video?.script ?? "")),
    h("div", { class: "actions" }, button(words.done, done)),
  ];
}

/** The ways out of an activity that is not the right one now. */
export function wishesNode(activity, wish) {
  const asks = activity.questions.length > 0;
  const wishes = activity.measures
    ? [["later", words.skipFirst]]
    : [!asks && ["i_know_this", words.iKnow], ["too_easy", words.tooEasy], ["too_hard", words.tooHard], ["later", words.later]];
  return h("details", { class: "wishes" },
    h("summary", {}, words.other),
    h("div", { class: "actions" }, wishes.filter(Boolean).map(([said, text]) => button(text, () => wish(said), "soft"))));
}

/** An activity is over: which skills it was about, and where the learner stands in them now. */
export function finishedScreen(decision, about, skills, { goOn, pause, tired }) {
  const { measures, right, all } = about;
  return [
    heading(words.finished[0], h("bdi", {}, decision.title), words.finished[1]),
    measures ? h("p", {}, words.thanks) : all > 0 && h("p", { class: "lead" }, words.rightOf(right, all)),
    skills.length > 0 && h("section", { "aria-label": words.skills }, h("ul", { class: "skills" }, skills.map(skillItem))),
    tired && h("p", { class: "said" }, words.tired),
    h("div", { class: "actions" }, button(words.goOn, goOn), button(words.pause, pause, "soft")),
  ];
}

export const pausedScreen = (goOn) => [
  heading(words.paused),
  h("p", {}, words.pausedWhy),
  h("div", { class: "actions" }, button(words.goOn, goOn)),
];

export const waitScreen = (tryNow) => [
  heading(words.waitNetwork),
  h("p", { id: "waits" }, words.waitNetworkWhy),
  h("div", { class: "actions" }, button(words.tryNow, tryNow)),
];

export function restScreen(answer, now, lookAgain) {
  return [
    heading(words.rest),
    answer.not_before && h("p", {}, words.restUntil(when(answer.not_before, now))),
    h("div", { class: "actions" }, button(words.lookAgain, lookAgain)),
  ];
}

/** The end: whether the goal is reached, what the closing check said, and what comes back when. */
export function endScreen({ course, skills, reviews, check }, lookAgain) {
  const byId = new Map(skills.map((skill) => [skill.skill, skill]));
  const reached = course.goal !== undefined && course.goal.skills.every((skill) =>
    (byId.get(skill)?.expected_success ?? 0) >= course.goal.success);
  const due = reviews.reviews.some(({ due_at: at }) => Date.parse(at) <= Date.parse(reviews.as_of));
  return [
    heading(reached ? words.goal : words.end),
    h("p", { class: "lead" }, words.endKnown(knownOf(skills), skills.length)),
    check.result && h("p", {}, words.checked(check.result.right, check.asked)),
    h("section", { class: "back" }, reviews.reviews.length === 0 ? h("p", {}, words.nothingBack) : [
      h("h2", {}, words.back),
      h("ul", { class: "reviews" }, byDay(reviews).map(([day, titles], _, days) =>
        h("li", {}, h("strong", {}, `${sentence(day)}: `), days.length === 1 && titles.length > NAMED_MAX
          ? `${words.everything}.`
          : titles.map((title, place) => [place > 0 && ", ", h("bdi", {}, title)]).flat()))),
    ]),
    h("ul", { class: "skills" }, skills.map(skillItem)),
    due && h("p", { class: "said" }, words.backNow),
    h("div", { class: "actions" }, button(words.lookAgain, lookAgain, due ? "main" : "soft")),
  ];
}

function byDay({ reviews, as_of: now }) {
  const days = new Map();
  for (const { title, due_at: at } of reviews) {
    const day = when(at, now);
    days.set(day, [...(days.get(day) ?? []), title]);
  }
  return [...days];
}

export function problemScreen(trouble, detail, again) {
  const [title, text] = words.problems[trouble] ?? words.problems.broken;
  const helps = ["offline", "busy", "broken"].includes(trouble);
  return [
    heading(title),
    h("p", {}, text),
    trouble === "broken" && h("p", { class: "quiet" }, h("bdi", {}, detail)),
    helps && h("div", { class: "actions" }, button(words.tryNow, again)),
  ];
}
