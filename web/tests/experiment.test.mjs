// The page of an experiment: what it says, its history, and its whole life in a browser.

import { barriers, overflow, watch } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
  // The test asks for what is not there, and starts one experiment where another runs.
  const isExpected = (message) => /no-such|\/v1\/experiments$/.test(message.location().url);
  const wrong = await watch(page, baseUrl, isExpected);
  await page.goto(`${baseUrl}/experiments`);
  await page.waitForSelector("table.experiments a");
  await shot("experiments");
  check("the list has no barrier", (await barriers(page)).length === 0, (await barriers(page)).join(" || "));
  await page.locator("table.experiments a").first().click();
  await settled(page);
  check("has an address of its own", new URL(page.url()).pathname.startsWith("/experiment/"));
  const verdict = await page.locator("#verdict").innerText();
  check("says a verdict", /^(Yes|No|Not yet|No difference shown|Do not trust)/.test(verdict), verdict);
  check("says what to do", /^What should I do\?\s+\S/.test(await page.locator("#advice").innerText()));
  const health = await page.locator("#health-facts").innerText();
  check("says whether learners are divided as designed", /divided as designed|Too few learners/.test(health), health);
  await sameNumbers({ page, baseUrl, key, check, skip });
  await page.locator("#past-data summary").click();
  await page.waitForSelector("#past-table table");
  const found = await barriers(page);
  check("has no barrier", found.length === 0, found.join(" || "));
  const tooWide = await overflow(page);
  check("fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  check("a reader's browser is offered commands, no buttons", await page.locator("#actions button").count() === 0
    && (await page.locator("#actions pre").first().textContent()).startsWith("nexus experiment "));
  await shot("experiment");

  await page.goto(`${baseUrl}/experiment/no-such-experiment`);
  await page.waitForSelector("#trouble:not([hidden])");
  check("an unknown experiment is explained", (await page.locator("#trouble").innerText()).includes("no-such-experiment"));
  if (key === undefined) skip("a whole life", "no API key was printed");
  else await wholeLife({ page, baseUrl, key, view, check, shot });
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

const settled = async (page) => {
  await page.waitForSelector('#main[aria-busy="false"]');
  await page.waitForFunction(() => document.querySelector("#verdict-lead").textContent !== "One moment:");
};

/** The page, the results and the history say the same of a metric. */
async function sameNumbers({ page, baseUrl, key, check, skip }) {
  if (key === undefined) return skip("the same number in page and API", "no API key was printed");
  const headers = { authorization: `Bearer ${key}` };
  const seq = Number((await page.locator("#node-time").innerText()).match(/entry ([\d,]+)/)[1].replaceAll(",", ""));
  const id = new URL(page.url()).pathname.split("/")[2];
  const history = await (await fetch(`${baseUrl}/v1/experiments/${id}/history?metric=completion_rate`, { headers })).json();
  const results = await (await fetch(`${baseUrl}/v1/experiments/${id}/results`, { headers })).json();
  const learners = ({ variants }) => variants.reduce((sum, one) => sum + one.learners, 0);
  const grows = history.points.every((point, place) => place === 0
    || learners(point) >= learners(history.points[place - 1]) && point.at > history.points[place - 1].at);
  check("history goes forward", grows && history.points.length >= 1, `${history.points.length} points`);
  check("history ends where the results are", learners(history.points.at(-1)) <= results.learners);
  check("the page says of which entry it is", seq > 0 && seq <= results.seq, `${seq} of ${results.seq}`);
  await page.selectOption("#metric", "completion_rate");
  await page.waitForFunction(() => document.querySelector("#past svg")?.getAttribute("aria-label").startsWith("Completion"));
  check("the metric is in the address", page.url().includes("metric=completion_rate"));
  await page.locator("#past svg").focus();
  await page.keyboard.press("Home");
  const first = await page.locator("#past .read-out").innerText();
  await page.keyboard.press("End");
  check("arrow keys move through time", history.points.length < 2
    || first !== await page.locator("#past .read-out").innerText(), first);
}

/** With a key that may: start six variants by API, then pause, go on, stop, conclude, put away here. */
async function wholeLife({ page, baseUrl, key, view, check, shot }) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const call = async (method, path, body) => {
    const answer = await fetch(`${baseUrl}${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  const course = `tiny-${view}`;
  await call("PUT", `/v1/courses/${course}`, COURSE(course));
  const id = `life-${view}`;
  const policies = ["static", "pace", "lin-ts", "random", "mastery", "spaced"];
  await call("POST", "/v1/experiments", { id, course, variants: policies.map((policy, place) =>
    ({ name: place === 0 ? "control" : `variant-${place}`, policy })) });
  await page.goto(`${baseUrl}/login`);
  await page.fill("#key", key);
  await page.click("#enter");
  await page.waitForURL(`${baseUrl}/`);
  await planned({ page, baseUrl, check, view, course, shot });
  await page.goto(`${baseUrl}/experiment/${id}`);
  await settled(page);
  check("six variants have six colours", await colours(page) === 6, `${await colours(page)}`);
  const act = async (title, reason, expected, choose) => {
    const details = page.locator("#actions details", { has: page.locator("summary", { hasText: title }) }).first();
    await details.locator("summary").click();
    if (choose) await details.locator("select").selectOption(choose);
    await details.locator("input[name=reason]").fill(reason);
    await details.locator("button").click();
    const done = await page.waitForFunction((text) => document.querySelector("#changes").textContent.includes(text), reason)
      .then(() => true, () => false);
    const status = await page.locator("#eyebrow").innerText();
    check(`${title.toLowerCase()} is done`, done && status.includes(expected), status);
  };
  await act("Pause", "the holidays <b>begin</b>", "paused");
  await act("Change the share", "one class first", "takes in 10", "0.1");
  const tooWide = await overflow(page);
  check("six variants fit the width", tooWide <= 0, `${tooWide} px`);
  await shot("experiment-six");
  await page.locator("#actions details", { hasText: "Stop for ever" }).locator("summary").click();
  await page.locator("#actions details[open] input[name=reason]").fill("enough was seen");
  await page.locator("#actions details[open] button").click();
  await page.waitForFunction(() => document.querySelector("#eyebrow").textContent.includes("stopped"));
  check("a stopped one asks for its conclusion", (await page.locator("#advice").innerText()).includes("conclude it"));
  await act("Conclude", "it is simpler", "concluded", "control");
  await act("Put away", "done", "archived");
  check("then nothing is left to do", (await page.locator("#actions-note").innerText()).startsWith("Nothing is left"));
  const { changes } = await call("GET", `/v1/experiments/${id}/results`);
  check("the journal names the browser's key", changes.length === 4 && changes.every(({ by }) => /^key \S+, in a browser$/.test(by)),
    JSON.stringify(changes));
}

/** A plan survives a reload, and what the server refuses is said. */
async function planned({ page, baseUrl, check, view, course, shot }) {
  await page.goto(`${baseUrl}/experiments`);
  await page.waitForSelector("#draft:not([hidden])");
  await page.getByLabel("What you call it").fill(`plan-${view}`);
  await page.locator("#draft select").first().selectOption(course);
  await page.getByRole("button", { name: "Add a variant" }).click();
  check("shares that do not sum up are named", (await page.locator("#draft").innerText()).includes("sum to 110"));
  await page.reload();
  await page.waitForSelector("#draft:not([hidden])");
  check("a plan survives a reload", await page.getByLabel("What you call it").inputValue() === `plan-${view}`);
  const found = await barriers(page);
  check("the plan has no barrier", found.length === 0, found.join(" || "));
  await page.getByLabel("Share, %").first().fill("40");
  await page.getByRole("button", { name: "Start it" }).click();
  await page.waitForFunction(() => document.querySelector("#draft .failed").textContent !== "");
  const said = await page.locator("#draft .failed").innerText();
  check("one runs in a course at a time", said.includes("runs in this course"), said);
  await shot("experiments-plan");
}

const colours = (page) => page.evaluate(() => new Set([...document.querySelectorAll("#variants .side")]
  .map((one) => getComputedStyle(one).color)).size);

const COURSE = (id) => ({ format: 1, id, version: 1, title: "Two steps", language: "en", skills: [{ id: "s", title: "Steps" }],
  modules: [{ id: "m", title: "All", activities: [
    { id: "a", title: "One", kind: "reading", minutes: 2, difficulty: 0.3, skills: ["s"] },
    { id: "b", title: "Two", kind: "reading", minutes: 2, difficulty: 0.5, skills: ["s"] }] }] });
