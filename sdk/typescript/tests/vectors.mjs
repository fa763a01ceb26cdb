// Runs the shared vectors against a real server behind a bad network, and what only TypeScript has.
//
//   node vectors.mjs FOLDER     FOLDER has the compiled client; $NEXUS_BIN is the server
//
// The last line is `N passed, N failed, N skipped`; the exit code is 0, or 1 if anything failed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const SDK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const COMPILED = path.resolve(process.argv[2]);
const load = (name) => import(pathToFileURL(path.join(COMPILED, name)).href);
const { Client, QueueFull, Refused, Unavailable } = await load("index.js");
const { FileStore, learnerToken } = await load("server.js");
const { course: COURSE, path: PATH, vectors: VECTORS } = JSON.parse(readFileSync(path.join(SDK, "vectors.json"), "utf8"));
const EVENT_TYPES = new Set([
  "enrolled", "session_started", "session_ended", "activity_started", "activity_completed", "activity_skipped",
  "video_progressed", "question_answered", "quiz_completed", "feedback",
]);
const tally = { passed: 0, failed: 0 };

/** A request without any bad network; it throws when the answer is an error. */
async function ask(method, url, key, body) {
  const options = { method, headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(url, options);
  if (!response.ok) throw Object.assign(new Error(`${method} ${url}: ${response.status}`), { status: response.status });
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}

async function test(name, work) {
  try {
    await work();
    tally.passed += 1;
    console.log(`ok      ${name}`);
  } catch (trouble) {
    tally.failed += 1;
    console.log(`FAILED  ${name}\n${trouble.stack}`);
  }
}

/** One vector. */
class Run {
  waits = [];
  learner = `learner-${crypto.randomUUID().slice(0, 12)}`;

  constructor(vector, site, folder) {
    Object.assign(this, { vector, site, folder });
    this.client = this.make();
  }

  make() {
    const { path = PATH, queue, as = "site", expired_tokens: expired = 0, ...rest } = this.vector.client ?? {};
    const named = { queue_events_max: "queueEventsMax", decide_seconds: "decideSeconds" };
    const options = Object.fromEntries(Object.entries(rest).map(([name, value]) => [named[name], value]));
    let key = { site: this.site.site, nobody: "nx_sk_live_nobody" }[as];
    if (as === "learner") {
      options.learner = this.learner;
      const { secret, issuer } = this.site;
      const lives = Array(expired).fill(-3600);
      key = () => learnerToken({ secret, issuer, learner: this.learner, lifetimeSeconds: lives.shift() ?? 900 });
    }
    if (path) options.paths = { [COURSE]: path };
    if (queue) options.store = new FileStore(this.folder);
    const wait = async (seconds) => { this.waits.push(seconds); };
    return new Client({ url: this.site.network, key, background: false, wait, ...options });
  }

  async run() {
    const { network = [], calls, requests: expected, waits, server = {} } = this.vector;
    await ask("PUT", `${this.site.network}/-/faults`, "", network);
    for (const call of calls) await this.one(call);
    const requests = await ask("GET", `${this.site.network}/-/requests`, "");
    const ids = [...new Set(requests.flatMap((request) => request.ids))];
    const letter = (id) => String.fromCharCode(97 + ids.indexOf(id));
    if (expected) {
      const came = requests.map(({ request, fault, ids: own }) => (
        { request: request.replace(this.learner, "LEARNER"), fault, ids: own.map(letter) }));
      assert.deepEqual(came, expected);
    }
    if (waits) {
      assert.equal(this.waits.length, waits.length, `waited ${this.waits}`);
      waits.forEach((least, place) => assert.ok(this.waits[place] >= least, `waited ${this.waits}`));
    }
    await this.lookAtTheServer(server, (name) => ids[name.charCodeAt(0) - 97]);
  }

  async one(call) {
    const act = async () => this[`call_${call.call}`](call);
    const kinds = { unavailable: Unavailable, full: QueueFull, invalid: TypeError };
    for (const [word, kind] of Object.entries(kinds)) {
      if (call[word]) return assert.rejects(act, kind);
    }
    if (call.refused) {
      return assert.rejects(act, (trouble) => trouble instanceof Refused && trouble.code === call.refused);
    }
    const answer = await act();
    if (!("expect" in call)) return undefined;
    const isPart = call.expect !== null && typeof call.expect === "object" && !Array.isArray(call.expect);
    const part = isPart ? Object.fromEntries(Object.keys(call.expect).map((name) => [name, answer[name]])) : answer;
    return assert.deepEqual(part, call.expect, JSON.stringify(call));
  }

  async call_decide({ course = COURSE, candidates, exclude }) {
    this.last = await this.client.decide(this.learner, course, { candidates, exclude });
    return this.last;
  }

  call_record({ event, times = 1 }) {
    const { occurred_in_seconds: seconds, comment_characters: characters, ...said } = event;
    if (seconds) said.occurred_at = new Date(Date.now() + seconds * 1000).toISOString();
    if (characters) said.comment = "x".repeat(characters);
    for (let count = 0; count < times; count += 1) {
      this.client.record({ learner: this.learner, course: COURSE, ...said });
    }
  }

  call_flush() {
    return this.client.flush();
  }

  call_pending() {
    return this.client.pending;
  }

  call_rejected() {
    return this.client.rejected.map(([, receipt]) => receipt.code);
  }

  /** The process ends without a word, and begins anew with what is on disk. */
  call_restart() {
    this.client = this.make();
  }

  call_network({ faults }) {
    return ask("POST", `${this.site.network}/-/faults`, "", faults);
  }

  call_exposed() {
    return this.client.exposed(this.last);
  }

  call_report_reward({ component, value }) {
    return this.client.reportReward(this.last, component, value);
  }

  call_support({ question }) {
    return this.client.support(this.learner, COURSE, question);
  }

  async call_mastery({ expect }) {
    const skills = await this.client.mastery(this.learner, COURSE);
    return skills.find(({ skill }) => skill === expect.skill);
  }

  /** What the server knows, asked without the bad network. */
  async lookAtTheServer({ decisions, events, followed = [], unfollowed = [] }, idOf) {
    const read = (address) => ask("GET", this.site.server + address, this.site.admin);
    const nobody = (trouble) => {
      assert.equal(trouble.status, 404);
      return { entries: [] };
    };
    const { entries } = await read(`/v1/learners/${this.learner}/history?limit=1000`).catch(nobody);
    const types = entries.map(({ type }) => type).reverse();
    if (decisions !== undefined) assert.equal(types.filter((type) => type === "decision_made").length, decisions);
    if (events) assert.deepEqual(types.filter((type) => EVENT_TYPES.has(type)), events);
    for (const name of unfollowed) {
      const { reward } = await read(`/v1/decisions/${idOf(name)}`);
      assert.deepEqual([reward.state, reward.started_at], ["open", undefined]);
    }
    for (const name of followed) assert.ok((await read(`/v1/decisions/${idOf(name)}`)).reward.started_at);
  }
}

/** A server and a bad network, until `stop`. */
async function start() {
  const document = path.resolve(SDK, "../docs/openapi.json");
  const program = [path.join(SDK, "trial_site.py"), process.env.NEXUS_BIN, document];
  const running = spawn("python3", program, { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface(running.stdout)) {
    const stop = () => new Promise((done) => { running.once("exit", done); running.stdin.end(); });
    return { ...JSON.parse(line), stop };
  }
  throw new Error("the site did not start");
}

/** A moment of its own: the same answer at the same moment would be one that is told twice. */
const moment = (count) => new Date(Date.UTC(2026, 0, 1, 10, 0, count)).toISOString();

const site = await start();
const temporary = mkdtempSync(path.join(tmpdir(), "nexus-client-"));
try {
  for (const [place, vector] of VECTORS.entries()) {
    await test(vector.name, () => new Run(vector, site, path.join(temporary, String(place))).run());
  }
  await test("events travel by themselves", async () => {
    const learner = `learner-${crypto.randomUUID().slice(0, 12)}`;
    const client = new Client({ url: site.server, key: site.site });
    for (let count = 0; count < 250; count += 1) {
      const answer = { learner, course: COURSE, question: "half-of-four", response: "b" };
      client.record({ type: "question_answered", occurred_at: moment(count), ...answer });
    }
    for (let polls = 0; polls < 600 && client.pending > 0; polls += 1) {
      await new Promise((done) => { setTimeout(done, 50); });
    }
    assert.deepEqual([client.pending, client.rejected], [0, []]);
    assert.equal((await client.learner(learner)).answers, 250);
    await client.close();
  });
  await test("two windows share a store, and each event counts once", async () => {
    const learner = `learner-${crypto.randomUUID().slice(0, 12)}`;
    const entries = new Map([["of-the-site", "kept"]]);
    const store = {
      keys: "an entry of the site", // As in localStorage, where entries are properties.
      get length() { return entries.size; },
      key: (place) => [...entries.keys()][place] ?? null,
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => entries.set(key, value),
      removeItem: (key) => entries.delete(key),
    };
    const window = () => new Client({ url: site.server, key: site.site, background: false, store });
    const [one, two] = [window(), window()];
    for (let count = 0; count < 5; count += 1) {
      const answer = { type: "question_answered", learner, course: COURSE, question: "half-of-four" };
      one.record({ ...answer, occurred_at: moment(count), response: "b" });
      two.record({ ...answer, occurred_at: moment(count), response: "a" });
    }
    assert.deepEqual([one.pending, two.pending], [10, 10]);
    await Promise.all([one.flush(), two.flush()]);
    const { answers, right } = await one.learner(learner);
    assert.deepEqual([answers, right, one.pending, [...entries.keys()]], [10, 5, 0, ["of-the-site"]]);
  });
  await test("the path of a course is read once and leaves out what measures", async () => {
    const learner = `learner-${crypto.randomUUID().slice(0, 12)}`;
    const client = new Client({ url: site.network, key: site.site, background: false });
    await client.loadPath(COURSE);
    await ask("PUT", `${site.network}/-/faults`, "", ["503:60"]);
    const { activity, title, fallback } = await client.decide(learner, COURSE);
    assert.deepEqual([activity, title, fallback], ["halves-video", "What a half is", "no_answer"]);
  });
  await test("a short secret signs nothing", () => (
    assert.rejects(learnerToken({ secret: `${"x".repeat(31)}\n`, learner: "ada", issuer: "site" }), /31 bytes/)));
} finally {
  await site.stop();
  rmSync(temporary, { recursive: true });
}
console.log(`${tally.passed} passed, ${tally.failed} failed, 0 skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;
