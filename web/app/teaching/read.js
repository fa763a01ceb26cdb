// What the activities of a course teach, as the server says it.

import { get, millis, number, some } from "../api.js";

export async function getTeaching(course) {
  const wire = await get(`/v1/courses/${encodeURIComponent(course)}/teaching`);
  return {
    course: wire.course, title: wire.title || wire.course, version: wire.version, through: wire.through ?? 0, head: wire.head ?? 0,
    learners: wire.learners ?? 0, completions: wire.completions ?? 0, gainsMin: wire.gains_min ?? 0,
    skills: some(wire.skills).map((one) => ({ id: one.skill, title: one.title || one.skill, requires: some(one.requires),
      activities: some(one.activities) })),
    activities: some(wire.activities).map((one) => ({
      id: one.activity, title: one.title || one.activity, kind: one.kind, module: one.module ?? "", required: one.required === true,
      onPath: one.on_path === true, difficulty: number(one.difficulty), expected: number(one.minutes_expected),
      minutes: number(one.minutes_mean), timed: one.minutes_n ?? 0, chosen: one.chosen ?? 0, learners: one.learners ?? 0,
      completed: one.completed ?? 0, skipped: one.skipped ?? 0, served: one.rewards ?? 0, left: one.left ?? 0,
      answers: one.answers ?? 0, success: number(one.mean_grade), gains: one.gains ?? 0, gain: number(one.gain_mean),
      between: Array.isArray(one.gain_between) ? one.gain_between : null, verdict: one.verdict ?? "unknown",
    })),
  };
}

/** What was ordered in a course that holds for everybody. */
export const getOrders = async (course) => some((await get(
  `/v1/constraints?course=${encodeURIComponent(course)}`)).constraints).filter((one) => !one.learner).map((one) => ({
  id: one.constraint, activity: one.activity, rule: one.rule, most: one.shown_max ?? null, reason: one.reason, by: one.by,
  until: millis(one.expires_at),
}));
