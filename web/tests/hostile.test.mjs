// Whatever a course, a learner or a policy is called: it is shown as it is, and never does anything.

import { overflow, sticksOut, watch } from "./watch.mjs";

const NAME = `"><img src=x onerror="window.bitten=1"><script>window.bitten=1</script>{{7*7}}${"W".repeat(120)}`;
const AT = "2026-11-22T09:30:00Z";

const AUDIT = {
  decision_id: NAME, learner: NAME, course: NAME, course_version: 1, made_at: AT,
  reward_window_ends_at: AT, policy: NAME, policy_version: 1, experiment: NAME, variant: NAME,
  experiment_version: 1, activity: NAME, propensity: 1, seed: NAME, floor: 0, relaxation: NAME,
  fallback: NAME, candidates: [{ activity: NAME, title: NAME, probability: 1, estimate: null }],
  exclusions: [{ activity: "other", title: NAME, reason: NAME }],
  features: [{ name: NAME, value: 1 }],
  context: { hash: NAME, entries: [{ key: NAME, value: NAME }], contribution: 0.25 },
  skills: [{ skill: NAME, title: NAME, expected_success: 0.5, mastered_probability: 0.5, attempts: 1 }],
  probe: { question: NAME, propensity: 0.1 }, seq: 1, title: NAME,
  explanation: { learner: NAME, teacher: NAME }, reward: { state: "closed", reason: NAME },
};
const SIDE = { name: NAME, policy: NAME, weight: 0.5, learners: 1, decisions: 1, rewards: 0, metrics: [] };
const LIVE = {
  at: AT, clock_factor: 1, banner: NAME,
  switches: [{ course: NAME, reason: NAME, by: NAME, at: AT, seq: 1 }], health: "ready", head: 1, queue: 0, streams: 1,
  rates: { events_per_second: 0, decisions_per_second: 0, rewards_per_second: 0 },
  totals: { learners: 1, completions: 0, events: 1, decisions: 1, fallbacks: 0, rewards: 0 },
  courses: [{ course: NAME, title: NAME, decisions: 1, events: 1, activities: [
    { activity: NAME, title: NAME, kind: NAME, chosen: 1, mean_reward: 0 }] }],
  experiments: [{ experiment: NAME, course: NAME, running: true, variants: [SIDE, SIDE] }],
};
const STEP = { skill: NAME, title: NAME, mastered_probability: 0.5,
  activities: [{ activity: NAME, title: NAME, kind: NAME }] };
const CLASS = { course: NAME, title: NAME, at: AT, learners: 2, course_learners: 9, unknown: [NAME],
  next: NAME, skills: [{ skill: NAME, title: NAME, requires: [NAME], asked: 1, due_for_review: 0,
    statuses: { not_started: 1, stuck: 1 }, histogram: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    stuck_learners: [{ learner: NAME, attempts_since_gain: 12, next_step: STEP }] }] };
CLASS.rows = [{ learner: NAME, standing: "struggling", because: NAME, last_answer_at: AT, answers: 9, mastered: 0,
  fragile: 0, begun: 1, completed: 0, required: 2, stuck: { skill: NAME, title: NAME, attempts_since_gain: 12,
    next_step: STEP, assign: STEP.activities[0] } }];
CLASS.rules = { answers_min: 5, wrong_in_a_row: 4, ahead_skills: 3, ahead_share: 0.75 };
const MASTERY = { learner: NAME, at: AT, courses: [{ course: NAME, title: NAME, skills: [
  { skill: NAME, title: NAME, status: NAME, because: NAME, low: 0, high: 1, expected_success: 0.5,
    attempts: 1, right: 0, next_step: STEP, evidence: [{ at: AT, question: NAME, prompt: NAME,
      right: false, predicted: 0.5, probe: true, moved: NAME, words: NAME }] },
  { skill: NAME, title: NAME, status: "not_started" }] }] };
const CHOICE = { decision_id: NAME, seq: 1, learner: NAME, course: NAME, activity: NAME, title: NAME,
  propensity: 1, candidates: 1, policy: NAME, variant: NAME, fallback: NAME, made_at: AT };

export const views = ["desktop-light", "phone-dark"];

export default async ({ page, baseUrl, check }) => {
  // Only the numbers asked for beside the stream are missing here, and are refused by this test.
  const isRefusal = (message) => /\b404\b|ERR_/.test(message.text());
  const wrong = await watch(page, baseUrl, isRefusal);
  const bitten = () => page.evaluate(() => window.bitten !== undefined
    || document.querySelector("main img, main script, header img") !== null);

  await page.route("**/v1/decisions/hostile", (route) => route.fulfill({ json: AUDIT }));
  await page.goto(`${baseUrl}/decision.html?id=hostile`);
  await page.waitForSelector("#candidates");
  for (const summary of await page.locator("summary").all()) await summary.click();
  check("a decision shows names as they are", (await page.locator("h1").innerText()).includes(NAME));
  check("a decision shows what the site said",
    (await page.locator("dl.facts").innerText()).includes(`${NAME}: ${NAME}`));
  const fits = async (name) => check(`${name} holds long names`, await overflow(page) <= 0, `${await overflow(page)} px too wide: ${await sticksOut(page)}`);
  await fits("a decision");
  check("a decision runs none of them", !await bitten());

  await page.route("**/v1/courses", (route) =>
    route.fulfill({ json: { courses: [{ id: NAME, title: NAME }, { id: "x", title: NAME }] } }));
  await page.route("**/v1/courses/*/mastery*", (route) => route.fulfill({ json: CLASS }));
  await page.goto(`${baseUrl}/class`);
  await page.waitForSelector(".stuck-list a");
  check("a class shows names as they are", await page.locator("h1").innerText() === NAME);
  const way = await page.locator(".stuck-list a").getAttribute("href");
  check("a learner's link stays here", way.startsWith("/learner?id=") && !/["<>]/.test(way), way);
  await fits("a class");
  check("a class runs none of them", !await bitten());
  await page.route("**/v1/learners/*/mastery", (route) => route.fulfill({ json: MASTERY }));
  await page.locator(".stuck-list a").click();
  await page.waitForSelector(".skill-card");
  for (const summary of await page.locator("summary").all()) await summary.click();
  check("a learner shows names as they are", await page.locator("h1").innerText() === NAME);
  await fits("a learner");
  check("a learner runs none of them", !await bitten());

  const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const stream = event("decision", CHOICE) + event("live", LIVE);
  await page.route("**/v1/**", (route) => route.fulfill({ status: 404, json: {} }));
  await page.route("**/v1/stream", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: stream }));
  await page.goto(`${baseUrl}/`);
  await page.waitForSelector("#choices a");
  check("the live page shows names as they are", await page.locator("#course").innerText() === NAME);
  const href = await page.locator("#choices a").getAttribute("href");
  check("a link stays on this server", href.startsWith("/decision.html?id=") && !/["<>]/.test(href), href);
  await fits("the live page");
  check("the live page runs none of them", !await bitten());
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};
