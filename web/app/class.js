// The class page: who needs a teacher, and where the whole class stands.

import { getClass, getCourses, getSupports } from "./api.js";
import { heatMap, meanings } from "./class-skills.js";
import { stuckLearners, stuckList } from "./class-stuck.js";
import { supportTables } from "./class-supports.js";
import { byId, h, setText, show } from "./dom.js";
import { count, plural, time } from "./format.js";

const REFRESH_MS = 15_000;
const query = new URLSearchParams(location.search);
const asked = { course: query.get("course"), after: query.get("after"), learners: null };
let shown = "";
let supportsShown = "";
let asking = 0;

async function start() {
  byId("meaning").replaceChildren(...meanings());
  try {
    const courses = await getCourses();
    if (courses.length === 0) return trouble("There is no course yet: publish one, and come back.");
    asked.course ??= courses[0].id;
    listCourses(courses);
  } catch (failure) {
    if (asked.course === null) return trouble(failure.message);
  }
  await load();
  setInterval(() => !document.hidden && !busy() && load(), REFRESH_MS);
}

/** Nothing moves while the reader reads or types. */
const busy = () => byId("main").matches(":focus-within")
  || ["stuck", "skills", "supports"].some((id) => byId(id).matches(":hover"));

function listCourses(courses) {
  const option = ({ id, title }) => h("option", { value: id, selected: id === asked.course }, title);
  byId("courses").replaceChildren(...courses.map(option));
  show(byId("courses-form"), courses.length > 1);
}

async function load() {
  // An answer that is overtaken by a later question is not shown.
  const question = (asking += 1);
  try {
    const view = await getClass(asked.course, asked);
    if (question !== asking) return;
    render(view);
    renderSupports(await getSupports(asked.course));
    show(byId("trouble"), false);
  } catch (failure) {
    if (question === asking) trouble(failure.status === 404 ? `There is no course “${asked.course}”.` : failure.message);
  }
  byId("main").setAttribute("aria-busy", "false");
}

function trouble(text) {
  setText(byId("trouble"), text);
  show(byId("trouble"), true);
  byId("main").setAttribute("aria-busy", "false");
}

function render(view) {
  setText(byId("as-of"), `as of ${time(Date.now())}`);
  const { at, ...rest } = view;
  const text = JSON.stringify(rest);
  if (text === shown) return;
  shown = text;
  document.title = `Class: ${view.title} · Nexus`;
  setText(byId("title"), view.title);
  setText(byId("lead"), lead(view));
  showPart(view);
  const named = view.skills.some(({ stuck, statuses }) => (statuses.stuck ?? 0) > stuck.length);
  setText(byId("stuck-note"), named
    ? "Those who are stuck longest, at most 20 a skill; open one to see the answers behind it."
    : "Open one to see the answers behind it.");
  byId("stuck").replaceChildren(stuckList(view));
  byId("skills").replaceChildren(heatMap(view));
}

function renderSupports(report) {
  const text = JSON.stringify(report);
  if (text === supportsShown) return;
  supportsShown = text;
  const settled = report.rewarded + report.missing;
  setText(byId("supports-note"), settled + report.waiting === 0
    ? "Learners who ask for help, or have answered wrongly, get one of the supports of the question."
    : `Of ${plural(settled + report.waiting, "support")} that learners got, ${
      count(report.rewarded)} were followed by an answer that says whether it helped, ${
      count(report.waiting)} still wait for one, and ${count(report.missing)} got none in a week. `
      + "“Better than predicted” is the share of right answers after it, less what was predicted, with a 95 % interval.");
  byId("supports").replaceChildren(supportTables(report));
}

/** The class in one sentence, the most urgent first. */
function lead(view) {
  if (view.learners === 0) return "No learner has been seen here yet.";
  const sum = (of) => view.skills.reduce((total, skill) => total + of(skill), 0);
  const people = stuckLearners(view).length;
  const all = view.skills.every(({ stuck, statuses }) => (statuses.stuck ?? 0) === stuck.length);
  const parts = [
    people === 0 ? "no one is stuck" : `${all ? "" : "at least "}${count(people)} stuck somewhere`,
    `${plural(sum(({ due }) => due), "review")} due`,
    `${count(sum(({ statuses }) => statuses.mastered ?? 0))} of ${
      count(view.learners * view.skills.length)} skills mastered`,
  ];
  return `${plural(view.learners, "learner")}: ${parts.join(", ")}.`;
}

function showPart(view) {
  const part = byId("part");
  const isPart = view.next !== null || asked.after !== null;
  const link = (after, words) => h("a", {
    href: `/class?course=${encodeURIComponent(asked.course)}${
      after === null ? "" : `&after=${encodeURIComponent(after)}`}`,
  }, words);
  const unknown = view.unknown.length === 0 ? null
    : `Not seen in this course: ${view.unknown.slice(0, 10).join(", ")}${
      view.unknown.length > 10 ? ` and ${count(view.unknown.length - 10)} more` : ""}. `;
  show(part, isPart || unknown !== null);
  part.replaceChildren(...[
    unknown,
    isPart && `These are ${count(view.learners)} of the ${count(view.courseLearners)} learners of `
      + "the course, in the order of their ids. ",
    asked.after !== null && link(null, "From the first"),
    asked.after !== null && view.next !== null && " · ",
    view.next !== null && link(view.next, "The next learners"),
  ].filter(Boolean));
}

byId("refresh").addEventListener("click", load);
byId("courses").addEventListener("change", (event) => {
  location.assign(`/class?course=${encodeURIComponent(event.target.value)}`);
});
byId("group-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const ids = byId("group-ids").value.split(/[\s,;]+/).filter((id) => id !== "");
  asked.learners = ids.length === 0 ? null : ids;
  load();
});
byId("group-all").addEventListener("click", () => {
  asked.learners = null;
  load();
});

start();
