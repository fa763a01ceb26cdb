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
  await bucketsFilter({ page, check });
  await helpIsCurrent({ page, baseUrl, key, check, skip });
  await helpWorks({ page, baseUrl, key, view, check, skip });
  await shot("class");

  await group({ page, check });
  if (stuck === null) skip("a stuck learner", "no API key was printed");
  else await oneStuck({ page, check, stuck, view });
  await aLearner({ page, baseUrl, view, check, shot, stuck });

  if (key !== undefined && stuck !== null) await orders({ page, baseUrl, key, view, check, stuck, shot });
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

/** With a key that may: an activity comes next with one press, and is taken back on the learner's page. */
async function orders({ page, baseUrl, key, view, check, stuck, shot }) {
  await page.goto(`${baseUrl}/login`);
  await page.fill("#key", key);
  await page.click("#enter");
  await page.waitForURL(`${baseUrl}/`);
  await page.goto(`${baseUrl}/class?course=${stuck.course}`);
  await page.waitForSelector("#today .stuck-list");
  await page.locator("#group summary").click();
  await page.fill("#group-name", "One");
  await page.fill("#group-ids", stuck.learner);
  await page.locator("#group-form button[type=submit]").click();
  await page.waitForFunction(() => document.querySelectorAll("#today .stuck-list li").length === 1);
  await page.locator("#today button", { hasText: "come next" }).click();
  await page.waitForFunction(() => document.querySelector("#today-said").textContent.includes("comes next"));
  check("who was helped leaves the list of today", await page.locator("#today .stuck-list li").count() === 0);
  await shot("class-done");
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const inForce = async () => (await (await fetch(`${baseUrl}/v1/constraints?course=${stuck.course}&learner=${stuck.learner}`,
    { headers })).json()).constraints;
  const [pinned] = await inForce();
  check("the order is in force for this learner alone", pinned?.rule === "pin" && pinned.learner === stuck.learner,
    JSON.stringify(pinned));
  const answer = await (await fetch(`${baseUrl}/v1/decisions`, { method: "POST", headers,
    body: JSON.stringify({ learner: stuck.learner, course: stuck.course }) })).json();
  check("and it comes next", answer.activity === pinned?.activity, `${answer.activity} of ${pinned?.activity}`);
  await page.goto(`${baseUrl}/learner?id=${stuck.learner}&course=${stuck.course}`);
  await page.locator(".orders button").click();
  await page.waitForSelector(".orders", { state: "detached" });
  check("it is taken back", (await inForce()).length === 0);
  await page.locator(".order summary").click();
  await page.locator(".order select[name=rule]").selectOption("block");
  await page.locator(".order input[name=reason]").fill("seen in class");
  await page.locator(".order button").click();
  await page.waitForSelector(".orders li");
  check("an activity is never shown", (await inForce())[0]?.rule === "block");
  check("the order fits the width", await overflow(page) <= 0, `${await overflow(page)} px in ${view}`);
  await shot("learner-orders");
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
  const buckets = (await page.locator("#buckets data").evaluateAll((all) => all.map((one) => Number(one.value))));
  check("everybody stands in one of four buckets", buckets.length === 4
    && buckets.reduce((sum, one) => sum + one, 0) === [...sums][0], buckets.join(" "));
}

/** A bucket filters the list, and stands in the address. */
async function bucketsFilter({ page, check }) {
  const buttons = page.locator("#buckets button");
  const sizes = await page.locator("#buckets data").evaluateAll((all) => all.map((one) => Number(one.value)));
  const largest = sizes.indexOf(Math.max(...sizes));
  await buttons.nth(largest).click();
  // The class may have moved since; what counts is that the list follows its button.
  const { rows, said } = await page.evaluate(() => ({ rows: document.querySelectorAll("table.roster tbody tr").length,
    said: Number(document.querySelector("#buckets [aria-pressed=true] data").value) }));
  check("a bucket filters the list", rows === Math.min(50, said), `${rows} of ${said}`);
  check("the bucket is in the address", /bucket=\w+/.test(page.url()), page.url());
  await buttons.nth(largest).click();
  check("and again shows everybody", !page.url().includes("bucket="), page.url());
  await page.evaluate(() => document.activeElement?.blur());
}

/** Whoever is shown as needing help answered within the window that is asked for. */
async function helpIsCurrent({ page, baseUrl, key, check, skip }) {
  if (key === undefined) return skip("help is for those who come", "no API key was printed");
  const headers = { authorization: `Bearer ${key}` };
  const { courses: [{ id }] } = await (await fetch(`${baseUrl}/v1/courses`, { headers })).json();
  const view = await (await fetch(`${baseUrl}/v1/courses/${id}/mastery?active_days=14`, { headers })).json();
  const oldest = Date.parse(view.at) - 14 * 86_400_000;
  check("everybody shown answered within the window",
    view.rows.length === view.learners && view.rows.every(({ last_answer_at: at }) => Date.parse(at) >= oldest));
  const named = view.rows.map(({ stuck }) => stuck?.next_step).filter(Boolean);
  check("no advice names a skill believed mastered", named.every((step) => step.mastered_probability <= 0.7));
  const banned = /propensity|policy|candidate|treatment|variant|probe|guardrail|reward|nats\b|entropy/i;
  const text = await page.locator("body").innerText();
  check("no word of a scientist on a teacher's page", !banned.test(text), text.match(banned)?.[0]);
}

/** A group of one known and one unknown learner, asked for by hand. */
async function group({ page, check }) {
  await page.locator("#group summary").click();
  await page.fill("#group-ids", "nobody-at-all");
  await page.locator("#group-form button[type=submit]").press("Enter");
  await page.waitForSelector("#part:not([hidden])");
  const part = await page.locator("#part").innerText();
  check("who is unknown is named", part.includes("nobody-at-all"), part);
  check("a class is in the address", page.url().includes("class=My"), page.url());
  await page.locator("#group-all").click();
  await page.waitForSelector("#part[hidden]", { state: "attached" });
}

/** A class of the stuck learner, who has a name here, with the step to take. */
async function oneStuck({ page, check, stuck, view }) {
  await page.fill("#group-name", "Today's class");
  await page.fill("#group-ids", `${stuck.learner}, Ada the First\nnobody-at-all`);
  await page.locator("#group-form button[type=submit]").click();
  const link = page.locator(".stuck-list a", { hasText: "Ada the First" });
  await link.waitFor();
  check("only the class is listed", await page.locator(".stuck-list li").count() === 1);
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
  const heading = await page.locator("h1").innerText();
  check("names the learner as this browser does", heading === (stuck === null ? id : "Ada the First"), heading);
  const because = await page.locator(".because").first().innerText();
  check("says why", because.startsWith(await page.locator(".skill-card .status").first()
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
  await page.waitForSelector(".now .status");
  check("says where the learner stands, and when they answered last",
    /Last answer[\s\S]*Path done/.test(await page.locator(".now").innerText()));
  const banned = /propensity|policy|candidate|treatment|variant|probe|guardrail|reward|nats\b|entropy/i;
  const text = await page.locator("body").innerText();
  check("no word of a scientist on a learner's page", !banned.test(text), text.match(banned)?.[0]);
  const tooWide = await overflow(page);
  check("the learner's page fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  await shot("learner");
}
