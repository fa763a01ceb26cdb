// The reference of the interface and the help: open without a key, made from what the server says.

import { anchorOf, readGlossary } from "../app/reference/help.js";
import { barriers, overflow, sticksOut, watch } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

const settled = (page) => page.waitForSelector('#main[aria-busy="false"]');
const CALL = 'details.call[id="post-v1-decisions"]';

export default async ({ page, baseUrl, key, check, skip, shot }) => {
  const wrong = await watch(page, baseUrl, (message) => /v1\/(events|decisions|session)/.test(message.location().url));
  // The live page would lead to the door by itself.
  await page.goto("about:blank");
  await page.context().clearCookies();
  await page.goto(`${baseUrl}/docs`);
  await settled(page);
  const document_ = await (await fetch(`${baseUrl}/openapi.json`)).json();
  const operations = Object.values(document_.paths).flatMap((entry) => Object.entries(entry))
    .filter(([method, one]) => ["get", "post", "put", "delete"].includes(method) && one.tags[0] !== "pages");
  const listed = await page.locator(".call:not([hidden])").count();
  check("every call is there once, without a key", listed === operations.length, `${listed} of ${operations.length}`);
  await page.fill("#words", "evidence_lacking promote");
  check("a search finds a call by its codes", await page.locator(".call:visible").count() === 1
    && /^1 of them has/.test(await page.locator("#found").innerText()));
  await page.goto(`${baseUrl}/docs#post-v1-decisions`);
  await page.reload();
  await settled(page);
  await page.waitForSelector(`${CALL}[open] .fields`);
  const said = await page.locator(CALL).innerText();
  check("an address opens a call: fields, example, answers, codes", ["learner", "needed", "curl -s -X POST", "no_candidate", "507"]
    .every((one) => said.includes(one)), said.slice(0, 300));
  await page.locator(`${CALL} .fields summary`).first().click();
  const found = await barriers(page);
  check("the reference has no barrier", found.length === 0, found.join(" || "));
  for (const width of [320, 390, 768, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const tooWide = await overflow(page);
    check(`the reference fits ${width} px`, tooWide <= 0, `${tooWide} px: ${await sticksOut(page)}`);
  }
  await shot("docs");
  if (key === undefined) skip("the two calls can be tried", "no API key was printed");
  else await trial({ page, key, check });

  await page.goto(`${baseUrl}/help#kill-switch`);
  await settled(page);
  check("a term has an address", await page.locator("#kill-switch").isVisible());
  const kept = readGlossary(await (await fetch(`${baseUrl}/glossary.md`)).text());
  check("every word of the glossary is there", await page.locator("#glossary > div").count() === kept.terms.length && kept.terms.length > 80);
  check("anchors are made of the term", anchorOf("share (of an experiment)") === "share" && anchorOf("course, module") === "course");
  const broken = [];
  for (const file of ["policy", "course", "system"]) {
    const html = await (await fetch(`${baseUrl}/${file}`)).text();
    const terms = [...html.matchAll(/\/help#([\w-]+)/g)].map(([, term]) => term);
    broken.push(...terms.filter((term) => kept.terms.every(({ id }) => id !== term)));
  }
  check("every word that a page links to is in the glossary", broken.length === 0, broken.join(", "));
  await page.fill("#words", "propensity");
  check("a word is found", /^\d+ of \d+ words/.test(await page.locator("#found").innerText()));
  const barred = await barriers(page);
  check("the help has no barrier", barred.length === 0, barred.join(" || "));
  const tooWide = await overflow(page);
  check("the help fits the width", tooWide <= 0, `${tooWide} px: ${await sticksOut(page)}`);
  await shot("help");
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

/** Tells an event and asks a decision, from the page. */
async function trial({ page, key, check }) {
  const [events, decisions] = [page.locator("#trial details").first(), page.locator("#trial details").last()];
  await events.locator("summary").click();
  await events.getByRole("button").click();
  check("without a key it says where keys come from", /nexus key create/.test(await events.locator(".answer").innerText()));
  await page.fill("#trial-key", key);
  for (const [details, expected] of [[events, /^200 .*"accepted": 1/s], [decisions, /^200 .*"status": "activity"/s]]) {
    if (await details.getAttribute("open") === null) await details.locator("summary").click();
    const area = details.locator("textarea");
    await area.fill((await area.inputValue()).replaceAll("COURSE", "probability-from-zero"));
    await details.getByRole("button").click();
    await details.locator(".answer pre").waitFor();
    const said = await details.locator(".answer").innerText();
    check("what comes back is shown", expected.test(said), said.slice(0, 200));
  }
}
