// Whatever is wrong is said with what to do; whatever things are called does nothing; nobody is kept
// out; and all of the page is small.

import { COURSE, answer, questionOn, settled, startSite, step } from "./learn-site.mjs";
import { words } from "../app/learn/words.js";
import { barriers, overflow, watch } from "./watch.mjs";

export const views = ["desktop-light"];

const BYTES_MAX = 60 * 1024;
const NAME = `"><img src=x onerror="window.bitten=1">${"W".repeat(120)} \u202eabc`;
const HOSTILE = {
  format: 1, id: "hostile", version: 1, title: NAME, language: "ar", description: NAME,
  skills: [{ id: "s", title: NAME }],
  modules: [{ id: "m", title: NAME, activities: [
    { id: "r", kind: "reading", title: NAME, skills: ["s"], difficulty: 0.1, minutes: 1, text: `# ${NAME}\n\n- ${NAME}\n\n[${NAME}](javascript:alert(1))` },
    { id: "q", kind: "exercise", title: NAME, skills: ["s"], difficulty: 0.2, minutes: 1, questions: [
      { id: "q1", kind: "single", prompt: NAME, options: { a: NAME, b: "other" }, answer: "b", hints: [NAME], explanation: NAME }] },
  ] }],
};

export default async ({ page, check, shot }) => {
  const site = await startSite(COURSE, HOSTILE);
  try {
    await problems({ page, site, check });
    await small({ site, check });
    const wrong = await watch(page, site.baseUrl);
    await hostile({ page, site, check, shot });
    await open({ page, site, check });
    check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
  } finally {
    await site.stop();
  }
};

async function problems({ page, site, check }) {
  const says = async (name, address, title, advice) => {
    await page.goto("about:blank");
    await page.goto(address);
    await settled(page);
    const text = await page.locator("main").innerText();
    check(`${name} is said, with what to do`, title.test(text) && advice.test(text), text);
    const found = await barriers(page);
    check(`${name} has no serious barrier`, found.length === 0, found.join(" || "));
  };
  await says("no link", `${site.baseUrl}/learn/small`, /your own link/, /Open the link/);
  await says("half a link", `${site.baseUrl}/learn/small#token=abc`, /does not work/, /Copy the whole link/);
  await says("an expired link", `${site.baseUrl}/learn/small#token=${site.token("eve", -120)}`, /expired/, /Get a new one/);
  await says("a strange link", `${site.baseUrl}/learn/small#token=${site.token("eve").slice(0, -4)}AAAA`, /does not work/, /ask for a new one/);
  await says("an unknown course", site.link("eve", "gone"), /no such course/, /Look at the address/);
  await page.goto("about:blank");
  await page.route("**/v1/**", (route) => route.abort());
  await says("no network", site.link("eve"), /No connection/, /try again/);
  await page.unroute("**/v1/**");
  await page.getByRole("button", { name: "Try now" }).click();
  await page.waitForFunction(() => document.querySelector("h1")?.innerText === "Small sums");
  check("trying again works", true);
}

/** Everything that the page loads, compressed as browsers get it. */
async function small({ site, check }) {
  const seen = new Set();
  let bytes = 0;
  const load = async (address) => {
    if (seen.has(address)) return;
    seen.add(address);
    const response = await fetch(`${site.baseUrl}${address}`, { headers: { "accept-encoding": "gzip" } });
    const length = Number(response.headers.get("content-length"));
    const text = await response.text();
    bytes += length > 0 ? length : Buffer.byteLength(text);
    const folder = address.slice(0, address.lastIndexOf("/") + 1);
    for (const [, path] of text.matchAll(/(?:from|import)\s+"(\.[^"]+)"/g)) await load(new URL(path, `http://x${folder}`).pathname);
    for (const [, path] of text.matchAll(/(?:src|href)="(\/(?:app|css)\/[^"]+)"/g)) await load(path);
  };
  await load("/learn/small");
  check("all of it is at most 60 KB", seen.size > 8 && bytes > 5000 && bytes <= BYTES_MAX, `${bytes} bytes in ${seen.size} files`);
  console.log(`        /learn: ${bytes} bytes compressed in ${seen.size} files`);
}

async function hostile({ page, site, check, shot }) {
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto("about:blank");
  await page.goto(site.link("mal", "hostile"));
  for (let screen = 0; screen < 6; screen += 1) {
    await settled(page);
    const tooWide = await overflow(page);
    check(`a long name fits 320 px (screen ${screen})`, tooWide <= 0, `${tooWide} px too wide`);
    if (screen === 1) await shot("learn-hostile");
    if (await page.locator("form.question").count() > 0) {
      await page.locator("input[value=a]").check();
      const send = () => page.locator("form.question button[type=submit]").click();
      // A probe, which one decision in ten asks, has no feedback: the activity follows.
      if (await page.locator("h1").innerText() === words.probe) {
        await step(page, send);
        continue;
      }
      await send();
      await page.waitForSelector(".feedback");
      check("a long name fits 320 px (feedback)", await overflow(page) <= 0);
      break;
    }
    await step(page, () => page.locator("main button.main").first().click());
  }
  const bitten = await page.evaluate(() => window.bitten !== undefined || document.querySelector("main img, main script, main a") !== null);
  check("names are shown and do nothing", !bitten && (await page.locator("#course").innerText()).includes("<img src=x"));
}

/** The screens of a lesson in both themes, narrow and wide. */
async function open({ page, site, check }) {
  const free = async (screen) => {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [320, 1440]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        const [found, tooWide] = [await barriers(page), await overflow(page)];
        check(`${screen} has no barrier (${colorScheme}, ${width} px)`, found.length === 0 && tooWide <= 0, `${found.join(" || ")} ${tooWide}`);
      }
    }
  };
  await page.goto("about:blank");
  await page.goto(site.link("ann"));
  await settled(page);
  await page.locator("#progress summary").click();
  await free("the welcome");
  await page.locator("#progress summary").click();
  const todo = new Set(["first questions", "a film or reading", "a question with a hint", "feedback", "an end of an activity"]);
  const see = async (name) => {
    if (todo.delete(name)) await free(name);
  };
  for (let screen = 0; screen < 25 && todo.size > 0; screen += 1) {
    await settled(page);
    for (const summary of await page.locator("main summary").all()) await summary.click();
    const id = await questionOn(page);
    if (id === null) {
      const title = await page.locator("h1").innerText();
      if (await page.locator(".feedback").count() > 0) await see("feedback");
      else if (/You are through/.test(title)) await see("an end of an activity");
      else if (await page.locator(".prose").count() > 0 && title !== "Small sums") await see("a film or reading");
      await step(page, () => page.locator("main button.main").first().click());
    } else {
      const hint = page.getByRole("button", { name: /hint/ });
      if (await hint.count() > 0) {
        await hint.click();
        await see("a question with a hint");
      } else {
        await see("first questions");
      }
      await answer(page, id === "word" ? "five" : id === "dogs" || id === "small" ? "c" : "1");
    }
  }
  check("all screens were looked at", todo.size === 0, [...todo].join(", "));
}
