// The shapes of policies, versions and the switch on the wire, under the names of this page.

import { get, millis, number, readSwitch, some } from "../api.js";

/** Types of entries that people, or Nexus in their place, make about policies. */
const LANE = ["policy_versioned", "policy_promoted", "policy_mode_set", "policy_graduated", "kill_switch_turned", "holdout_set"];
const LANE_ENTRIES = 30;

const group = (wire = {}) => ({
  decisions: wire.decisions ?? 0, rewards: wire.rewards ?? 0, mean: number(wire.reward_mean), error: number(wire.reward_error),
});

const readPolicy = (wire) => ({
  policy: wire.policy,
  mode: wire.mode,
  learns: wire.learns === true,
  version: wire.version ?? 0,
  learned: wire.learning?.learned ?? 0,
  refused: (wire.learning?.refused ?? 0) + (wire.learning?.capped ?? 0),
  monitor: wire.monitor ? {
    decisions: wire.monitor.decisions, spread: number(wire.monitor.spread), cause: wire.monitor.cause ?? null,
    recent: number(wire.monitor.recent_mean), recentRewards: wire.monitor.recent_rewards ?? 0,
    before: number(wire.monitor.before_mean), beforeRewards: wire.monitor.before_rewards ?? 0,
  } : null,
  shadow: wire.shadow ? {
    rewards: wire.shadow.rewards, effective: number(wire.shadow.effective_rewards),
    enough: wire.shadow.verdict === "enough evidence", normalised: number(wire.shadow.self_normalised),
    propensity: number(wire.shadow.inverse_propensity), served: number(wire.shadow.served_mean),
  } : null,
  apprentice: wire.apprentice ? {
    verdict: wire.apprentice.verdict, baseline: wire.apprentice.terms?.baseline ?? "static",
    agreement: number(wire.apprentice.terms?.agreement),
  } : null,
});

/** Who decides in a course, and every policy. */
export async function getLives(course) {
  const wire = await get(`/v1/policies?course=${encodeURIComponent(course)}`);
  const { serving = {}, holdout = {} } = wire;
  const stage = serving.stage ?? null;
  return {
    serving: {
      policy: serving.policy, promoted: serving.promoted === true, reason: serving.reason ?? null, by: serving.by ?? null,
      at: millis(serving.at), inItsPlace: serving.in_its_place ?? null,
      stage: stage && { share: stage.share, others: stage.others, rewards: stage.rewards, needed: stage.rewards_needed,
        mean: number(stage.reward_mean), othersMean: number(stage.others_reward_mean) },
    },
    holdout: { share: holdout.share ?? 0, heldOut: group(holdout.held_out), others: group(holdout.others) },
    policies: some(wire.policies).map(readPolicy),
  };
}

export const getVersions = async (policy, course) => some((await get(
  `/v1/policies/${encodeURIComponent(policy)}/versions?course=${encodeURIComponent(course)}`)).versions).map((one) => ({
  version: one.version, at: millis(one.at), origin: one.origin, restoredFrom: one.restored_from ?? null,
  reason: one.reason, by: one.asked_by, through: one.through,
}));

export async function getPlans(course) {
  const wire = await get(`/v1/plans?course=${encodeURIComponent(course)}`);
  return {
    hasCheck: wire.has_check === true, floor: wire.floor, checksEnough: wire.checks_enough,
    plans: some(wire.plans).map((one) => ({ plan: one.plan, learners: one.learners, checks: one.checks,
      grade: number(one.mean_grade), between: one.between ?? null, share: one.share, enough: one.enough === true })),
  };
}

export const getSwitches = async () => some((await get("/v1/switch")).switches).map(readSwitch);
export const getCounts = async (course) => {
  const wire = await get(`/v1/courses/${encodeURIComponent(course)}/report`);
  return { title: wire.title || course, decisions: wire.decisions, explored: wire.explored, withheld: wire.withheld,
    fallbacks: wire.fallbacks, learners: wire.learners, rewards: wire.rewards_joined };
};

/** What was done before a place in the journal, the newest first; `before` is `null` at its beginning. */
export async function getLane(course, before) {
  const page = await get(`/v1/journal?${new URLSearchParams({ type: LANE.join(","), before, limit: LANE_ENTRIES })}`);
  return {
    before: page.next ?? null,
    entries: some(page.entries).map((entry) => ({ seq: entry.seq, at: millis(entry.received_at), type: entry.type,
      course: entry.course ?? entry.data?.course ?? null, data: entry.data ?? {} }))
      .filter((entry) => entry.course === course || entry.course === null),
  };
}

export const turnSwitch = (body) => get("/v1/switch", body);
/** Does something in the life of a policy: `promote`, `rollback`, `mode` or `versions`. */
export const changePolicy = (policy, what, body) => get(`/v1/policies/${encodeURIComponent(policy)}/${what}`, body);
