// From the live page to one decision: what could be chosen, and that it adds up.

import { openLive, overflow, watch } from "./watch.mjs";

export default async ({ page, baseUrl, view, check, shot }) => {
  const isMissing = (message) => message.location().url.includes("no-such-decision");
  const wrong = await watch(page, baseUrl, isMissing);
  await openLive(page, baseUrl);
  await page.locator("#choices a").first().click();
  await page.waitForSelector("#candidates");

  check("has an address of its own", new URL(page.url()).pathname === "/decision.html");
  check("asks why", (await page.locator("h1").innerText()).startsWith("Why “"));
  const probabilities = await page.locator("#candidates tbody data").evaluateAll(
    (all) => all.map((one) => Number(one.value)));
  const sum = probabilities.reduce((total, one) => total + one, 0);
  check("shows candidates", probabilities.length > 0);
  check("probabilities sum to 1", Math.abs(sum - 1) < 1e-9, `${sum}`);
  check("one candidate is the chosen one", await page.locator("#candidates .chosen").count() === 1);
  check("speaks to the learner", (await page.locator("#for-learner").innerText()).length > 10);
  check("speaks to the teacher", (await page.locator("#for-teacher").innerText()).length > 10);

  for (const summary of await page.locator("summary").all()) await summary.click();
  check("shows the features by name", await page.locator(".features tbody tr").count() > 0);
  const id = new URL(page.url()).searchParams.get("id");
  check("shows the record", (await page.locator("pre.raw").innerText()).includes(id));
  const facts = await page.locator(".facts").first().innerText();
  check("shows which software asked", facts.includes("nexus demo"), facts);
  const tooWide = await overflow(page);
  check("fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  await shot("decision");

  await page.goto(`${baseUrl}/decision.html?id=no-such-decision`);
  await page.waitForSelector("#trouble:not([hidden])");
  const trouble = await page.locator("#trouble").innerText();
  check("an unknown id is explained", trouble.includes("no-such-decision"), trouble);
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};
