// A real server with a small course for the tests of /learn, and hands that take the course on it.
// Learners come by signed tokens, as they do from a learning site.

import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = process.env.NEXUS_BIN ?? path.join(ROOT, "target", "debug", "nexus");
const ISSUER = "https://learn.example";

const question = (id, kind, prompt, answer, more = {}) =>
  ({ id, kind, prompt, answer, explanation: `Because of ${id}.`, ...more });
const OPTIONS = { a: "one", b: "two", c: "three" };
const sums = (count) => Array.from({ length: count }, (_, place) =>
  question(`sum-${place + 1}`, "numeric", `How much is ${place + 1} + 1?`, place + 2, { skills: ["adding"] }));

/** A course with every kind of activity and question. */
export const COURSE = {
  format: 1, id: "small", version: 1, title: "Small sums", language: "en",
  description: "A **small** course.", goal: { success: 0.6 },
  skills: [{ id: "counting", title: "Counting" }, { id: "adding", title: "Adding", requires: ["counting"] }],
  modules: [{ id: "all", title: "All of it", activities: [
    { id: "begin", kind: "placement", title: "Where to begin", skills: [], difficulty: 0.5, minutes: 3,
      placement: { questions_min: 2, questions_max: 2 } },
    { id: "count-film", kind: "video", title: "Counting on fingers", skills: ["counting"], difficulty: 0.1, minutes: 1,
      video: { seconds: 30, script: "Hold up *one* finger.\n\nThen another." } },
    { id: "count-text", kind: "reading", title: "How counting goes", skills: ["counting"], difficulty: 0.2, minutes: 1,
      text: "Say **one** word a thing.\n\n1. Point.\n2. Say.\n\n- Never twice.\n- Never none." },
    { id: "count", kind: "exercise", title: "Count things", skills: ["counting"], difficulty: 0.3, minutes: 2,
      remedial: ["count-text"], questions: [
        question("dogs", "single", "How many *dogs* are two dogs?", "b", { options: OPTIONS,
          hints: ["Count them.", "It is more than one."],
          supports: [{ id: "again", kind: "hint", text: "Begin at one." }, { id: "read", kind: "remedial_activity", activity: "count-text" }] }),
        question("small", "multiple", "Which are less than three?", ["a", "b"], { options: OPTIONS }),
        question("word", "text", "Write the word for 4.", ["four"], { hints: ["It rhymes with door."] }),
      ] },
    { id: "add-text", kind: "reading", title: "How adding goes", skills: ["adding"], difficulty: 0.3, minutes: 1,
      text: "Count on from the first number." },
    { id: "add", kind: "exercise", title: "Add one", skills: ["adding"], difficulty: 0.4, minutes: 3, required: true,
      remedial: ["add-text"], questions: sums(5) },
    { id: "add-more", kind: "exercise", title: "Add more", skills: ["adding"], difficulty: 0.7, minutes: 3,
      questions: [question("big-1", "numeric", "How much is 20 + 22?", 42), question("big-2", "numeric", "How much is 1/2 + 1/4?", 0.75)] },
    { id: "show", kind: "check", title: "Show it", skills: [], difficulty: 0.5, minutes: 5, check: { questions: 10 } },
  ] }],
};

/** Right answers, by question. */
export const RIGHT = new Map(COURSE.modules.flatMap(({ activities }) => activities)
  .flatMap(({ questions = [] }) => questions)
  .map(({ id, answer }) => [id, Array.isArray(answer) && id !== "word" ? answer.join(",") : String(answer)]));

/** The question that a prompt asks, by its words. */
export const ASKED = new Map(COURSE.modules.flatMap(({ activities }) => activities)
  .flatMap(({ questions = [] }) => questions).map(({ id, prompt }) => [prompt.replaceAll("*", ""), id]));

/** Starts a server on a folder of its own and publishes courses on it. */
export async function startSite(...courses) {
  const folder = mkdtempSync(path.join(tmpdir(), "nexus-learn-"));
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(path.join(folder, "learn.pem"), publicKey.export({ type: "spki", format: "pem" }));
  // Nobody has consented to exploration, so that the best is served and the tests repeat.
  writeFileSync(path.join(folder, "nexus.toml"), `exploration_consent = "asked"\n[[jwt.issuer]]\nissuer = "${ISSUER}"\n`
    + 'audience = "nexus"\nalgorithm = "EdDSA"\npublic_key_file = "learn.pem"\nkind = "learner"\n');
  const data = path.join(folder, "data");
  const made = spawnSync(BINARY, ["key", "create", "--data", data, "--name", "tests", "--for", "admin", "--json"]);
  const { key } = JSON.parse(made.stdout.toString());
  const child = spawn(BINARY, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--holdout", "0",
    "--config", path.join(folder, "nexus.toml")], { stdio: ["ignore", "pipe", "inherit"] });
  const baseUrl = await new Promise((resolve, reject) => {
    child.stdout.on("data", (text) => {
      const found = /http:\/\/[\d.]+:\d+/.exec(String(text));
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
  const api = async (method, address, body) => {
    const response = await fetch(`${baseUrl}${address}`, {
      method, headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${address}: ${JSON.stringify(answer)}`);
    return answer;
  };
  for (const course of courses) await api("PUT", `/v1/courses/${course.id}`, course);
  const token = (learner, seconds = 3600) => signed({ sub: learner }, seconds, privateKey);
  /** Another key, with some scopes or for a purpose. */
  const keyFor = (name, ...wanted) => {
    const flags = wanted[0].includes(":") ? wanted.flatMap((scope) => ["--scope", scope]) : ["--for", wanted[0]];
    const one = spawnSync(BINARY, ["key", "create", "--data", data, "--name", name, "--json", ...flags]);
    return JSON.parse(one.stdout.toString()).key;
  };
  return {
    baseUrl, api, token, key, data, keyFor,
    nexus: (...words) => spawnSync(BINARY, words).stdout.toString(),
    /** Logs a browser in at the door. */
    enter: async (page, secret) => {
      await page.context().clearCookies();
      await page.goto(`${baseUrl}/login`);
      await page.fill("#key", secret);
      await page.click("#enter");
      await page.waitForURL(`${baseUrl}/`);
    },
    link: (learner, course = "small") => `${baseUrl}/learn/${course}#token=${token(learner)}`,
    /** What the journal has of a learner, the oldest first. */
    journal: async (learner) =>
      (await api("GET", `/v1/learners/${learner}/history?limit=1000`)).entries.reverse(),
    /** Stops it; what was stopped before stays so. */
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function signed(claims, seconds, privateKey) {
  const now = Math.floor(Date.now() / 1000);
  const begun = Math.min(now, now + seconds - 60);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = `${part({ alg: "EdDSA", typ: "JWT" })}.${part({ iss: ISSUER, aud: "nexus", iat: begun, exp: now + seconds, ...claims })}`;
  return `${body}.${sign(null, Buffer.from(body), privateKey).toString("base64url")}`;
}

/** Waits until the screen is one to act on. */
export const settled = (page) => page.waitForFunction(() => {
  const main = document.querySelector("main");
  return !main.hasAttribute("aria-busy") && main.querySelector("h1") !== null && !/^One moment/.test(main.textContent);
});

/** Does something on a screen and waits for the one that follows. */
export async function step(page, act) {
  const before = await page.locator("main").innerText();
  await act();
  await page.waitForFunction((old) => document.querySelector("main").innerText !== old
    && !document.querySelector("main").hasAttribute("aria-busy"), before);
}

/** The id of the question on the screen, or `null`. */
export async function questionOn(page) {
  const prompt = page.locator("#prompt");
  if (await page.locator("form.question").count() === 0) return null;
  return ASKED.get((await prompt.innerText()).trim()) ?? null;
}

/** Gives an answer by mouse or finger. */
export async function answer(page, response) {
  const line = page.locator("#answer");
  if (await line.count() > 0) {
    await line.fill(response);
  } else {
    for (const id of response.split(",")) await page.locator(`label.option:has(input[value="${id}"])`).click();
  }
  await step(page, () => page.locator("form.question button[type=submit]").click());
}

/** Does what the screen asks, by clicks, until it has nothing more; `see` looks at every screen. */
export async function takeCourse(page, see, answersOf = (id) => RIGHT.get(id), steps = 120) {
  for (let screen = 0; screen < steps; screen += 1) {
    await settled(page);
    await see();
    const title = await page.locator("h1").innerText();
    if (/goal of this course|end of the course|Nothing to do/.test(title)) return title;
    const id = await questionOn(page);
    if (id !== null) await answer(page, answersOf(id));
    else await step(page, () => page.locator("main button.main").first().click());
  }
  throw new Error(`not at the end after ${steps} steps`);
}
