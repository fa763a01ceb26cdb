// The page of a course: what teaches, what does not, where do they leave, and what builds on what.

import { layersOf } from "../app/teaching/graph.js";
import { COURSE, startSite } from "./learn-site.mjs";
import { barriers, overflow, sticksOut, watch } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

const BANNED = /propensity|policy|candidate|treatment|variant|probe|guardrail|reward|nats\b|entropy/i;
const settled = (page) => page.waitForSelector('#main[aria-busy="false"]');

export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
  const wrong = await watch(page, baseUrl, (message) => /no-such/.test(message.location().url));
  await page.goto(`${baseUrl}/class`);
  await page.waitForSelector("#pages a");
  await page.getByRole("link", { name: "Course", exact: true }).first().click();
  await settled(page);
  check("a class leads to its course", /\/course\/probability-from-zero$/.test(page.url()), page.url());
  const said = await page.locator("#answers").innerText();
  check("says what teaches, or that it is too early", /teach|too early to say/.test(said), said);
  await page.waitForSelector("table.activities tbody tr");
  const text = await page.locator("body").innerText();
  check("no word of a scientist", !BANNED.test(text), text.match(BANNED)?.[0]);
  if (key === undefined) skip("the same numbers as the API", "no API key was printed");
  else await sameNumbers({ page, baseUrl, key, check });
  const found = await barriers(page);
  check("has no barrier", found.length === 0, found.join(" || "));
  for (const width of [320, 390, 768, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const tooWide = await overflow(page);
    check(`fits ${width} px`, tooWide <= 0, `${tooWide} px: ${await sticksOut(page)}`);
  }
  await page.selectOption("#order", "gain");
  check("the order stands in the address", page.url().endsWith("?order=gain"));
  await shot("course");
  await page.goto(`${baseUrl}/course/no-such-course`);
  await page.waitForSelector("#trouble:not([hidden])");
  check("an unknown course is explained", (await page.locator("#trouble").innerText()).includes("no-such-course"));
  if (view === "desktop-light") layers({ check });
  if (view === "phone-dark") await orders({ page, check, shot, wrong });
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

async function sameNumbers({ page, baseUrl, key, check }) {
  const headers = { authorization: `Bearer ${key}` };
  const teaching = await (await fetch(`${baseUrl}/v1/courses/probability-from-zero/teaching`, { headers })).json();
  const listed = await page.locator("table.activities tbody tr, .idle li").count();
  check("every activity is there once", listed === teaching.activities.length, `${listed} of ${teaching.activities.length}`);
  const boxes = await page.locator("#graph .node").count();
  check("every skill is in the picture", boxes === teaching.skills.length, `${boxes} of ${teaching.skills.length}`);
  const [first] = teaching.activities;
  const shown = await page.locator("table.activities .counts").first().innerText();
  const [finished, began] = shown.replaceAll(",", "").split(" of ").map(Number);
  check("who began and finished is what the API says", began <= first.learners && finished <= first.completed && began > 0,
    `${shown}, ${first.completed} of ${first.learners}`);
  const report = await (await fetch(`${baseUrl}/v1/courses/probability-from-zero/report`, { headers })).json();
  const same = teaching.activities.every((one) => {
    const counted = report.activities.find(({ activity }) => activity === one.activity);
    return counted.completed >= one.completed && one.learners <= counted.started;
  });
  check("and agrees with the counters of the course", same);
}

/** What builds on nothing stands first, and everything right of what it builds on. */
function layers({ check }) {
  const skill = (id, ...requires) => ({ id, requires, activities: [] });
  const names = (skills) => layersOf(skills).map((layer) => layer.map(({ id }) => id).join(" ")).join(" | ");
  check("a chain is one skill a layer", names([skill("c", "b"), skill("b", "a"), skill("a")]) === "a | b | c");
  check("a skill stands behind the longest way to it",
    names([skill("a"), skill("b", "a"), skill("c", "a", "b")]) === "a | b | c");
  const crossed = names([skill("a"), skill("b"), skill("c", "b"), skill("d", "a")]);
  check("lines that need not cross do not", crossed === "a b | d c", crossed);
  const wide = layersOf(Array.from({ length: 200 }, (_, place) => skill(`s${place}`, ...(place < 10 ? [] : [`s${place - 10}`]))));
  check("200 skills have their places", wide.length === 20 && wide.flat().length === 200);
}

/** Somebody who may order keeps an activity from everybody, and takes it back. */
async function orders({ page, check, shot, wrong }) {
  const site = await startSite(COURSE);
  wrong.own.push(site.baseUrl);
  try {
    await site.enter(page, site.keyFor("a teacher", "teacher"));
    await page.goto(`${site.baseUrl}/course/small`);
    await settled(page);
    check("an empty course says so", /nobody has begun/i.test(await page.locator("#activities").innerText()));
    await page.locator("#orders summary").click();
    await page.locator("#orders select[name=activity]").selectOption("add-more");
    await page.locator("#orders input[name=reason]").fill("its key is wrong");
    await page.locator("#orders form button").click();
    await page.waitForFunction(() => /is never shown/.test(document.querySelector("#orders ul")?.textContent ?? ""));
    const { constraints } = await site.api("GET", "/v1/constraints?course=small");
    check("it holds for everybody", constraints.length === 1 && constraints[0].rule === "block" && constraints[0].learner === undefined);
    await shot("course-orders");
    await page.getByRole("button", { name: "Take it back" }).click();
    await page.waitForFunction(() => document.querySelector("#orders ul") === null);
    check("and is taken back", (await site.api("GET", "/v1/constraints?course=small")).constraints.length === 0);
  } finally {
    await site.stop();
  }
}
