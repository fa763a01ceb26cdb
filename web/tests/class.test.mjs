// The class page and the page of a learner: numbers that add up, and a way from one to the other.

import { overflow, watch } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

const STATUSES = 5;

export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
  const isMissing = (message) => message.location().url.includes("no-such");
  const wrong = await watch(page, baseUrl, isMissing);
  const stuck = await stuckLearner({ baseUrl, key });
  await page.goto(`${baseUrl}/class`);
  await page.waitForSelector("table.heat");
  check("names the course", (await page.locator("h1").innerText()) !== "Class");
  await fieldsAddUp({ page, check });
  const tooWide = await overflow(page);
  check("fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  await page.locator(".meaning summary").click();
  check("explains every status", await page.locator("#meaning dd").count() === STATUSES);
  await helpWorks({ page, baseUrl, key, view, check, skip });
  await shot("class");

  await group({ page, check });
  if (stuck === null) skip("a stuck learner", "no API key was printed");
  else await oneStuck({ page, check, stuck });
  await aLearner({ page, baseUrl, view, check, shot, stuck });

  await page.goto(`${baseUrl}/learner?id=no-such-learner`);
  await page.waitForSelector("#trouble:not([hidden])");
  const trouble = await page.locator("#trouble").innerText();
  check("an unknown learner is explained", trouble.includes("no-such-learner"), trouble);
  await page.goto(`${baseUrl}/class?course=no-such-course`);
  await page.waitForSelector("#trouble:not([hidden])");
  check("an unknown course is explained",
    (await page.locator("#trouble").innerText()).includes("no-such-course"));
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

/** Sends one learner who answers wrongly all the time; `null` when there is no key. */
async function stuckLearner({ baseUrl, key }) {
  if (key === undefined) return null;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const { courses: [{ id: course }] } = await (await fetch(`${baseUrl}/v1/courses`, { headers })).json();
  const { modules, skills } = await (await fetch(`${baseUrl}/v1/courses/${course}`, { headers })).json();
  const { id: skill, title } = skills.find(({ requires }) => (requires ?? []).length > 0);
  const questions = modules.flatMap(({ activities }) => activities)
    .filter((activity) => activity.skills.length === 1 && activity.skills[0] === skill)
    .flatMap((activity) => activity.questions ?? [])
    .filter((question) => (question.skills ?? [skill]).every((one) => one === skill));
  const learner = `stuck-${Math.floor(Math.random() * 1e9)}`;
  const events = Array.from({ length: 18 }, (_, place) => ({
    id: `${learner}-${place}`, type: "question_answered", learner, course, correct: false,
    question: questions[place % questions.length].id,
  }));
  const body = JSON.stringify({ events });
  await fetch(`${baseUrl}/v1/events`, { method: "POST", headers, body });
  return { learner, course, title };
}

/** Learners get help with a question, and the page says what came of it. */
async function helpWorks({ page, baseUrl, key, view, check, skip }) {
  if (key === undefined) return skip("which help works", "no API key was printed");
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const ask = async (path, body) => (await fetch(`${baseUrl}${path}`, {
    method: body === undefined ? "GET" : "POST", headers, body: JSON.stringify(body),
  })).json();
  const { courses: [{ id: course }] } = await ask("/v1/courses");
  const { questions: [{ question, prompt, supports }] } = await ask(`/v1/courses/${course}/supports`);
  const { modules } = await ask(`/v1/courses/${course}`);
  const asked = modules.flatMap(({ activities }) => activities).map(({ questions }) => questions ?? []);
  // Two others of the same exercise: one in between, and one that is independent of the help.
  const others = asked.find((all) => all.some(({ id }) => id === question))
    .map(({ id }) => id).filter((id) => id !== question);
  const before = supports.reduce((sum, { served }) => sum + served, 0);
  for (let place = 0; place < 6; place += 1) {
    const learner = `helped-${view}-${Math.floor(Math.random() * 1e9)}`;
    const answer = (id, of, correct) => ask("/v1/events", { events: [{
      id: `${learner}-${id}`, type: "question_answered", learner, course, question: of, correct }] });
    await answer("first", question, false);
    await ask("/v1/supports", { learner, course, question, reason: "wrong" });
    await answer("second", question, place % 2 === 0);
    await answer("between", others[0], true);
    await answer("next", others[1], place % 3 === 0);
  }
  await page.locator("#refresh").click();
  const table = page.locator("#supports table", { hasText: prompt.slice(0, 40) }).first();
  await table.waitFor();
  const served = async () => (await table.locator("tbody td:nth-child(2)").allInnerTexts())
    .reduce((sum, text) => sum + Number(text.replaceAll(",", "")), 0);
  // The page asks for what works after the class itself.
  for (let wait = 0; wait < 50 && await served() < before + 6; wait += 1) await page.waitForTimeout(100);
  const found = await served();
  check("every support that was served is counted", found >= before + 6, `${found} of ${before + 6}`);
  const chances = (await table.locator("tbody td:last-child").allInnerTexts())
    .map((text) => Number(text.replace(/[^\d.]/g, "")));
  const sum = chances.reduce((all, one) => all + one, 0);
  check("one of them is the best", Math.abs(sum - 100) <= chances.length, chances.join(" "));
  const kinds = await table.locator("tbody th").allInnerTexts();
  check("each kind of help has its words", kinds[0].startsWith("Hint"), kinds.join(" | "));
  const tooWide = await overflow(page);
  check("tables of help fit the width", tooWide <= 0, `${tooWide} px in ${view}`);
}

/** In each row of the heat map, everybody stands somewhere, once. */
async function fieldsAddUp({ page, check }) {
  const rows = await page.locator("table.heat tbody tr").evaluateAll((all) => all.map((row) =>
    [...row.querySelectorAll(".field data")].map((one) => Number(one.value))));
  const sums = new Set(rows.map((row) => row.reduce((sum, one) => sum + one, 0)));
  check("each field has its number", rows.every((row) => row.length === STATUSES));
  check("everybody stands somewhere, once", rows.length > 0 && sums.size === 1, `${[...sums]}`);
  const lead = await page.locator("#lead").innerText();
  check("the sentence counts the same learners",
    lead.startsWith(`${[...sums][0].toLocaleString("en")} learner`), lead);
}

/** A group of one known and one unknown learner, asked for by hand. */
async function group({ page, check }) {
  await page.locator("#group summary").click();
  await page.fill("#group-ids", "nobody-at-all");
  await page.locator("#group-form button[type=submit]").press("Enter");
  await page.waitForSelector("#part:not([hidden])");
  const part = await page.locator("#part").innerText();
  check("who is unknown is named", part.includes("nobody-at-all"), part);
  await page.locator("#group-all").click();
  await page.waitForSelector("#part[hidden]", { state: "attached" });
}

/** Only the stuck learner, with the step to take. */
async function oneStuck({ page, check, stuck }) {
  await page.fill("#group-ids", `${stuck.learner}, nobody-at-all`);
  await page.locator("#group-form button[type=submit]").click();
  const link = page.locator(".stuck-list a", { hasText: stuck.learner });
  await page.waitForFunction(() => document.querySelectorAll(".stuck-list li").length === 1);
  const row = await page.locator(".stuck-list li").first().innerText();
  check("the stuck skill is named", row.includes(stuck.title), row);
  check("a step is suggested", row.includes("Go back to"), row);
  await link.focus();
  await page.keyboard.press("Enter");
}

/** The page of a learner: sentence, interval and evidence of each skill. */
async function aLearner({ page, baseUrl, view, check, shot, stuck }) {
  const id = stuck?.learner ?? "sim-1";
  if (stuck === null) await page.goto(`${baseUrl}/learner?id=${id}`);
  await page.waitForSelector(".skill-card");
  check("has an address of its own", new URL(page.url()).pathname === "/learner");
  check("names the learner", (await page.locator("h1").innerText()) === id);
  const because = await page.locator(".because").first().innerText();
  check("says why", because.startsWith(await page.locator(".status").first()
    .evaluate((one) => one.lastChild.textContent)), because);
  await page.locator(".evidence summary").first().click();
  const answers = await page.locator(".evidence").first().locator("li").count();
  check("shows the answers behind it", answers >= 1 && answers <= 5, `${answers}`);
  const inside = await page.locator(".interval-track").evaluateAll((all) => all.every((track) => {
    const [band, mark] = [".band", ".mark"].map((one) =>
      track.querySelector(one).getBoundingClientRect());
    return band.left <= mark.right && mark.left <= band.right;
  }));
  check("every best guess lies in its band", inside);
  const tooWide = await overflow(page);
  check("the learner's page fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  await shot("learner");
}
