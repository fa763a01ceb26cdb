// The page of the policies of a course: is it learning, is it safe, and what can be done about it.

import { getCourses, getExperiments, getResults, getSession, getStats } from "../api.js";
import { byId, fill, h, setText, show } from "../dom.js";
import { count, time } from "../format.js";
import { showActions } from "./actions.js";
import { laneItem } from "./lane.js";
import { answers, plansTable, policiesTable, servingWords, shadowsTable, worthWords } from "./parts.js";
import { getCounts, getLane, getLives, getPlans, getSwitches } from "./read.js";
import { showSwitch } from "./switch.js";

const EVERY_MS = 5000;
const seen = { course: null, scopes: new Set(), lane: [], before: null, head: 0, announced: "" };

/** The course of the address, or the first one, which then stands in the address. */
async function start() {
  const named = location.pathname.split("/").filter(Boolean)[1];
  try {
    const [courses, scopes] = await Promise.all([getCourses(), getSession()]);
    seen.scopes = scopes;
    if (courses.length === 0) return trouble("There is no course yet. Publish one, and come back.");
    seen.course = named === undefined ? courses[0].id : decodeURIComponent(named);
    if (named === undefined) history.replaceState(null, "", `/policy/${encodeURIComponent(seen.course)}`);
    fill(byId("courses"), courses.map(({ id, title }) => h("option", { value: id, selected: id === seen.course }, title)));
    show(byId("courses-form"), courses.length > 1);
    await load();
    await lookBack(seen.head + 1);
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

/** Everything at once; what was done by hand is read apart, because it is only added to. */
async function load() {
  const { course } = seen;
  const [lives, switches, counts, plans, experiments, stats] = await Promise.all([
    getLives(course), getSwitches(), getCounts(course), getPlans(course), getExperiments().catch(() => []), getStats()]);
  const compared = await comparison(course, experiments);
  seen.head = stats.head;
  show(byId("trouble"), false);
  document.title = `Policies of ${counts.title} · Nexus`;
  fill(byId("title"), "Policies of ", h("bdi", {}, counts.title));
  setText(byId("as-of"), `as of ${time(Date.now())}`);
  setText(byId("node-time"), `As of journal entry ${count(stats.head)}.`);
  const on = switches.filter((one) => one.course === null || one.course === course);
  replace(byId("answers"), answers({ lives, on, counts, compared }));
  showSwitch(byId("switch-body"), { course, title: counts.title, on, scopes: seen.scopes, done });
  replace(byId("serving"), servingWords(lives));
  showActions(byId("actions"), byId("actions-note"), { course, lives, scopes: seen.scopes, done });
  replace(byId("worth"), worthWords({ course, lives, compared }));
  replace(byId("policies"), policiesTable(lives));
  replace(byId("shadows"), shadowsTable(lives));
  replace(byId("plans"), plansTable(plans));
  setText(byId("plans-note"), plans.plans.every(({ learners }) => learners === 0) ? "" : plans.hasCheck
    ? `Below ${count(plans.checksEnough)} closing checks there is no verdict on a plan.`
    : "This course has no closing check, so nothing can say what a whole plan is worth.");
}

/** Nodes that say the same stay as they are, so that nothing flickers and no selection is lost. */
function replace(parent, nodes) {
  const fresh = document.createElement("div");
  fill(fresh, nodes);
  if (fresh.innerHTML !== parent.innerHTML) parent.replaceChildren(...fresh.childNodes);
}

/** The experiment of this course with its own path as a side: the running one, or the latest. */
async function comparison(course, experiments) {
  const own = experiments.filter((one) => one.course === course);
  own.sort((one, other) => (other.status === "running") - (one.status === "running") || other.startedAt - one.startedAt);
  for (const { id } of own.slice(0, 5)) {
    const results = await getResults(id).catch(() => null);
    if (results?.variants[0]?.policy === "static") return results;
  }
  return null;
}

/** Something was changed by this browser: it is on the page at once. */
async function done(words) {
  setText(byId("announce"), words);
  await load();
  seen.lane = [];
  await lookBack(seen.head + 1);
}

async function lookBack(before) {
  if (!seen.scopes.has("journal:read")) {
    setText(byId("lane-note"), "What people did stands in the journal, which this key may not read.");
    return;
  }
  const page = await getLane(seen.course, before);
  seen.lane.push(...page.entries);
  seen.before = page.before;
  fill(byId("lane"), seen.lane.map(laneItem));
  show(byId("lane-more"), seen.before !== null);
  setText(byId("lane-note"), seen.lane.length > 0 ? ""
    : seen.before === null ? "Nobody has saved, promoted or stopped anything yet: the server's default decides."
      : `Nothing since entry ${count(seen.before)}.`);
}

byId("lane-more").addEventListener("click", () => lookBack(seen.before).catch(late));
byId("courses").addEventListener("change", (event) => location.assign(`/policy/${encodeURIComponent(event.target.value)}`));

start();
