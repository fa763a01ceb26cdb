// The page of a course: what teaches, what does not, where do they leave, and what builds on what.

import { getCourses, getSession } from "../api.js";
import { byId, fill, h, setText, show } from "../dom.js";
import { count, plural, time } from "../format.js";
import { skillGraph } from "./graph.js";
import { showOrders } from "./orders.js";
import { activityTable, answers, skillList } from "./parts.js";
import { getTeaching } from "./read.js";

const EVERY_MS = 10_000;
const ORDER = new URLSearchParams(location.search).get("order") ?? "path";
const seen = { course: null, teaching: null, may: false, skills: "" };

async function start() {
  const named = location.pathname.split("/").filter(Boolean)[1];
  try {
    const [courses, scopes] = await Promise.all([getCourses(), getSession()]);
    if (courses.length === 0) return trouble("There is no course yet. Publish one, and come back.");
    seen.may = scopes.has("constraints:write") || scopes.has("courses:write") || scopes.has("admin");
    seen.course = named === undefined ? courses[0].id : decodeURIComponent(named);
    if (named === undefined) history.replaceState(null, "", `/course/${encodeURIComponent(seen.course)}${location.search}`);
    fill(byId("courses"), courses.map(({ id, title }) => h("option", { value: id, selected: id === seen.course }, title)));
    show(byId("courses-form"), courses.length > 1);
    byId("order").value = ORDER;
    await load();
    byId("main").setAttribute("aria-busy", "false");
    setInterval(() => !document.hidden && !byId("main").matches(":focus-within") && load().catch(late), EVERY_MS);
  } catch (failure) {
    trouble(failure.status === 404 ? `There is no course “${seen.course}”.` : failure.message);
  }
}

function trouble(text) {
  setText(byId("trouble"), text);
  show(byId("trouble"), true);
  byId("main").setAttribute("aria-busy", "false");
}

const late = (failure) => trouble(`${failure.message} Everything below is as it was before.`);

async function load() {
  seen.teaching = await getTeaching(seen.course);
  render();
  // A long journal is read in several answers, the first time that somebody asks.
  while (seen.teaching.through < seen.teaching.head - 1000) {
    seen.teaching = await getTeaching(seen.course);
    render();
  }
  await showOrders(byId("orders"), { course: seen.course, activities: seen.teaching.activities, may: seen.may });
}

function render() {
  const { teaching } = seen;
  show(byId("trouble"), false);
  document.title = `${teaching.title} · Nexus`;
  fill(byId("title"), h("bdi", {}, teaching.title));
  setText(byId("as-of"), `as of ${time(Date.now())}`);
  setText(byId("node-time"), `As of journal entry ${count(teaching.through)}; version ${count(teaching.version)} of the course.`);
  setText(byId("activities-note"), teaching.through < teaching.head - 1000
    ? `Still reading the journal: entry ${count(teaching.through)} of ${count(teaching.head)}.` : "");
  fill(byId("answers"), answers(teaching));
  drawTable();
  drawSkills(teaching);
  fill(byId("links"), h("a", { href: `/class?course=${encodeURIComponent(seen.course)}` }, "Its class"));
}

function drawTable() {
  fill(byId("activities"), activityTable(seen.teaching, byId("order").value));
}

/** Skills change with a version only. */
function drawSkills(teaching) {
  const text = JSON.stringify(teaching.skills);
  if (text === seen.skills) return;
  seen.skills = text;
  const graph = skillGraph(teaching.skills);
  setText(byId("skills-note"), graph === null ? `${plural(teaching.skills.length, "skill")}: too many for a picture, so only the list.`
    : "What builds on nothing stands at the left. A dashed box is taught by no activity.");
  fill(byId("graph"), graph);
  show(byId("graph"), graph !== null);
  fill(byId("skills"), skillList(teaching));
}

byId("order").addEventListener("change", (event) => {
  history.replaceState(null, "", event.target.value === "path" ? location.pathname : `?order=${event.target.value}`);
  drawTable();
});
byId("courses").addEventListener("change", (event) => location.assign(`/course/${encodeURIComponent(event.target.value)}`));

start();
