// The same for the pages of a course, of policies and of the server: whatever something is called, it is
// shown as it is, and never does anything.

import { overflow, sticksOut, watch } from "./watch.mjs";

const NAME = `"><img src=x onerror="window.bitten=1"><script>window.bitten=1</script>{{7*7}}${"W".repeat(120)}`;
const AT = "2026-11-22T09:30:00Z";
const SCOPES = ["courses:read", "experiments:read", "journal:read", "stream:read", "learners:read", "switch:write", "policies:write",
  "keys:write", "constraints:write"];

const ACTIVITY = { activity: NAME, title: NAME, kind: NAME, module: NAME, required: true, on_path: false, difficulty: 0.5, minutes_expected: 4,
  minutes_mean: 5, minutes_n: 2, chosen: 9, learners: 12, completed: 3, skipped: 1, rewards: 9, left: 4, answers: 3, mean_grade: 0.5,
  gains: 30, gain_mean: -0.2, gain_between: [-0.3, -0.1], verdict: "does_not_teach" };
const TEACHING = { course: NAME, title: NAME, version: 1, through: 9, head: 9, learners: 12, completions: 0, gains_min: 20,
  skills: [{ skill: "a", title: NAME, requires: [], activities: [NAME] }, { skill: "b", title: NAME, requires: ["a"], activities: [] }],
  activities: [ACTIVITY, { ...ACTIVITY, activity: "idle", learners: 0, chosen: 0, gain_between: undefined, verdict: NAME }] };
const CONSTRAINTS = { constraints: [{ constraint: NAME, course: NAME, rule: NAME, activity: NAME, reason: NAME, by: NAME, expires_at: AT }] };
const POLICIES = { course: NAME, serving: { policy: NAME, promoted: true, reason: NAME, by: NAME, at: AT, in_its_place: NAME,
  stage: { share: 0.1, others: NAME, rewards: 3, rewards_needed: 20, reward_mean: 0.1, others_reward_mean: 0.2 } },
holdout: { share: 0.05, held_out: {}, others: {} }, policies: [{ policy: NAME, mode: NAME, learns: true, version: 1, learning: { learned: 4 },
  monitor: { decisions: 5, spread: 0.5, cause: NAME }, shadow: { rewards: 1, effective_rewards: 1, verdict: NAME },
  apprentice: { verdict: NAME, terms: { baseline: NAME, agreement: 0.8 } } }] };
const ENTRIES = { head: 9, entries: ["policy_promoted", "policy_versioned", "kill_switch_turned", "experiment_started", NAME].map((type, place) => ({
  seq: place + 1, id: NAME, received_at: AT, type, course: place === 2 ? undefined : NAME, data: { promoted: NAME, policy: NAME, share: 0.1, version: 1,
    origin: NAME, thrown: true, id: NAME, reason: NAME, by: NAME } })) };
const SYSTEM = { works: false, version: NAME, started_at: AT, uptime_seconds: 9, at: AT, health: NAME, head: 9, queue: 0, connections: 1, streams: 0,
  alarms: [{ code: NAME, level: "problem", detail: NAME, advice: NAME }], disk: { free_bytes: 1e9, total_bytes: 2e9, database_bytes: 1e6 },
  backup: { at: AT, seq: 3, folder: NAME }, sources: [{ source: NAME, kind: NAME, activity: NAME, records_per_second: 0, accepted: 1, duplicate: 0,
    rejected: 1, behind: 0, last_error: { at: AT, detail: NAME } }], sinks: [{ sink: NAME, kind: NAME, activity: "waiting", last_error: NAME }] };
const KEYS = { keys: [{ id: NAME, name: NAME, last_four: NAME, scopes: [NAME], created_at: AT, state: "valid", own: false }] };

export const views = ["desktop-light", "phone-dark"];

export default async ({ page, baseUrl, check }) => {
  const wrong = await watch(page, baseUrl);
  const bitten = () => page.evaluate(() => window.bitten !== undefined || document.querySelector("main img, main script, header img") !== null);
  const answers = [["session", { by: NAME, scopes: SCOPES }], ["courses", { courses: [{ id: NAME, title: NAME }, { id: "x", title: NAME }] }],
    ["courses/*/teaching", TEACHING], ["courses/*/report", { title: NAME, decisions: 9, explored: 1, withheld: 1 }], ["constraints?*", CONSTRAINTS],
    ["policies?*", POLICIES], ["policies/**", { versions: [{ version: 1, at: AT, origin: NAME, reason: NAME, asked_by: NAME, through: 1 }] }], ["plans?*", { has_check: true, plans: [{ plan: NAME, learners: 1, checks: 0, share: 1 }] }],
    ["switch", { switches: [{ course: NAME, reason: NAME, by: NAME, at: AT, seq: 1 }, { reason: NAME, by: NAME, at: AT, seq: 2 }] }],
    ["experiments", { experiments: [] }], ["stats", { at: AT, head: 9 }], ["journal?*", ENTRIES], ["system", SYSTEM], ["keys", KEYS]];
  for (const [address, json] of answers) await page.route(`**/v1/${address}`, (route) => route.fulfill({ json }));
  for (const [name, address] of [["a course", "/course/hostile"], ["the policies", "/policy/hostile"], ["the system", "/system"]]) {
    await page.goto(`${baseUrl}${address}`);
    await page.waitForSelector('#main[aria-busy="false"]');
    for (const summary of await page.locator("main summary").all()) await summary.click();
    const trouble = await page.locator("#trouble").innerText();
    check(`${name} is drawn`, trouble === "", trouble);
    check(`${name} shows names as they are`, (await page.locator("main").innerText()).includes(NAME));
    check(`${name} holds long names`, await overflow(page) <= 0, `${await overflow(page)} px too wide: ${await sticksOut(page)}`);
    check(`${name} runs none of them`, !await bitten());
  }
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};
