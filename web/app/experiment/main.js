// The page of one experiment: is it better, may I rely on it, what should I do? Everything on it is
// of one journal entry, which the foot names.

import { changeExperiment, getPast, getResults, getSession } from "../api.js";
import { byId, h, setText, show } from "../dom.js";
import { count, day, iso, percent, plural } from "../format.js";
import { followStream } from "../stream.js";
import { showVariants } from "../variants.js";
import { verdictOf } from "../verdict.js";
import { metricWords } from "../words.js";
import { showActions } from "./actions.js";
import { adviceOf, healthOf } from "./advice.js";
import { effectTables } from "./effects.js";
import { csvOf, drawPast, pastTable } from "./past.js";

const PAST_EVERY_MS = 30_000;
const STATES = { connecting: "Connecting", live: "Live", lost: "Connection lost" };
const id = decodeURIComponent(location.pathname.split("/").filter(Boolean)[1] ?? "");
const seen = { results: null, past: null, pastAt: 0, scopes: new Set(), asking: false, head: -1 };
let announced = "";

byId("metric").value = "";

async function refresh(force = false) {
  if (seen.asking) return;
  seen.asking = true;
  try {
    seen.results = await getResults(id);
    const metric = chosenMetric();
    if (force || seen.past?.metric !== metric || Date.now() - seen.pastAt > PAST_EVERY_MS) {
      seen.past = await getPast(id, metric);
      seen.pastAt = Date.now();
    }
    show(byId("trouble"), false);
    render();
  } catch (failure) {
    trouble(failure.status === 404 ? `There is no experiment “${id}”.` : failure.message);
  } finally {
    seen.asking = false;
    byId("main").setAttribute("aria-busy", "false");
  }
}

/** The metric of the address, or the primary one. */
const chosenMetric = () =>
  new URLSearchParams(location.search).get("metric") ?? seen.results.primary;

function trouble(text) {
  setText(byId("trouble"), text);
  show(byId("trouble"), true);
}

function render() {
  const { results } = seen;
  document.title = `${results.id} · Nexus`;
  setText(byId("eyebrow"), `Experiment ${results.id}, version ${results.version}, in ${results.course} · ${
    statusWords(results)}`);
  renderVerdict(results);
  renderMetrics(results);
  renderPast(results);
  showVariants(byId("variants"), results, results.checks);
  renderChanges(results);
  showActions(byId("actions"), byId("actions-note"), results, seen.scopes, act);
  setText(byId("node-time"), `Every number on this page is as of journal entry ${count(results.seq)}.`);
}

function statusWords({ status, share, startedAt, stoppedAt }) {
  const since = `since ${day(startedAt)}`;
  if (status === "running") {
    return share >= 1 ? `running ${since}` : `running ${since}, takes in ${percent(share)} of learners`;
  }
  if (status === "paused") return `paused: no new learner comes in; begun ${day(startedAt)}`;
  return `${status}, ran from ${day(startedAt)} to ${day(stoppedAt)}`;
}

function renderVerdict(results) {
  const verdict = verdictOf(results, results);
  byId("verdict").dataset.tone = verdict.tone;
  setText(byId("verdict-lead"), verdict.lead);
  setText(byId("verdict-rest"), verdict.rest);
  const spoken = `${verdict.lead} ${verdict.rest}`;
  // Only another verdict is announced, not each digit.
  if (announced !== verdict.lead) {
    setText(byId("announce"), spoken);
    announced = verdict.lead;
  }
  const advice = adviceOf(results, seen.past, verdict);
  replaceTexts(byId("advice"), [h("p", {}, h("strong", {}, "What should I do?"), advice)], advice);
  const facts = healthOf(results, seen.past);
  replaceTexts(byId("health-facts"), facts.map(({ name, words, tone }) => h("div", {},
    h("dt", {}, name), h("dd", { "data-tone": tone }, words))), JSON.stringify(facts));
  replaceTexts(byId("effects-details"), verdict.details.map((text) => h("p", {}, text)),
    verdict.details.join(" "));
  const effects = JSON.stringify(results.effects);
  replaceTexts(byId("effects"), effectTables(results), effects);
}

/** Replaces the children when what they say has changed. */
function replaceTexts(parent, children, key) {
  if (parent.dataset.shown === key) return;
  parent.dataset.shown = key;
  parent.replaceChildren(...children);
}

function renderMetrics(results) {
  const metrics = [...new Set(results.effects.map(({ metric }) => metric))];
  const chosen = chosenMetric();
  const select = byId("metric");
  if (select.dataset.shown !== metrics.join()) {
    select.dataset.shown = metrics.join();
    select.replaceChildren(...metrics.map((metric) =>
      h("option", { value: metric, selected: metric === chosen }, metricWords(metric))));
  }
}

/** The past as it was kept, with what the rest of the page says as its last point. */
function pastWithNow({ past, results }) {
  const { metric } = past;
  const now = {
    at: results.stoppedAt ?? seen.heardAt ?? past.points.at(-1)?.at ?? results.startedAt,
    sides: results.variants.map(({ name, learners, means, measured }) =>
      ({ name, learners, n: measured.get(metric) ?? 0, mean: means.get(metric) ?? null })),
    effects: results.effects.filter((effect) => effect.metric === metric)
      .map(({ variant, estimate, low, high }) => ({ name: variant, estimate, low, high })),
  };
  return { ...past, points: [...past.points.slice(0, -1), now] };
}

function renderPast(results) {
  if (seen.past === null) return;
  const past = pastWithNow(seen);
  const points = past.points.length;
  setText(byId("past-note"), points <= 1
    ? "The server keeps a point an hour from the tenth learner on; the first is not there yet."
    : `The difference from the control, with its 95 % interval; ${plural(points, "point")}, at least ${
      plural(past.stepHours, "hour")} apart, kept by the server. The band narrows as learners come.`);
  drawPast(byId("past"), byId("means"), past, results);
  if (byId("past-data").open) byId("past-table").replaceChildren(pastTable(past));
}

byId("past-data").addEventListener("toggle", () => seen.results !== null && renderPast(seen.results));
byId("csv").addEventListener("click", () => {
  const url = URL.createObjectURL(new Blob([csvOf(pastWithNow(seen))], { type: "text/csv" }));
  h("a", { href: url, download: `${id}-${seen.past.metric}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
});
byId("metric").addEventListener("change", (event) => {
  const query = new URLSearchParams(location.search);
  query.set("metric", event.target.value);
  history.replaceState(null, "", `?${query}`);
  refresh(true);
});

function renderChanges(results) {
  const line = (at, words, note) => h("li", {}, h("time", { datetime: iso(at) }, day(at)),
    h("span", {}, words, note && h("span", { class: "note" }, h("bdi", {}, note))));
  const lines = [line(results.startedAt, `Started with ${plural(results.variants.length, "variant")}, `
    + `planned for ${plural(results.planned, "learner")}.`)];
  const made = results.changes.map((change) => ({ at: change.at, words: changeWords(change),
    note: `${change.reason} (${change.by})` }));
  if (results.stoppedAt !== null) made.push({ at: results.stoppedAt, words: "Stopped: nobody is assigned, nothing is counted any more." });
  made.sort((one, other) => one.at - other.at);
  lines.push(...made.map(({ at, words, note }) => line(at, words, note)));
  replaceTexts(byId("changes"), lines, JSON.stringify([results.changes, results.stoppedAt]));
}

function changeWords({ change, share, variant }) {
  if (change === "share") {
    return share === 0 ? "Paused: no new learner comes in." : `Takes in ${percent(share)} of learners.`;
  }
  if (change === "concluded") {
    return variant === null ? "Concluded: no variant was chosen." : `Concluded: ${variant} was chosen.`;
  }
  return change === "archived" ? "Put away." : change;
}

async function act(what, body) {
  await changeExperiment(id, what, body);
  // The next answer may still be under way from before the change.
  seen.asking = false;
  await refresh(true);
}

async function start() {
  seen.scopes = await getSession().catch(() => new Set());
  await refresh(true);
  followStream({
    live(live) {
      seen.heardAt = live.at;
      if (document.hidden || live.head === seen.head) return;
      seen.head = live.head;
      refresh();
    },
    choice() {},
    state(state, failure) {
      byId("connection").dataset.state = state;
      setText(byId("connection-word"), STATES[state]);
      setText(byId("as-of"), state === "lost" && seen.results !== null
        ? `every number is as of entry ${count(seen.results.seq)}` : "");
      if (state === "lost" && seen.results === null) trouble(failure?.message ?? "The server does not answer.");
    },
  });
}

start();
