// The page on which a learner takes a course: one thing a screen, and what comes next is what Nexus
// decides. The server grades; this page only keeps what was done until the server has it.

import { byId, setText, show } from "../dom.js";
import { knownOf, showProgress } from "./progress.js";
import { Outbox } from "./outbox.js";
import { askingNode, feedbackNode, promptNode, waitingNode } from "./question.js";
import {
  button, endScreen, finishedScreen, headNodes, heading, loadingScreen, pausedScreen, problemScreen,
  readingScreen, restScreen, waitScreen, welcomeScreen, wishesNode,
} from "./screens.js";
import { newId, shelf } from "./shelf.js";
import { Wire, WireFailure, readToken } from "./wire.js";
import { h } from "../dom.js";
import { words } from "./words.js";

const CLIENT = { name: "nexus learn", version: "1" };
/** A phone held upright. */
const PHONE_PX = 640;
/** How often a screen that waits for the network tries again. */
const RETRY_MS = 5000;
/** While somebody looks at the page, how often it asks whether the link and the network still hold. */
const LOOK_EVERY_MS = 45_000;
/** Longer than this, a learner was somewhere else, and how long an answer took is not known. */
const AWAY_MS = 30 * 60_000;

const main = byId("main");
let wire;
let outbox;
let course;
let place = nowhere();
let skills = [];
/** What goes on by itself once there is a network again. */
let waiting = null;
let retryTimer;
let shownAt = 0;


/** Where a learner is who is in no activity. */
function nowhere() {
  return {
    pending: null, decision: null, activity: null, probed: false, started: false, finished: false,
    answers: {}, seen: {}, retry: {}, hints: {}, help: {}, drafts: {},
  };
}

async function boot() {
  const link = linkOf(location);
  if (link === null) return render(problemScreen("no_link"));
  const known = readToken(link.token);
  if (known === null) return render(problemScreen("bad_link"));
  wire = new Wire(link.token, known.learner, courseOf(location));
  outbox = new Outbox(wire, { changed: showNetwork, sent: goOn });
  place = { ...nowhere(), ...shelf.place(wire.learner, wire.course) };
  byId("leave").addEventListener("click", leave);
  addEventListener("online", () => {
    showNetwork();
    goOn();
  });
  addEventListener("offline", showNetwork);
  setInterval(() => document.visibilityState === "visible" && look(), LOOK_EVERY_MS);
  render(loadingScreen());
  await attempt(open);
}

const courseOf = ({ pathname }) => decodeURIComponent(pathname.split("/")[2] ?? "");

/** The link in the address, which is taken out of it at once, or the one this device knows. */
function linkOf({ hash, pathname, search }) {
  const token = new URLSearchParams(hash.slice(1)).get("token");
  if (token !== null) {
    shelf.keepLink({ token });
    history.replaceState(null, "", pathname + search);
  }
  return shelf.link();
}

function leave() {
  shelf.keepLink(null);
  location.reload();
}

/** Does something with the network; what fails is said, with a way on. */
async function attempt(work, doing = words.loading) {
  busy(doing);
  try {
    await work();
  } catch (failure) {
    if (!(failure instanceof WireFailure)) throw failure;
    const again = () => attempt(work, doing);
    const isAway = ["offline", "busy"].includes(failure.trouble);
    if (!isAway || course === undefined) {
      render(problemScreen(failure.trouble, failure.message, again));
      return;
    }
    // Said once: trying again in vain changes nothing that is read.
    if (document.getElementById("waits") === null) render(waitScreen(again));
    else idle();
    waiting = again;
    retryTimer = setTimeout(goOn, RETRY_MS);
  }
}

async function open() {
  course = await wire.lesson();
  document.documentElement.lang = "en";
  document.title = words.title(course.title);
  setText(byId("course"), course.title);
  await refreshSkills();
  showNetwork();
  if (place.decision !== null) return resume();
  if (place.pending !== null || course.begun) return next();
  render(welcomeScreen(course, () => attempt(next)));
}

/** Goes on where the learner was, with what Nexus knows of it by now. */
async function resume() {
  if (place.finished) return finished();
  if (place.activity === null) return enter();
  await outbox.flush().catch(() => {});
  await refreshActivity().catch(() => {});
  showActivity();
}

async function refreshSkills() {
  const known = course.begun ? await wire.skills() : null;
  skills = known ?? course.skills.map((skill) => ({ ...skill, status: "not_started", attempts: 0, expected_success: 0 }));
  showProgress(skills, wire.learner);
}

/** Reads the activity again, with what the course says of the answers that have arrived. */
async function refreshActivity() {
  const { activity } = await wire.lesson(place.decision.activity);
  place.activity = activity;
  if (outbox.unsent === 0) place.answers = {};
  keep();
}

function keep() {
  shelf.keepPlace(wire.learner, wire.course, place);
}

/** Asks what comes next. A wish narrows it; when nothing is left, the course decides alone. */
async function next(said = null, wish = {}) {
  await outbox.flush();
  if (place.pending === null) {
    const context = { device: innerWidth < PHONE_PX ? "phone" : "desktop" };
    if (said !== null) context.learner_said = said;
    place = { ...nowhere(), pending: { id: newId(wire.learner), said, wish: { ...wish, context, client: CLIENT } } };
    keep();
  }
  let answer;
  try {
    answer = await wire.decide(place.pending.id, place.pending.wish);
  } catch (failure) {
    if (failure.trouble !== "no_candidate" || place.pending.alone) throw failure;
    const { said: unmet, wish: { context } } = place.pending;
    place.pending = { id: newId(wire.learner), said: unmet, alone: true, wish: { context, client: CLIENT } };
    keep();
    return next();
  }
  const { said: asked, alone } = place.pending;
  if (answer.status !== "activity") return over(answer);
  place = { ...nowhere(), decision: decisionOf(answer, asked, alone) };
  course.begun = true;
  keep();
  return enter();
}

/** Opens what was decided; a question that only measures comes before it. */
async function enter() {
  const { decision } = place;
  if (decision.probe !== null && !place.probed) return showProbe(decision.probe);
  if (!place.started) {
    record("activity_started", { activity: decision.activity });
    place.started = true;
    keep();
  }
  // First the start, then the lesson: what was answered before it belongs to another round.
  await outbox.flush();
  await refreshActivity();
  return showActivity();
}

function decisionOf(answer, said, alone) {
  return {
    id: answer.decision_id, activity: answer.activity, kind: answer.kind, title: answer.title,
    minutes: answer.minutes, why: withoutTitle(answer.explanation.learner, answer.title), probe: answer.probe ?? null,
    tired: answer.session_over === true, madeAt: Date.parse(answer.made_at), heardAt: Date.now(),
    said: said === null ? null : alone ? words.said.nothing[said] : words.said[said],
  };
}

/** The title stands above it already. */
const withoutTitle = (why, title) => why.replace(`: \u201c${title}\u201d.`, ".");

/** There is nothing to do: a rest, or the end of the course. */
async function over(answer) {
  place = nowhere();
  keep();
  await refreshSkills();
  const [reviews, check] = await Promise.all([wire.reviews(), wire.closingCheck()]);
  const again = () => attempt(next);
  render(answer.status === "rest"
    ? restScreen(answer, reviews.as_of, again)
    : endScreen({ course, skills, reviews, check }, again));
}

/** What happened, with an id of its own, at the server's time as far as this device knows it. */
function record(type, fields) {
  const { decision } = place;
  const at = decision.madeAt + Math.max(0, Date.now() - decision.heardAt);
  const event = {
    id: newId(wire.learner), type, learner: wire.learner, course: wire.course, decision_id: decision.id,
    occurred_at: new Date(at).toISOString(), ...fields,
  };
  outbox.add(event);
  return event;
}

function showActivity() {
  const { activity } = place;
  const asked = questions();
  if (asked.length === 0 && !activity.measures) return showReading();
  const open = asked.find(({ question }) => !place.seen[question]);
  if (open === undefined) return attempt(activity.measures ? nextMeasured : finish);
  showQuestion(open);
}

/** What this page can ask: the course must be able to grade it. */
const questions = () => place.activity.questions.filter(({ graded }) => graded);

function showReading() {
  const { decision, activity } = place;
  render([
    ...readingScreen(decision, activity, course.language, () => {
      record("activity_completed", { activity: decision.activity });
      leaveActivity();
      attempt(next);
    }),
    wishesNode(activity, wished),
  ]);
}

/** The learner would rather do something else. */
function wished(said) {
  const { decision, activity } = place;
  record("activity_skipped", { activity: decision.activity });
  leaveActivity();
  const exclude = [decision.activity];
  const wishes = { i_know_this: activity.asking, too_easy: activity.harder, too_hard: activity.easier };
  const candidates = wishes[said];
  attempt(() => next(said, candidates === undefined ? { exclude } : { candidates, exclude }));
}

/** Nothing of the activity is shown again, whatever the network does. */
function leaveActivity() {
  place = nowhere();
  keep();
}

function showProbe(probe) {
  const question = { ...probe, options: probe.options ?? [], hints: [], offers_help: false };
  const key = `probe:${probe.question}`;
  const answer = (response) => {
    record("question_answered", { question: probe.question, response, probe: true, ...took() });
    passProbe();
  };
  const passProbe = () => {
    place.probed = true;
    keep();
    attempt(enter);
  };
  if (!probe.kind || !probe.prompt) return passProbe();
  render([
    place.decision.said && h("p", { class: "said" }, place.decision.said),
    heading(words.probe), h("p", { class: "why" }, words.probeWhy), promptNode(question),
    askingNode(question, { answer, draft: drafted(key) }, { draft: place.drafts[key], hints: 0, measures: true }),
  ]);
}

const drafted = (key) => (value) => {
  place.drafts[key] = value;
  keep();
};

/** How long the question was looked at, when that can be known. */
function took() {
  const duration = Date.now() - shownAt;
  return duration > 0 && duration < AWAY_MS ? { duration_ms: duration } : {};
}

function showQuestion(question) {
  const { activity, decision } = place;
  const { question: id, answer } = question;
  const mine = place.answers[id];
  const head = [...headNodes(decision, positionOf(question), isFirst(question)), promptNode(question)];
  if (activity.measures) {
    return render([...head, h("p", { class: "quiet" }, words.measures), asking(question),
      activity.kind === "placement" && wishesNode(activity, wished)]);
  }
  if (mine !== undefined) {
    render([...head, waitingNode(question, mine.response), onward(id)], "verdict");
    waiting = () => learnOutcome().then(() => place.answers[id] === undefined && showActivity());
    return undefined;
  }
  if (answer === undefined || place.retry[id] === answer.seq) {
    return render([...head, asking(question), wishesNode(activity, wished)]);
  }
  return showFeedback(question, head);
}

/** Why this activity is said once, not beside each of its questions. */
const isFirst = ({ question }) => place.activity.answered === 0 && questions()[0]?.question === question;

function positionOf(question) {
  const { activity } = place;
  const asked = questions();
  if (activity.kind === "placement") return words.questionUpTo(activity.answered + 1, activity.asked);
  const done = activity.measures ? activity.asked - asked.length : 0;
  return words.questionOf(done + asked.indexOf(question) + 1, done + asked.length);
}

function asking(question) {
  const { question: id } = question;
  const state = {
    draft: place.drafts[id], hints: place.hints[id] ?? 0, help: place.help[id], measures: place.activity.measures,
  };
  return askingNode(question, {
    answer: (response) => attempt(() => answered(question, response), words.checking),
    draft: drafted(id),
    hint: () => {
      place.hints[id] = (place.hints[id] ?? 0) + 1;
      keep();
      showActivity();
      say(question.hints[place.hints[id] - 1]);
    },
    help: () => attempt(() => helped(question)),
  }, state);
}

/** The answer goes out; what the course says of it comes back, now or when there is a network. */
async function answered(question, response) {
  const { question: id } = question;
  const helps = (place.hints[id] ?? 0) + (place.help[id] ? 1 : 0);
  record("question_answered", {
    question: id, activity: place.decision.activity, response, hints: helps, ...took(),
  });
  place.answers[id] = { response };
  delete place.drafts[id];
  if (place.activity.measures) {
    place.seen[id] = true;
    keep();
    return showActivity();
  }
  keep();
  await learnOutcome();
  return showActivity();
}

/** Sends what is unsent and reads what the course says; without a network, later. */
async function learnOutcome() {
  try {
    await outbox.flush();
    await Promise.all([refreshActivity(), refreshSkills()]);
  } catch (failure) {
    if (!["offline", "busy"].includes(failure.trouble)) throw failure;
  }
}

async function helped(question) {
  const { question: id, answer } = question;
  await outbox.flush();
  const reason = answer !== undefined && !answer.correct ? "wrong" : "asked";
  const given = await wire.help(newId(wire.learner), id, reason, place.decision.id).catch((failure) => {
    if (["offline", "busy"].includes(failure.trouble)) throw failure;
    return {};
  });
  place.help[id] = given.text ?? (given.activity === undefined ? words.noHelp : await wordsOf(given.activity));
  keep();
  showActivity();
  say(words.helpTitle);
}

/** The text of an activity that helps, to read beside the question. */
async function wordsOf(activity) {
  const { activity: help } = await wire.lesson(activity);
  return `**${help.title}**\n\n${help.text ?? help.video?.script ?? words.noHelp}`;
}

function showFeedback(question, head) {
  const { question: id, answer, hints, offers_help: offersHelp } = question;
  const firstTry = place.retry[id] === undefined;
  const mayRetry = !answer.correct && firstTry && (hints.length > (place.hints[id] ?? 0) || offersHelp);
  if (!mayRetry) {
    render([...head, feedbackNode(question, true), onward(id)], "verdict");
    return;
  }
  const retry = (seq) => () => {
    place.retry[id] = seq;
    keep();
    showActivity();
  };
  render([...head, feedbackNode(question, false), h("div", { class: "actions" },
    button(words.again, retry(answer.seq)), button(words.showAnswer, retry("told"), "soft"))], "verdict");
}

/** The way to the next question, or to the end of the activity. */
function onward(id) {
  const asked = questions();
  const isLast = asked.every(({ question }) => question === id || place.seen[question]);
  return h("div", { class: "actions" }, button(isLast ? words.goOn : words.next, () => {
    place.seen[id] = true;
    keep();
    showActivity();
  }));
}

/** The next question of what measures, or its end. */
async function nextMeasured() {
  const before = questions().length;
  await outbox.flush();
  await refreshActivity();
  place.seen = {};
  if (questions().length > 0) return showActivity();
  // It was over before this page asked anything: only then nobody has said so yet.
  if (before === 0) record("activity_completed", { activity: place.decision.activity });
  return finish();
}

async function finish() {
  if (!place.activity.measures && !place.finished) {
    record("activity_completed", { activity: place.decision.activity });
  }
  place.finished = true;
  keep();
  await outbox.flush();
  await finished();
}

async function finished() {
  await Promise.all([refreshActivity(), refreshSkills()]);
  const { activity, decision } = place;
  const asked = questions();
  const about = {
    measures: activity.measures, all: asked.length, right: asked.filter(({ answer }) => answer?.correct).length,
  };
  const own = activity.measures ? [] : skills.filter(({ skill }) => activity.skills.includes(skill));
  render(finishedScreen(decision, about, own, {
    tired: decision.tired,
    goOn: () => {
      leaveActivity();
      attempt(next);
    },
    pause: () => {
      record("session_ended", {});
      leaveActivity();
      outbox.flush().catch(() => {});
      render(pausedScreen(() => attempt(next)));
    },
  }));
}

/** The page says that it is busy without taking the screen away; nothing is pressed twice. */
function busy(doing) {
  main.setAttribute("aria-busy", "true");
  for (const control of main.querySelectorAll("button, input")) control.disabled = true;
  const button = main.querySelector("button.main");
  if (button === null) return;
  button.dataset.words ??= button.textContent;
  setText(button, doing);
}

/** The screen stays as it was before. */
function idle() {
  main.removeAttribute("aria-busy");
  for (const control of main.querySelectorAll("button, input")) control.disabled = false;
  const button = main.querySelector("button.main");
  if (button !== null) setText(button, button.dataset.words ?? button.textContent);
}

/** Shows a screen. The heading, or what is new, is where reading begins. */
function render(nodes, focus = "heading") {
  waiting = null;
  clearTimeout(retryTimer);
  main.replaceChildren(...nodes.flat().filter(Boolean));
  main.removeAttribute("aria-busy");
  shownAt = Date.now();
  const start = byId(focus);
  start.focus({ preventScroll: true });
  if (focus === "heading") scrollTo(0, 0);
  else start.scrollIntoView({ block: "nearest" });
}

function say(text) {
  setText(byId("announce"), text);
}

/** What of the learner's work is only here, in words; silent when all is well. */
function showNetwork() {
  const unsent = outbox?.unsent ?? 0;
  const parts = [];
  if (!navigator.onLine) parts.push(words.network.offline);
  if (unsent > 0 && (!navigator.onLine || outbox.troubled)) parts.push(words.network.waiting(unsent));
  if (outbox?.lost > 0) parts.push(words.network.lost(outbox.lost));
  const line = byId("network");
  const text = parts.join(" ");
  const cleared = text === "" && line.textContent !== "" && unsent === 0;
  setText(line, cleared ? words.network.sent : text);
  show(line, line.textContent !== "");
  line.setAttribute("data-state", text === "" ? "well" : "waiting");
}

/** What waited for the network goes on by itself. */
function goOn() {
  const work = waiting;
  waiting = null;
  clearTimeout(retryTimer);
  work?.();
}

/** Looks whether the link and the network still hold, and where the learner stands now. */
async function look() {
  try {
    await outbox.flush();
    await refreshSkills();
  } catch {
    // Said when it matters: at the next step.
  }
}

boot();
