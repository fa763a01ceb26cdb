// The live page: it is alive, it tells the truth about it, and hands and keys reach everything.

import { numberIn, openLive, overflow, watch } from "./watch.mjs";

const NEW_LEARNERS = 25;

export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
  // The test itself cuts the connection once.
  const isCut = (message) => message.text().includes("net::ERR_FAILED");
  const wrong = await watch(page, baseUrl, isCut);
  await openLive(page, baseUrl);

  const headings = await page.locator("h1").count();
  check("has one first heading", headings === 1, `${headings}`);
  check("names the course", (await page.locator("#course").innerText()).trim() !== "");
  await page.waitForFunction(
    () => document.querySelector("#verdict-lead")?.textContent !== "One moment:");
  const verdict = await page.locator("#verdict").innerText();
  check("says a verdict", /^(Yes|No|Not yet|Not known yet|Do not trust)/.test(verdict), verdict);
  await page.waitForSelector("#choices a");

  await posted({ page, baseUrl, key, check, skip });
  await sourced({ page, baseUrl, key, check, skip });
  await paused({ page, check });
  await keyboard({ page, check });
  await unplugged({ page, check });

  await openLive(page, baseUrl);
  await page.locator("#lines-data summary").click();
  await page.waitForSelector("#lines-table table");
  const tooWide = await overflow(page);
  check("fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  await shot("live");
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

/** A stream that another program reads for the server has a row, with what became of its records. */
async function sourced({ page, baseUrl, key, check, skip }) {
  const name = "shows a source";
  if (key === undefined) return skip(name, "no API key was printed");
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const batch = { partition: `page/${Date.now()}`, next: 9, records: [], put_aside: 3 };
  const answer = await fetch(`${baseUrl}/v1/sources/clicks/batches`,
    { method: "POST", headers, body: JSON.stringify(batch) });
  check("a batch is taken", answer.status === 200, await answer.text());
  const shown = await page.waitForFunction(
    () => document.querySelector("#sources-table")?.textContent.includes("clicks"),
    undefined, { timeout: 10_000 }).then(() => true, () => false);
  check(name, shown);
}

/** Learners that are not simulated are counted on the page a moment after they were sent. */
async function posted({ page, baseUrl, key, check, skip }) {
  const name = "counts what was posted";
  if (key === undefined) return skip(name, "no API key was printed");
  const headers = { authorization: `Bearer ${key}` };
  const { courses } = await (await fetch(`${baseUrl}/v1/courses`, { headers })).json();
  const before = await numberIn(page, "#learners");
  const run = `${Date.now()}-${Math.floor(Math.random() * 1e6)}`;
  const events = Array.from({ length: NEW_LEARNERS }, (_, place) => ({
    id: `page-${run}-${place}`,
    type: "enrolled",
    learner: `page-${run}-${place}`,
    course: courses[0].id,
  }));
  const answer = await fetch(`${baseUrl}/v1/events`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  const receipts = await answer.json();
  check("events are accepted", receipts.accepted === NEW_LEARNERS, JSON.stringify(receipts).slice(0, 300));
  const reached = await page.waitForFunction(
    (least) => Number(document.querySelector("#learners").textContent.replaceAll(",", "")) >= least,
    before + NEW_LEARNERS,
    { timeout: 10_000 },
  ).then(() => true, () => false);
  check(name, reached, `${before} before, ${await numberIn(page, "#learners")} after`);
}

/** A paused page stands still and says as of when; a resumed one goes on. */
async function paused({ page, check }) {
  await page.locator("#pause").click();
  check("says that it is paused", /Paused\s+as of \d\d:\d\d:\d\d/.test(
    await page.locator("#connection").innerText()));
  const stands = await page.locator("#node-time").innerText();
  await page.waitForTimeout(2200);
  check("stands still while paused", stands === await page.locator("#node-time").innerText());
  await page.locator("#pause").click();
  const moves = await page.waitForFunction(
    (text) => document.querySelector("#node-time").textContent !== text, stands, { timeout: 8000 },
  ).then(() => true, () => false);
  check("goes on after the pause", moves);
}

/** Tab alone reaches the pause button, then the first decision, and the list holds still for it. */
async function keyboard({ page, check }) {
  await page.evaluate(() => document.activeElement?.blur());
  const reach = async (selector) => {
    for (let press = 0; press < 60; press += 1) {
      await page.keyboard.press("Tab");
      if (await page.locator(selector).first().evaluate((one) => one === document.activeElement)) {
        return true;
      }
    }
    return false;
  };
  check("Tab reaches the pause button", await reach("#pause"));
  const outline = await page.locator("#pause").evaluate((one) => getComputedStyle(one).outlineStyle);
  check("focus is visible", outline !== "none", outline);
  check("Tab reaches the first decision", await reach("#choices a"));
  const first = await page.locator("#choices a").first().getAttribute("href");
  await page.waitForTimeout(2200);
  const later = await page.locator("#choices a").first().getAttribute("href");
  check("the list holds still under the focus", first === later);
}

/** Without its stream, the page says so. */
async function unplugged({ page, check }) {
  await page.route("**/v1/**", (route) => route.abort());
  await page.reload();
  await page.waitForSelector('#connection[data-state="lost"]');
  check("a lost stream is not called live", /Connection lost|Not connected/.test(
    await page.locator("#connection").innerText()));
  check("and the page says what it does about it", /again/.test(await page.locator("#lost").innerText()));
  await page.unroute("**/v1/**");
}
