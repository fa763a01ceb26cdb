// Opens the pages of a running Nexus in Chromium, at two sizes and in two colour schemes, and
// runs every `*.test.mjs` of this folder against them.
//
// A test file:
//
//   export const views = ["desktop-light", "phone-dark"];   // optional; these two if absent
//   export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
//     await page.goto(`${baseUrl}/`);
//     check("there is a heading", await page.locator("h1").count() === 1);
//   };
//
//   page      a page of Playwright, fresh cookies, already logged in and at the first page
//   baseUrl   `http://127.0.0.1:PORT`, without a slash at the end
//   learn     the link of a person who learns in the demo, or undefined when none was printed
//   key       an API key of the workspace, or undefined when the program printed none
//   view      "desktop-light", "desktop-dark", "phone-light" or "phone-dark"
//   check     check(name, truth, detail?) counts as one test; detail is printed on failure
//   skip      skip(name, reason) counts as one skipped test
//   shot      await shot(name) writes target/screenshots/NAME-VIEW.png, the whole page
//
// An exception in a test counts as one failure. Before the tests, the first page is opened in all
// four views and must answer 2xx, have a title, fit the width, and log no error.
//
//   node web/tests/run.mjs                  starts $NEXUS_BIN (or target/debug/nexus) demo
//   node web/tests/run.mjs --url URL        uses a page that is already there; $NEXUS_KEY is its key
//   node web/tests/run.mjs --tests FOLDER   test files from another folder
//   node web/tests/run.mjs --only WORD      only the test files with WORD in their name
//
// The last line is `N passed, N failed, N skipped`; the exit code is 0, or 1 if anything failed.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, "../..");
const SCREENSHOTS = path.join(ROOT, "target", "screenshots");
const DEMO = ["demo", "--port", "0", "--learners", "12", "--seconds", "600", "--json"];
const START_SECONDS = 60;
const TEST_SECONDS = 90;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const VIEWS = {
  "desktop-light": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "desktop-dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "phone-light": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "phone-dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
};
const VIEWS_BY_DEFAULT = ["desktop-light", "phone-dark"];

const tally = { passed: 0, failed: 0, skipped: 0 };

/** Counts one test and prints it. */
function record(outcome, name, detail) {
  tally[outcome] += 1;
  const word = { passed: "ok     ", failed: "FAILED ", skipped: "skipped" }[outcome];
  console.log(`${word} ${name}${detail === undefined ? "" : `: ${detail}`}`);
}

/** Fails when the promise takes longer than this. */
function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The first login address in what the program printed, or the first address at all. */
export function addressIn(text) {
  const addresses = text.match(/https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+[^\s"'<>\\]*/g) ?? [];
  return addresses.find((address) => /[?&]token=/.test(address)) ?? addresses[0];
}

/** The API key in what the program printed: `key  VALUE`, `"key": "VALUE"` or `Bearer VALUE`. */
export function keyIn(text) {
  return text.match(/\b(?:api[_ ])?key"?\s*[:=]?\s*"?([\w.-]{16,})/i)?.[1]
    ?? text.match(/\bBearer\s+([\w.-]{16,})/)?.[1];
}

/** The link of a person who learns, when the program printed one. */
export const learnIn = (text) => text.match(/https?:\/\/\S+\/learn\/\S+#token=[\w.-]+/)?.[0];

/** Starts the demo and waits for its address. */
function startDemo() {
  const binary = process.env.NEXUS_BIN ?? path.join(ROOT, "target", "debug", "nexus");
  if (!existsSync(binary)) throw new Error(`${binary} is not built`);
  const child = spawn(binary, DEMO, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const address = new Promise((resolve, reject) => {
    let settling;
    const see = (chunk) => {
      printed = (printed + chunk).slice(-65536);
      // A login address may follow a plain one, and the key may follow both.
      const whole = printed.slice(0, printed.lastIndexOf("\n") + 1);
      const found = settling === undefined && addressIn(whole);
      if (found) settling = setTimeout(() => resolve(addressIn(printed)), 1000);
    };
    child.stdout.on("data", see);
    child.stderr.on("data", see);
    child.on("error", reject);
    child.on("exit", (code) => {
      reject(new Error(`the demo ended with ${code} before it had an address:\n${printed}`));
    });
  });
  return within(START_SECONDS, "starting the demo", address)
    .then((login) => ({ login, key: keyIn(printed), learn: learnIn(printed), stop: () => stop(child) }))
    .catch(async (error) => {
      await stop(child);
      throw error;
    });
}

/** Asks the demo to end, and insists after five seconds. */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  const insist = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(insist);
}

/** Opens the first page in a context of its own; gives what went wrong on it as text. */
async function open(browser, login, view) {
  const context = await browser.newContext(VIEWS[view]);
  context.setDefaultTimeout(15000);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const response = await page.goto(login, { waitUntil: "load" });
  return { context, page, errors, status: response?.status() ?? 0 };
}

/** A screenshot of the whole page, named after the view. */
function shooter(page, view) {
  return (name) =>
    page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${view}.png`), fullPage: true });
}

/** The promises every page makes, in one view. */
async function firstPage(browser, login, view) {
  const { context, page, errors, status } = await open(browser, login, view);
  try {
    await page.waitForTimeout(1500);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    const title = await page.title();
    await shooter(page, view)("first-page");
    check(`first page [${view}] answers`, status >= 200 && status < 300, `status ${status}`);
    check(`first page [${view}] has a title`, title.trim() !== "");
    check(`first page [${view}] fits the width`, overflow <= 0, `${overflow} px too wide`);
    check(`first page [${view}] logs no error`, errors.length === 0, errors.join(" | "));
  } finally {
    await context.close();
  }
}

function check(name, truth, detail) {
  if (truth) record("passed", name);
  else record("failed", name, detail);
}

/** One test file in one view. */
async function runFile(browser, site, name, test, view) {
  const titled = (title) => `${name} [${view}] ${title}`;
  const { context, page } = await open(browser, site.login, view);
  const hands = {
    page,
    baseUrl: new URL(site.login).origin,
    key: site.key,
    learn: site.learn,
    view,
    check: (title, truth, detail) => check(titled(title), truth, detail),
    skip: (title, reason) => record("skipped", titled(title), reason),
    shot: shooter(page, view),
  };
  try {
    await within(TEST_SECONDS, name, test.default(hands));
  } catch (error) {
    record("failed", titled("threw"), error?.stack ?? error);
    await hands.shot(`failed-${name}`).catch(() => {});
  } finally {
    await context.close();
  }
}

/** Everything: first page, then the test files in the order of their names. */
async function runAll(browser, site, options) {
  for (const view of Object.keys(VIEWS)) {
    await firstPage(browser, site.login, view).catch((error) =>
      record("failed", `first page [${view}] threw`, error?.stack ?? error));
  }
  const folder = path.resolve(options.tests ?? HERE);
  const names = readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).sort();
  for (const file of names.filter((name) => name.includes(options.only ?? ""))) {
    const test = await import(pathToFileURL(path.join(folder, file)));
    for (const view of test.views ?? VIEWS_BY_DEFAULT) {
      if (!(view in VIEWS)) throw new Error(`${file}: no view ${view}`);
      await runFile(browser, site, file.replace(/\.test\.mjs$/, ""), test, view)
        .catch((error) => record("failed", `${file} [${view}]`, error?.stack ?? error));
    }
  }
}

async function main() {
  const text = { type: "string" };
  const { values: options } = parseArgs({ options: { url: text, tests: text, only: text } });
  mkdirSync(SCREENSHOTS, { recursive: true });
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const site = options.url === undefined
    ? await startDemo()
    : { login: options.url, key: process.env.NEXUS_KEY, stop: () => {} };
  try {
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    try {
      await runAll(browser, site, options);
    } finally {
      await browser.close();
    }
  } finally {
    await site.stop();
  }
}

await main().catch((error) => record("failed", "harness", error?.stack ?? error));
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
