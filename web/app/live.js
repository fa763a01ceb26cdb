// The live page: one stream in, one picture out. Nothing is shown as current that is not.

import { getChoices, getCourse, getResults, getSession } from "./api.js";
import { Choices } from "./choices.js";
import { byId, setText, show } from "./dom.js";
import { count, iso, speed, time } from "./format.js";
import { History } from "./history.js";
import { showComparison } from "./comparison.js";
import { showCourse } from "./course.js";
import { showNumbers } from "./numbers.js";
import { showPreferences } from "./preferences.js";
import { showSources } from "./sources.js";
import { followStream } from "./stream.js";

const DETAILS_EVERY_MS = 5000;
const ANNOUNCE_EVERY_MS = 5000;
const JOURNAL_ENTRIES = 120;
const HEALTHS = {
  recovering: "The server rebuilds its state from the journal; numbers may be behind until then.",
  storage_full: "The disk is full: nothing new is recorded until there is space.",
  storage_failed: "The disk failed: the server records nothing any more and stops.",
  stopping: "The server is stopping.",
};
const STATES = { connecting: "Connecting", live: "Live", lost: "Connection lost" };

const choices = new Choices(byId("choices"), byId("choices-note"));
const history = new History();
const seen = {
  live: null, results: null, course: null, askedAt: 0, heardAt: NaN, state: "connecting", why: "",
};
/** What was chosen before is read by those who may read the journal. */
const session = getSession().catch(() => new Set());
let paused = false;
let announced = { text: "", at: 0 };

followStream({
  live(live) {
    const first = seen.live === null;
    seen.live = live;
    seen.heardAt = Date.now();
    const experiment = chosenExperiment(live);
    // What the server cannot say now stays as it was.
    if (experiment !== null && !document.hidden) history.refresh(experiment).catch(() => {});
    refreshDetails(live, experiment);
    if (first) {
      session.then((scopes) => scopes.has("journal:read") && getChoices(live.head, JOURNAL_ENTRIES)
        .then((past) => choices.seed(past), () => {}));
    }
    render();
  },
  choice(choice) {
    choices.add(choice);
  },
  state(state, failure) {
    seen.state = state;
    seen.why = state === "lost" ? sentence(failure?.message ?? "The connection was lost") : "";
    showState();
  },
});

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  setText(byId("pause-word"), paused ? "Resume" : "Pause");
  showState();
  render();
});

/** The one the address names, or the running one with the most learners. */
function chosenExperiment(live) {
  const named = new URLSearchParams(location.search).get("experiment");
  const order = (one, other) => other.running - one.running || other.learners - one.learners;
  const sorted = [...live.experiments].sort(order);
  return sorted.find(({ id }) => id === named) ?? sorted[0] ?? null;
}

/** The course that is shown: that of the experiment, or the first. */
const courseOf = (live, experiment) =>
  live.courses.find(({ id }) => id === experiment?.course) ?? live.courses[0] ?? null;

/** The analysis and the whole course are asked for apart, because they are not on the stream. */
async function refreshDetails(live, experiment) {
  if (document.hidden || Date.now() - seen.askedAt < DETAILS_EVERY_MS) return;
  seen.askedAt = Date.now();
  const course = courseOf(live, experiment);
  const [results, whole] = await Promise.allSettled([
    experiment === null ? null : getResults(experiment.id),
    course === null || course.events === 0 ? null : getCourse(course.id),
  ]);
  // What could not be had stays as it was, and is asked for again.
  if (results.status === "fulfilled") seen.results = results.value;
  if (whole.status === "fulfilled") seen.course = whole.value;
  render();
}

function render() {
  const { live, results } = seen;
  if (live === null || paused) return;
  const experiment = chosenExperiment(live);
  const course = courseOf(live, experiment);
  showCourse(live, course, experiment);
  const known = results !== null && results.id === experiment?.id ? results : null;
  const spoken = showComparison(experiment, known, experiment === null ? [] : history.until(live.at, experiment), course);
  showNumbers(live);
  showSources(live.sources);
  showPreferences(seen.course?.id === course?.id ? seen.course : course, choices.all);
  choices.render(course, experiment);
  showBanners(live);
  byId("main").setAttribute("aria-busy", "false");
  if (spoken !== null) announce(spoken);
  showState();
}

/** Where the kill switch holds, why, and since when, as one sentence a switch. */
const switchWords = ({ course, reason, by, at }) =>
  `Kill switch on in ${course === null ? "all courses" : course}: ${sentence(reason)} `
  + `The course's own path is served; by ${by}, ${iso(at)}.`;

function showBanners(live) {
  const simulated = live.factor > 1;
  show(byId("demo"), live.banner !== null || simulated);
  setText(byId("demo-words"), live.banner ?? "Simulated time");
  setText(byId("demo-speed"), speedWords(live, simulated));
  show(byId("switches"), live.switches.length > 0);
  setText(byId("switches"), live.switches.map(switchWords).join(" "));
  show(byId("health"), live.health in HEALTHS);
  setText(byId("health"), HEALTHS[live.health] ?? "");
  setText(byId("node-time"), `Server time ${iso(live.at)}, `
    + `journal entry ${count(live.head)}.`);
}

/** A demonstration slows down while a person learns in it. */
function speedWords({ banner }, simulated) {
  if (simulated) return `Time runs fast: ${speed(seen.live.factor)}.`;
  return banner === null ? "" : "Somebody learns now, so time runs as on a watch.";
}

function showState() {
  const state = paused ? "paused" : seen.state;
  const asOf = Number.isFinite(seen.heardAt) ? time(seen.heardAt) : null;
  const never = asOf === null && seen.state === "lost";
  const word = paused ? "Paused" : never ? "Not connected" : STATES[seen.state];
  const stale = state === "lost" || state === "paused";
  byId("connection").dataset.state = state;
  setText(byId("connection-word"), word);
  if (!(paused && document.body.dataset.state === "paused")) {
    setText(byId("as-of"), stale && asOf !== null ? `as of ${asOf}` : "");
  }
  const lost = seen.state === "lost";
  show(byId("lost"), lost);
  setText(byId("lost"), !lost ? "" : `${seen.why} `
    + (asOf === null ? "Trying again." : `Every number below is as of ${asOf}; trying again.`));
  document.body.dataset.state = state;
  if (lost) announce("Connection lost.");
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

/** Says to a screen reader what changed, at most every five seconds. */
function announce(text) {
  const now = Date.now();
  if (text === announced.text || now - announced.at < ANNOUNCE_EVERY_MS) return;
  announced = { text, at: now };
  setText(byId("announce"), text);
}
