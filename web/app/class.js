// The class page: whom to help today and with what, and where the whole class stands.

import { getClass, getCourses, getSession, getSupports, pin } from "./api.js";
import { buckets, roster, rulesWords, shownOf } from "./class-roster.js";
import { heatMap, meanings } from "./class-skills.js";
import { supportTables } from "./class-supports.js";
import { todayList } from "./class-today.js";
import { classesOf, doneToday, keepClass, markDone, pupilsOf, readPupils } from "./classes.js";
import { byId, h, setText, show } from "./dom.js";
import { count, plural, time } from "./format.js";
import { followStream } from "./stream.js";

const REFRESH_MS = 15_000;
const ROWS = 50;
const DAYS = 14;
const query = new URLSearchParams(location.search);
const asked = {
  course: query.get("course"), after: query.get("after"), className: query.get("class"), learners: null,
  days: query.get("days") === "all" ? null : Number(query.get("days")) || DAYS,
  bucket: query.get("bucket"), rows: ROWS,
};
let names = new Map();
let scopes = new Set();
let latest = null;
let shown = "";
let supportsShown = "";
let asking = 0;
let loadedAt = 0;

async function start() {
  byId("meaning").replaceChildren(...meanings());
  scopes = await getSession().catch(() => new Set());
  try {
    const courses = await getCourses();
    if (courses.length === 0) return trouble("There is no course yet: publish one, and come back.");
    asked.course ??= courses[0].id;
    listCourses(courses);
  } catch (failure) {
    if (asked.course === null) return trouble(failure.message);
  }
  byId("days").value = asked.days === null ? "all" : String(asked.days);
  chooseClass(asked.className);
  await load();
  // What happens is on the page at once, but not more often than a class can be measured.
  followStream({
    live(live) {
      const due = live.head !== latest?.seq && Date.now() - loadedAt > Math.min(REFRESH_MS, 1000 + (latest?.learners ?? 0) * 10);
      if (due && !document.hidden && !busy()) load();
    },
    choice() {},
    state(state) {
      if (state === "lost") setText(byId("as-of"), "Connection lost; everything is as it was before.");
    },
  });
}

/** Nothing moves while the reader reads or types. */
const busy = () => byId("main").matches(":focus-within")
  || ["today", "roster", "skills", "supports"].some((id) => byId(id).matches(":hover"));

function listCourses(courses) {
  const option = ({ id, title }) => h("option", { value: id, selected: id === asked.course }, title);
  byId("courses").replaceChildren(...courses.map(option));
  show(byId("courses-form"), courses.length > 1);
}

/** Everybody, or a class that this browser keeps. */
function chooseClass(name) {
  const pupils = name === null ? null : pupilsOf(asked.course, name);
  asked.className = pupils === null ? null : name;
  asked.learners = pupils?.map(({ id }) => id) ?? null;
  names = new Map((pupils ?? []).filter((pupil) => pupil.name !== null).map((pupil) => [pupil.id, pupil.name]));
  const options = classesOf(asked.course);
  const option = (value, words) => h("option", { value, selected: value === (asked.className ?? "") }, words);
  byId("classes").replaceChildren(option("", "Everybody"), ...options.map((one) => option(one, one)));
  show(byId("classes-form"), options.length > 0);
  byId("group-name").value = asked.className ?? "";
  byId("group-ids").value = (pupils ?? []).map((pupil) => [pupil.id, pupil.name].filter(Boolean).join(", ")).join("\n");
}

/** What is chosen stands in the address, so that it can be kept and sent on. */
function address() {
  const all = { course: asked.course, class: asked.className, bucket: asked.bucket,
    days: asked.days === DAYS ? null : asked.days ?? "all", after: asked.after };
  const kept = Object.entries(all).filter(([, value]) => value !== null);
  history.replaceState(null, "", `/class?${new URLSearchParams(kept)}`);
}

async function load() {
  // An answer that is overtaken by a later question is not shown.
  const question = (asking += 1);
  loadedAt = Date.now();
  try {
    const view = await getClass(asked.course, asked);
    if (question !== asking) return;
    latest = view;
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
  setText(byId("as-of"), `as of ${time(Date.now())}, entry ${count(view.seq)}`);
  const { at, seq, ...rest } = view;
  const text = JSON.stringify(rest);
  if (text === shown) return;
  shown = text;
  document.title = `Class: ${view.title} · Nexus`;
  byId("title").replaceChildren(h("bdi", {}, view.title));
  setText(byId("lead"), lead(view));
  showPart(view);
  renderPeople(view);
  byId("skills").replaceChildren(heatMap(view));
}

/** The learners, without asking the server again. */
function renderPeople(view) {
  setText(byId("today-note"), view.activeDays === null
    ? "Of everybody who was ever seen here, also of those who no longer come."
    : `Of those who answered in the last ${plural(view.activeDays, "day")}.`);
  const mayPin = scopes.has("constraints:write") || scopes.has("admin");
  byId("today").replaceChildren(todayList(view, { names, done: doneToday(view.course), mayPin, onPin, onDone }));
  byId("buckets").replaceChildren(...buckets(view, asked.bucket, (bucket) => {
    [asked.bucket, asked.rows] = [bucket, ROWS];
    address();
    renderPeople(latest);
    byId("buckets").querySelector("[aria-pressed=true]")?.focus();
  }));
  setText(byId("rules"), rulesWords(view));
  byId("roster").replaceChildren(roster(view, { names, chosen: asked.bucket, shown: asked.rows, now: view.at }));
  show(byId("more"), shownOf(view, asked.bucket) > asked.rows);
}

async function onPin({ learner, stuck }) {
  const who = names.get(learner) ?? learner;
  try {
    await pin(latest.course, learner, stuck.assign.activity, `help with ${stuck.title}, from the class page`.slice(0, 500));
    setText(byId("today-said"), `“${stuck.assign.title}” comes next for ${who}, until it is done or a week is over.`);
    onDone({ learner });
  } catch (failure) {
    setText(byId("today-said"), failure.message);
  }
}

function onDone({ learner }) {
  markDone(latest.course, learner);
  renderPeople(latest);
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
  const { struggling = 0, unclear = 0, on_track: onTrack = 0, ahead = 0 } = view.standings;
  const away = view.inactive === 0 ? "" : ` ${plural(view.inactive, "learner")} did not answer in these days.`;
  if (view.learners === 0) return view.inactive === 0 ? "No learner has been seen here yet." : `Nobody answered lately.${away}`;
  const due = view.skills.reduce((total, skill) => total + skill.due, 0);
  return `${plural(view.learners, "learner")}: ${count(struggling)} struggling, ${count(onTrack)} on track, ${
    count(ahead)} ahead, of ${count(unclear)} it is too early to say; ${plural(due, "review")} due.${away}`;
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
byId("more").addEventListener("click", () => {
  asked.rows += 4 * ROWS;
  renderPeople(latest);
});
byId("courses").addEventListener("change", (event) => {
  location.assign(`/class?course=${encodeURIComponent(event.target.value)}`);
});
byId("classes").addEventListener("change", (event) => {
  asked.after = null;
  chooseClass(event.target.value === "" ? null : event.target.value);
  address();
  load();
});
byId("days").addEventListener("change", (event) => {
  asked.days = event.target.value === "all" ? null : Number(event.target.value);
  asked.after = null;
  address();
  load();
});
byId("group-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const pupils = readPupils(byId("group-ids").value);
  const name = byId("group-name").value.trim() || "My class";
  keepClass(asked.course, name, pupils);
  asked.after = null;
  chooseClass(name);
  address();
  load();
});
byId("group-all").addEventListener("click", () => {
  if (asked.className !== null) keepClass(asked.course, asked.className, []);
  chooseClass(null);
  address();
  load();
});

start();
