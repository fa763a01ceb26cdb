// The page of the policies: is it learning, is it safe, and all that can be done with them.

import { COURSE, startSite } from "./learn-site.mjs";
import { barriers, overflow, sticksOut, watch } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

const settled = (page) => page.waitForSelector('#main[aria-busy="false"]');

export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
  const isExpected = (message) => /no-such|promote|rollback/.test(message.location().url);
  const wrong = await watch(page, baseUrl, (message) => isExpected(message));
  await page.goto(`${baseUrl}/policy`);
  await settled(page);
  check("the first course stands in the address", /\/policy\/probability-from-zero$/.test(page.url()), page.url());
  const said = await page.locator("#answers").innerText();
  check("says whether it is safe", /It is safe\.|kill switch is on|monitor rings|Nothing to watch/.test(said), said);
  check("says whether it learns", /It is learning|Not yet|does not learn|frozen/.test(said), said);
  check("says how it does against the course's own path", /course's own path|held out/.test(said), said);
  check("says how much it explores", /% of decisions explore|No decision yet/.test(said), said);
  check("a reader's browser gets commands, no buttons", await page.locator("#switch-body pre").count() === 1
    && await page.locator("#switch-body button, #actions button").count() === 0);
  if (key === undefined) skip("the same number in page and API", "no API key was printed");
  else {
    const headers = { authorization: `Bearer ${key}` };
    const list = await (await fetch(`${baseUrl}/v1/policies?course=probability-from-zero`, { headers })).json();
    check("says who decides as the API does", await page.locator("#serving .word").innerText() === list.serving.policy);
  }
  const found = await barriers(page);
  check("has no barrier", found.length === 0, found.join(" || "));
  for (const width of [320, 390, 768, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const tooWide = await overflow(page);
    check(`fits ${width} px`, tooWide <= 0, `${tooWide} px: ${await sticksOut(page)}`);
  }
  await shot("policy");
  await page.goto(`${baseUrl}/policy/no-such-course`);
  await page.waitForSelector("#trouble:not([hidden])");
  check("an unknown course is explained", (await page.locator("#trouble").innerText()).includes("no-such-course"));
  if (view === "desktop-light" || view === "phone-dark") await wholeLife({ page, check, shot, wrong });
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

/** On a server of its own: the switch, a promotion that is refused and one that is not, versions, a shadow. */
async function wholeLife({ page, check, shot, wrong }) {
  const site = await startSite(COURSE);
  wrong.own.push(site.baseUrl);
  try {
    await site.enter(page, site.key);
    await page.goto(`${site.baseUrl}/policy/small`);
    await settled(page);
    await theSwitch({ page, check, site });
    await promotions({ page, check, shot });
    await versions({ page, check, site });
    await shadow({ page, check });
    await page.waitForFunction(() => /became shadow/.test(document.querySelector("#lane").textContent));
    const lane = await page.locator("#lane").innerText();
    check("what was done stands in the lane, with who and why", ["Kill switch turned on", "Kill switch released", "decides for",
      "promotion ended", "version 1", "became shadow", "wrong answer keys", "in a browser"].every((words) => lane.includes(words)), lane);
    const found = await barriers(page);
    check("the page after all that has no barrier", found.length === 0, found.join(" || "));
    await shot("policy-life");
  } finally {
    await site.stop();
  }
}

const choosing = async (site) => (await site.api("POST", "/v1/decisions", { learner: `x${Math.random()}`, course: "small" })).fallback ?? null;

async function theSwitch({ page, check, site }) {
  const form = page.locator("#switch-body form");
  await form.locator("input[name=reason]").fill("wrong answer keys");
  await form.getByRole("button", { name: "Turn it on" }).click();
  check("the switch asks once more, and has done nothing yet", await choosing(site) === null);
  check("and says what will happen", /everybody in “Small sums” gets the course's own path/.test(await page.locator("#switch-body").innerText()));
  await page.getByRole("button", { name: "Back" }).click();
  await form.getByRole("button", { name: "Turn it on" }).click();
  await page.getByRole("button", { name: "Turn it on now" }).click();
  await page.waitForSelector(".thrown");
  check("turned on, the very next decision is the course's own path", await choosing(site) === "kill_switch");
  const said = await page.locator("#switch-body").innerText();
  check("the page says since when, by whom and why", /in this course since .*by key \w+, in a browser: wrong answer keys/s.test(said), said);
  check("and the answers say so first", /The kill switch is on/.test(await page.locator("#answers li").first().innerText()));
  await page.locator("#switch-body input[name=reason]").fill("mended in version 2");
  await page.getByRole("button", { name: "Release it …" }).click();
  await page.getByRole("button", { name: "Release it now" }).click();
  await page.waitForSelector("#switch-body .thrown", { state: "detached" });
  check("released, policies decide at once", await choosing(site) === null);
}

const open = async (page, title) => {
  const details = page.locator("#actions details", { has: page.locator("summary", { hasText: title }) });
  await details.locator("summary").click();
  return details;
};

async function promotions({ page, check, shot }) {
  const promote = await open(page, "Promote a policy");
  await promote.locator("select[name=policy]").selectOption("lin-ts");
  await promote.locator("input[name=reason]").fill("it looks good");
  await promote.getByRole("button").click();
  await promote.locator(".failed .advice").waitFor();
  check("without evidence it is refused, and says what to do", /Refused: [\s\S]*What to do: .*nexus evaluate gate/.test(await promote.locator(".failed").innerText()));
  await promote.locator("textarea").fill("no JSON at all");
  await promote.getByRole("button").click();
  await page.waitForFunction(() => /not JSON/.test(document.querySelector("#actions .failed")?.textContent ?? ""));
  await promote.locator("textarea").fill(JSON.stringify({ course: "small", policy: "lin-ts", families: [], lacking: [] }));
  await promote.getByRole("button").click();
  await page.waitForFunction(() => /What to do: Gather/.test(document.querySelector("#actions .failed")?.textContent ?? ""));
  check("evidence that lacks something is refused with what lacks", true);
  await shot("policy-refused");
  await promote.locator("textarea").fill("");
  await promote.locator("select[name=policy]").selectOption("static");
  await promote.locator("input[name=reason]").fill("to be on the safe side");
  await promote.getByRole("button").click();
  await page.waitForFunction(() => document.querySelector("#serving .word")?.textContent === "static");
  const serving = await page.locator("#serving").innerText();
  check("the course's own path needs no evidence", /Promoted .* by key \w+, in a browser: to be on the safe side/s.test(serving), serving);
  const end = await open(page, "End the promotion");
  await end.locator("input[name=reason]").fill("it was a trial");
  await end.getByRole("button").click();
  await page.waitForFunction(() => document.querySelector("#serving .word")?.textContent === "pace");
  check("and the promotion can be ended", true);
}

async function versions({ page, check, site }) {
  const save = await open(page, "Save a version");
  await save.locator("select[name=policy]").selectOption("lin-ts");
  await save.locator("input[name=reason]").fill("before the term");
  await save.getByRole("button").click();
  await page.waitForFunction(() => /version 1/.test(document.querySelector("#lane").textContent));
  const one = await site.api("GET", "/v1/policies/lin-ts/versions/1?course=small");
  one.statistics.counts.rewards = 40;
  await site.api("POST", "/v1/policies/lin-ts/versions", { course: "small", reason: "fitted", statistics: one.statistics, through: 1 });
  await page.reload();
  await settled(page);
  const back = await open(page, "Roll back");
  await page.waitForFunction(() => document.querySelectorAll("#actions select[name=version] option").length === 2);
  await back.locator("select[name=version]").selectOption("1");
  await back.locator("input[name=reason]").fill("worse than before");
  await back.getByRole("button").click();
  await page.waitForFunction(() => /restored from version 1/.test(document.querySelector("#lane").textContent));
  const list = await site.api("GET", "/v1/policies/lin-ts/versions?course=small");
  check("an older version is restored as the next one", list.versions[0].version === 3 && list.versions[0].restored_from === 1);
}

async function shadow({ page, check }) {
  const mode = await open(page, "try it as a shadow");
  await mode.locator("select[name=policy]").selectOption("squarecb");
  await mode.locator("input[name=reason]").fill("to see what it would do");
  await mode.getByRole("button").click();
  await page.waitForSelector("#shadows table");
  const said = await page.locator("#shadows").innerText();
  check("an estimate that is not known well enough is refused", /refused[\s\S]*not enough evidence/.test(said), said);
}
