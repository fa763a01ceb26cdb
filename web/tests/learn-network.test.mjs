// A bad network loses no answer and counts none twice; a reload goes on where the learner was; what
// they answer and ask for changes what comes next.

import { COURSE, RIGHT, answer, questionOn, settled, startSite, step } from "./learn-site.mjs";

export const views = ["phone-dark"];

export default async ({ page, check, shot }) => {
  const site = await startSite(COURSE);
  const hands = { page, site, check, shot };
  try {
    await reloaded(hands);
    await offline(hands);
    await answerLost(hands);
    await helped(hands);
    await adapts(hands);
    await wishes(hands);
  } finally {
    await site.stop();
  }
};

/** Brings a learner to the first question of an exercise: what comes before it was done elsewhere. */
async function toExercise({ page, site }, learner, activity = "count") {
  const event = (type, fields) => ({ id: `${learner}:${type}-${fields.activity}`, type, learner, course: "small", ...fields });
  await site.api("POST", "/v1/events", { events: [
    event("activity_skipped", { activity: "begin" }),
    event("activity_completed", { activity: "count-film" }), event("activity_completed", { activity: "count-text" }),
    event("activity_completed", { activity: "add-text" }),
  ] });
  await page.goto("about:blank");
  await page.goto(site.link(learner));
  for (let screen = 0; screen < 30; screen += 1) {
    await settled(page);
    if (await page.locator("h1").innerText() === COURSE.modules[0].activities.find(({ id }) => id === activity).title) return;
    const id = await questionOn(page);
    if (id !== null) await answer(page, RIGHT.get(id));
    else await step(page, () => page.locator("main button.main").first().click());
  }
  throw new Error(`no way to ${activity}: ${await page.locator("main").innerText()}`);
}

/** What a learner answered beside the questions that only measure, which come by chance. */
const answers = async (site, learner) => (await site.journal(learner))
  .filter(({ type, data }) => type === "question_answered" && !data.probe).map(({ data }) => data);

async function reloaded({ page, site, check }) {
  await toExercise({ page, site }, "rex");
  await page.getByRole("button", { name: /hint/ }).click();
  await page.locator('label.option:has(input[value="c"])').click();
  await page.reload();
  await settled(page);
  check("a reload shows the same question", await questionOn(page) === "dogs");
  check("with what was chosen", await page.locator('input[value="c"]').isChecked());
  check("and the hint that was shown", (await page.locator(".aid").innerText()).includes("Count them."));
  await page.locator("form.question button[type=submit]").click();
  await page.waitForSelector(".feedback");
  await page.reload();
  await settled(page);
  check("a reload shows what was said of the answer", /Not yet/.test(await page.locator(".feedback").innerText()));
  const starts = (await site.journal("rex")).filter(({ type, data }) => type === "activity_started" && data.activity === "count");
  check("the activity was opened once", starts.length === 1, `${starts.length}`);
}

async function offline({ page, site, check, shot }) {
  await toExercise({ page, site }, "off");
  await page.context().setOffline(true);
  await answer(page, "b");
  check("says that the answer is kept here", /Kept on this device/.test(await page.locator("main").innerText()));
  check("and that there is no connection", /No connection/.test(await page.locator("#network").innerText()));
  check("does not say whether it was right", !/Right\.|Not yet|Because/.test(await page.locator("main").innerText()));
  await shot("learn-offline");
  await page.getByRole("button", { name: "Next question" }).click();
  await answer(page, "a");
  check("the second waits as well", /2 things you did wait/.test(await page.locator("#network").innerText()),
    await page.locator("#network").innerText());
  await page.context().setOffline(false);
  await page.waitForFunction(() => /Partly right|Not yet/.test(document.querySelector(".feedback")?.innerText ?? ""), null, { timeout: 20_000 });
  check("what the course says comes by itself", true);
  const sent = await answers(site, "off");
  check("no answer was lost, and none counts twice", sent.map(({ question }) => question).join() === "dogs,small", JSON.stringify(sent));
  check("the list on the device is empty", await page.evaluate(() => localStorage.getItem("nexus-learn:unsent:off")) === "[]");
}

/** The server took it, but its receipt never came: the same event goes out again and counts once. */
async function answerLost({ page, site, check }) {
  await toExercise({ page, site }, "dup");
  let swallowed = 0;
  await page.route("**/v1/events", async (route) => {
    if (swallowed >= 2) return route.continue();
    swallowed += 1;
    await route.fetch();
    return route.abort();
  });
  await answer(page, "b");
  await page.waitForFunction(() => /Right\./.test(document.querySelector(".feedback")?.innerText ?? ""), null, { timeout: 20_000 });
  await page.unroute("**/v1/events");
  const sent = await answers(site, "dup");
  check("what arrived without a receipt counts once", sent.length === 1 && swallowed === 2, `${sent.length} of ${swallowed}`);
}

async function helped({ page, site, check }) {
  await toExercise({ page, site }, "hal");
  await answer(page, "a");
  check("a wrong answer offers another try", await page.getByRole("button", { name: "Try again" }).isVisible());
  check("and does not tell what is right yet", !/What is right|Because/.test(await page.locator("main").innerText()));
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Help me with this" }).click();
  await page.waitForSelector('.aid[aria-label="This may help"]');
  const help = await page.locator('.aid[aria-label="This may help"]').innerText();
  check("help is one of the course's", /Begin at one|Say one word a thing/.test(help), help);
  await answer(page, "b");
  check("the second try is right", /Right\./.test(await page.locator(".feedback").innerText()));
  const entries = await site.journal("hal");
  const chosen = entries.find(({ type }) => type === "support_chosen");
  check("the help was asked for after the wrong answer", chosen?.data.reason === "wrong", JSON.stringify(chosen?.data));
  const tries = await answers(site, "hal");
  check("both tries are in the journal", tries.length === 2 && tries[1].attempt === tries[0].attempt + 1, JSON.stringify(tries));
}

/** Two learners differ in nothing but their answers. */
async function adapts({ page, site, check }) {
  const next = async (learner, right) => {
    await toExercise({ page, site }, learner);
    for (let screen = 0; screen < 12; screen += 1) {
      const id = await questionOn(page);
      if (id !== null) {
        await answer(page, right ? RIGHT.get(id) : id === "dogs" ? "a" : id === "small" ? "c" : "five");
        const show = page.getByRole("button", { name: "Show the answer" });
        if (await show.count() > 0) await step(page, () => show.click());
      } else if (/You are through/.test(await page.locator("h1").innerText())) {
        break;
      } else {
        await step(page, () => page.locator("main button.main").first().click());
      }
    }
    await step(page, () => page.getByRole("button", { name: "Go on" }).click());
    return `${await page.locator("h1").innerText()} | ${await page.locator(".why").innerText()}`;
  };
  const [well, badly] = [await next("well", true), await next("badly", false)];
  check("wrong answers change what comes next", well !== badly, `${well} / ${badly}`);
}

async function wishes({ page, site, check }) {
  await toExercise({ page, site }, "tom", "add");
  await page.locator(".wishes summary").click();
  await step(page, () => page.getByRole("button", { name: "Too hard" }).click());
  const shown = await page.locator("main").innerText();
  check("too hard leads to something easier, or says that there is nothing",
    /something easier first|nothing easier/.test(shown), shown);
  const entries = await site.journal("tom");
  check("the journal says that it was left", entries.some(({ type, data }) => type === "activity_skipped" && data.activity === "add"));
  const decided = entries.filter(({ type }) => type === "decision_made").at(-1);
  check("and why, beside the next choice", JSON.stringify(decided.data.context ?? {}).includes("too_hard"), JSON.stringify(decided.data.context));
}
