// A learner takes a whole course, by finger on a phone and by keyboard alone on a desktop.

import { COURSE, RIGHT, questionOn, settled, startSite, step, takeCourse } from "./learn-site.mjs";
import { watch } from "./watch.mjs";

export const views = ["phone-light", "desktop-dark"];

/** What a learner never reads: these are our words. */
const OURS = /propensity|policy|candidate|treatment|variant|\bprobe|guardrail|reward|\bnats\b|entropy|undefined|null|\[object/i;

export default async ({ page, view, check, shot }) => {
  const site = await startSite(COURSE);
  try {
    const wrong = await watch(page, site.baseUrl);
    await page.goto(site.link("ada"));
    await settled(page);
    check("the link leaves the address", !page.url().includes("token"), page.url());
    check("the course is named", await page.locator("h1").innerText() === "Small sums");
    const read = [];
    const see = async () => read.push(await page.locator("body").innerText());
    const title = view === "phone-light"
      ? await takeCourse(page, see)
      : await takeByKeys(page, see);
    check("there is an end", /goal of this course/.test(title), title);
    const said = read.join("\n");
    check("no word of ours is read", !OURS.test(said), OURS.exec(said)?.[0]);
    check("it says why this one", read.some((text) => /Something new|See what you can|A few questions first/.test(text)));
    check("right is called right, with the course's reason", /Right\.[\s\S]*Because of dogs/.test(said));
    check("what comes back is said with its day", /These come back[\s\S]*(today|tomorrow|in \d+ days|on \w+day)/i.test(said), read.at(-1));
    await shot("learn-end");
    await onceEach({ site, check });
    await page.reload();
    await settled(page);
    check("a reload at the end is at the end", /goal of this course/.test(await page.locator("h1").innerText()));
    check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
  } finally {
    await site.stop();
  }
};

/** The journal has every answer of the course once, graded by the course, and the check is done. */
async function onceEach({ site, check }) {
  const entries = await site.journal("ada");
  const answers = entries.filter(({ type }) => type === "question_answered").map(({ data }) => data);
  const asked = (activity) => answers.filter((it) => it.activity === activity && !it.probe).map(({ question }) => question);
  check("each question of an exercise was answered once",
    ["dogs,small,word", ""].includes(asked("count").join()) && new Set(asked("add")).size === asked("add").length, asked("add").join());
  check("the course graded all answers as right", answers.every(({ grade, correct }) => grade === 1 || correct === true),
    JSON.stringify(answers.find(({ grade, correct }) => grade !== 1 && correct !== true)));
  const closing = await site.api("GET", "/v1/learners/ada/check?course=small");
  check("the closing check is done", closing.status === "done" && closing.result.right === 10, JSON.stringify(closing));
}

/** The same with Tab, arrows, space and Enter only. */
async function takeByKeys(page, see) {
  for (let screen = 0; screen < 120; screen += 1) {
    await settled(page);
    await see();
    const title = await page.locator("h1").innerText();
    if (/goal of this course|end of the course/.test(title)) return title;
    const id = await questionOn(page);
    if (id === null) {
      await tabTo(page, "main button.main");
    } else {
      await answerByKeys(page, RIGHT.get(id));
      await tabTo(page, "form.question button[type=submit]");
    }
    await step(page, () => page.keyboard.press("Enter"));
  }
  throw new Error("not at the end");
}

async function answerByKeys(page, response) {
  if (await page.locator("#answer").count() > 0) {
    await tabTo(page, "#answer");
    await page.keyboard.type(response);
    return;
  }
  for (const id of response.split(",")) {
    const isRadio = await page.locator(`input[value="${id}"]`).getAttribute("type") === "radio";
    await tabTo(page, isRadio ? "input[type=radio]" : `input[value="${id}"]`);
    if (!isRadio) await page.keyboard.press("Space");
    for (let press = 0; isRadio && press < 8; press += 1) {
      if (await page.locator(`input[value="${id}"]`).isChecked()) break;
      await page.keyboard.press(press === 0 ? "Space" : "ArrowDown");
    }
  }
}

async function tabTo(page, selector) {
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    const there = await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector);
    if (there) return;
  }
  throw new Error(`Tab does not reach ${selector}`);
}
