// The live page: one stream in, one picture out. Nothing is shown as current that is not.

import { getChoices, getResults } from "./api.js";
import { Choices } from "./choices.js";
import { byId, setText, show } from "./dom.js";
import { count, speed, time } from "./format.js";
import { History } from "./history.js";
import { showComparison } from "./comparison.js";
import { showCourse } from "./course.js";
import { showNumbers } from "./numbers.js";
import { showPreferences } from "./preferences.js";
import { followStream } from "./stream.js";

const RESULTS_EVERY_MS = 5000;
const ANNOUNCE_EVERY_MS = 5000;
const JOURNAL_ENTRIES = 120;
const HEALTHS = {
  recovering: "The server rebuilds its state from the journal. Numbers may be behind until it is done.",
  storage_full: "The disk is full: nothing new is recorded until there is space.",
  storage_failed: "The disk failed: the server records nothing any more and stops.",
  stopping: "The server is stopping.",
};
const STATES = { connecting: "Connecting", live: "Live", lost: "Connection lost" };

const choices = new Choices(byId("choices"), byId("choices-note"));
const history = new History();
const seen = { live: null, results: null, resultsAt: 0, heardAt: NaN, state: "connecting", why: "" };
let paused = false;
let announced = { text: "", at: 0 };

followStream({
  live(live) {
    const first = seen.live === null;
    seen.live = live;
    seen.heardAt = Date.now();
    const experiment = chosenExperiment(live);
    if (experiment !== null) {
      history.add(live.at, experiment);
      refreshResults(experiment.id);
    }
    if (first) getChoices(live.head, JOURNAL_ENTRIES).then((past) => choices.seed(past), () => {});
    render();
  },
  choice(choice) {
    choices.add(choice);
  },
  state(state, failure) {
    seen.state = state;
    seen.why = state === "lost" ? failure?.message ?? "The connection was lost." : "";
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

addEventListener("pagehide", () => history.keep());

/** The one the address names, or the running one with the most learners. */
function chosenExperiment(live) {
  const named = new URLSearchParams(location.search).get("experiment");
  const order = (one, other) => other.running - one.running || other.learners - one.learners;
  const sorted = [...live.experiments].sort(order);
  return sorted.find(({ id }) => id === named) ?? sorted[0] ?? null;
}

/** The analysis is asked for apart, because it is not on the stream. */
async function refreshResults(id) {
  const stale = seen.results?.id !== id;
  if (!stale && Date.now() - seen.resultsAt < RESULTS_EVERY_MS) return;
  if (Date.now() - seen.resultsAt < 1000) return;
  seen.resultsAt = Date.now();
  try {
    seen.results = await getResults(id);
    render();
  } catch {
    // The old analysis stays; the next second asks again.
  }
}

function render() {
  const { live, results } = seen;
  if (live === null || paused) return;
  const experiment = chosenExperiment(live);
  const ofExperiment = live.courses.find(({ id }) => id === experiment?.course);
  const course = ofExperiment ?? live.courses[0] ?? null;
  showCourse(live, course, experiment);
  const known = results !== null && results.id === experiment?.id ? results : null;
  const spoken = showComparison(experiment, known, history, course);
  showNumbers(live);
  showPreferences(course, experiment, choices.all);
  choices.render(course, experiment);
  showBanners(live);
  byId("main").setAttribute("aria-busy", "false");
  if (spoken !== null) announce(spoken);
  showState();
}

function showBanners(live) {
  const simulated = live.factor > 1;
  show(byId("demo"), live.banner !== null || simulated);
  setText(byId("demo-words"), live.banner ?? "Simulated time");
  setText(byId("demo-speed"), simulated ? `Time runs fast: ${speed(live.factor)}.` : "");
  show(byId("health"), live.health in HEALTHS);
  setText(byId("health"), HEALTHS[live.health] ?? "");
  setText(byId("node-time"), `Server time ${new Date(live.at).toISOString().slice(0, 19)}Z, `
    + `journal entry ${count(live.head)}.`);
}

function showState() {
  const state = paused ? "paused" : seen.state;
  const asOf = Number.isFinite(seen.heardAt) ? time(seen.heardAt) : null;
  const word = paused ? "Paused" : STATES[seen.state];
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

/** Says to a screen reader what changed, at most every five seconds. */
function announce(text) {
  const now = Date.now();
  if (text === announced.text || now - announced.at < ANNOUNCE_EVERY_MS) return;
  announced = { text, at: now };
  setText(byId("announce"), text);
}
