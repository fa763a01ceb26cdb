// Learners who are stuck, each once, with the skill to begin with and what to try.

import { h, nothing } from "./dom.js";
import { plural } from "./format.js";
import { stepWords } from "./status.js";

/** More are a click away. */
const SHOWN = 6;

/** The page of a learner; the course says which class to come back to. */
export const learnerHref = (learner, course) =>
  `/learner?id=${encodeURIComponent(learner)}&course=${encodeURIComponent(course)}`;

/** One row a learner, those who are stuck in most skills first, then the longest. */
export function stuckLearners(view) {
  const found = new Map();
  for (const skill of view.skills) {
    for (const one of skill.stuck) {
      found.set(one.learner, [...(found.get(one.learner) ?? []), { ...one, skill }]);
    }
  }
  const longest = (skills) => Math.max(...skills.map(({ attempts }) => attempts));
  return [...found].map(([learner, skills]) => ({ learner, skills, first: begin(skills) }))
    .sort((one, other) => other.skills.length - one.skills.length
      || longest(other.skills) - longest(one.skills));
}

/** Where to begin: skills stand in the order of the course, so the first one holds up the others. */
const begin = (skills) => skills.find(({ skill }) =>
  !skills.some((other) => skill.requires.includes(other.skill.id))) ?? skills[0];

export function stuckList(view) {
  const learners = stuckLearners(view);
  if (learners.length === 0) {
    return nothing("No one: no learner has answered a dozen times in a skill without progress.");
  }
  const list = (some) => h("ul", { class: "stuck-list" }, some.map((one) => row(one, view.course)));
  const rest = learners.slice(SHOWN);
  return h("div", {}, list(learners.slice(0, SHOWN)), rest.length > 0 && h("details", {},
    h("summary", {}, `${plural(rest.length, "more learner")}`), list(rest)));
}

function row({ learner, skills, first }, course) {
  const others = skills.length - 1;
  return h("li", {},
    h("a", { class: "who", href: learnerHref(learner, course) }, learner),
    h("span", { class: "what" }, h("strong", {}, first.skill.title), ": ",
      plural(first.attempts, "answer"), " without progress",
      others > 0 && `, and stuck in ${plural(others, "skill")} after it`),
    h("span", { class: "step" }, stepWords(first.step)));
}
