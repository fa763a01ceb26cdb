// The page of one learner: what they seem to know, how sure that is, and which answers it rests on.

import { getMastery, getSession } from "./api.js";
import { byId, h, setText, show } from "./dom.js";
import { count, plural, time } from "./format.js";
import { nowPanel } from "./learner-now.js";
import { nameOf } from "./classes.js";
import { skillCard } from "./learner-skill.js";
import { statusWords } from "./words.js";

const query = new URLSearchParams(location.search);
const id = query.get("id") ?? "";
const course = query.get("course");
/** Of more courses, only the skills are shown. */
const COURSES_MAX = 3;
/** What needs a teacher first. */
const ORDER = ["stuck", "fragile", "learning", "mastered", "not_started"];

async function load() {
  if (id === "") return trouble("The address names no learner: it ends with ?id= and the learner's id.");
  try {
    const [learner, scopes] = await Promise.all([getMastery(id), getSession().catch(() => new Set())]);
    render(learner, scopes.has("constraints:write") || scopes.has("admin"));
    show(byId("trouble"), false);
  } catch (failure) {
    trouble(failure.status === 404 ? `No learner has the id “${id}”.` : failure.message);
  }
  byId("main").setAttribute("aria-busy", "false");
}

function trouble(text) {
  setText(byId("trouble"), text);
  show(byId("trouble"), true);
  byId("main").setAttribute("aria-busy", "false");
}

function render(learner, mayOrder) {
  document.title = `${learner.learner} · Nexus`;
  const name = nameOf(learner.learner);
  byId("title").replaceChildren(h("bdi", {}, name ?? learner.learner));
  setText(byId("about"), name === null ? "What a learner seems to know" : `${learner.learner}: what a learner seems to know`);
  setText(byId("as-of"), `as of ${time(Date.now())}`);
  setText(byId("lead"), lead(learner));
  show(byId("legend"), true);
  show(byId("cut"), learner.cut);
  setText(byId("cut"), `Evidence was read from the last ${count(learner.entriesRead)} journal `
    + "entries; older answers count too, and are not listed.");
  const first = learner.courses.find((one) => one.id === course);
  const sorted = first === undefined ? learner.courses
    : [first, ...learner.courses.filter((one) => one !== first)];
  byId("courses").replaceChildren(...sorted.map((one) => courseSection(one, learner.at)));
  for (const one of sorted.slice(0, COURSES_MAX)) {
    const panel = nowPanel(learner.learner, one.id, learner.at, mayOrder);
    panel.then((made) => byId(`course-${one.id}`).after(made), () => {});
  }
}

function lead(learner) {
  const skills = learner.courses.flatMap((one) => one.skills);
  const parts = ORDER.map((status) => [status, skills.filter((skill) => skill.status === status).length])
    .filter(([, n]) => n > 0)
    .map(([status, n]) => `${count(n)} ${statusWords(status).toLowerCase()}`);
  return `${plural(skills.length, "skill")}: ${parts.join(", ")}.`;
}

function courseSection({ id: courseId, title, skills }, now) {
  const begun = skills.filter(({ status }) => status !== "not_started");
  const place = ({ status }) => ORDER.indexOf(status);
  begun.sort((one, other) => place(one) - place(other));
  const rest = skills.filter(({ status }) => status === "not_started");
  const heading = `course-${courseId}`;
  return h("section", { class: "learner-course", "aria-labelledby": heading },
    h("h2", { id: heading }, h("bdi", {}, title)),
    begun.length > 0 && h("div", { class: "skill-cards" }, begun.map((skill) => skillCard(skill, now))),
    rest.length > 0 && h("section", { class: "panel not-started" },
      h("h3", {}, `Not started: ${plural(rest.length, "skill")}`),
      h("ul", { class: "inline" }, rest.map((skill) => h("li", {}, h("bdi", {}, skill.title))))));
}

if (course !== null) byId("back").href = `/class?course=${encodeURIComponent(course)}`;
byId("refresh").addEventListener("click", load);
load();
