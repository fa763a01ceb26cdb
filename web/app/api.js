// The one place that knows the shapes on the wire. Everything else uses the names made here.

const LIVE = "/v1/stream";
const STATS = "/v1/stats";
const LOGIN = "/login";

/**
 * @typedef {{ name: string, policy: string, side: number, learners: number, decisions: number,
 *   rewards: number, means: Map<string, number | null>, measured: Map<string, number> }} Variant
 * @typedef {{ id: string, course: string, running: boolean, variants: Variant[],
 *   learners: number }} Experiment
 * @typedef {{ id: string, title: string, kind: string, chosen: number,
 *   meanReward: number | null }} Activity
 * @typedef {{ id: string, title: string, decisions: number, events: number,
 *   activities: Activity[] }} Course
 * @typedef {{ course: string | null, reason: string, by: string, at: number }} Switch
 * @typedef {{ at: number, head: number, factor: number, banner: string | null, health: string,
 *   switches: Switch[], eventsPerSecond: number, decisionsPerSecond: number, learners: number, completions: number,
 *   events: number, decisions: number, fallbacks: number, joined: number, waiting: number,
 *   missing: number, courses: Course[], experiments: Experiment[], sources: Source[] }} Live
 * @typedef {{ name: string, kind: string | null, activity: string, recordsPerSecond: number,
 *   lag: number | null, accepted: number, duplicate: number, rejected: number, behind: number,
 *   problem: { at: number, detail: string } | null }} Source
 * @typedef {{ id: string, learner: string, activity: string, title: string, probability: number,
 *   candidates: number, policy: string, variant: string | null, fallback: string | null,
 *   at: number }} Choice
 * @typedef {{ metric: string, primary: boolean, variant: string, control: string,
 *   controlLearners: number, variantLearners: number, estimate: number | null,
 *   low: number | null, high: number | null, verdict: string }} Effect
 * @typedef {{ id: string, course: string, version: number, planned: number, startedAt: number,
 *   stoppedAt: number | null, learners: number, leftOut: number, learnersMin: number, alarm: boolean,
 *   evidence: number | null, status: string, share: number, seq: number, primary: string,
 *   changes: Change[], variants: (Variant & { weight: number, overridden: number, leftOut: number })[],
 *   effects: Effect[], checks: Map<string, Check> }} Results
 * @typedef {{ at: number, change: string, share: number | null, variant: string | null,
 *   reason: string, by: string }} Change
 * @typedef {{ metric: string, stepHours: number, seq: number, points: { at: number,
 *   sides: { name: string, learners: number, n: number, mean: number | null }[],
 *   effects: { name: string, estimate: number | null, low: number | null,
 *   high: number | null }[] }[] }} Past
 * @typedef {{ completed: number, missing: number, mean: number | null,
 *   minutes: number | null }} Check
 */

export const millis = (text) => (typeof text === "string" ? Date.parse(text) : null);
export const some = (list) => (Array.isArray(list) ? list : []);
export const number = (value) => (typeof value === "number" ? value : null);

/**
 * @typedef {{ id: string, kind: string, served: number, outcomes: number, retries: number,
 *   retriesRight: number, nexts: number, nextsRight: number, estimate: number, low: number,
 *   high: number, best: number | null }} Support
 * @typedef {{ rewarded: number, waiting: number, missing: number, questions: { id: string,
 *   prompt: string, title: string, supports: Support[] }[] }} Supports
 */

/** @returns {Supports} */
export const readSupports = (wire) => ({
  rewarded: wire.rewarded ?? 0,
  waiting: wire.waiting ?? 0,
  missing: wire.missing ?? 0,
  questions: some(wire.questions).map((question) => ({
    id: question.question,
    prompt: question.prompt,
    title: question.title || question.activity,
    supports: some(question.supports).map((one) => ({
      id: one.support,
      kind: one.kind,
      served: one.served,
      outcomes: one.outcomes,
      retries: one.retries,
      retriesRight: one.retries_right,
      nexts: one.nexts,
      nextsRight: one.nexts_right,
      estimate: one.estimate,
      low: one.estimate_low,
      high: one.estimate_high,
      best: number(one.best),
    })),
  })),
});

/** @returns {Live} */
export function readLive(wire) {
  const courses = some(wire.courses);
  const sum = (field) => courses.reduce((total, course) => total + (course[field] ?? 0), 0);
  const reasons = ["never_started", "nothing_observed", "declined", "superseded", "erased"];
  const missing = reasons.reduce((total, reason) => total + sum(reason), 0);
  const { totals = {}, rates = {} } = wire;
  return {
    at: millis(wire.at) ?? NaN,
    head: wire.head ?? 0,
    factor: wire.clock_factor ?? 1,
    banner: wire.banner ?? null,
    health: wire.health ?? "ready",
    switches: some(wire.switches).map(readSwitch),
    eventsPerSecond: rates.events_per_second,
    decisionsPerSecond: rates.decisions_per_second,
    learners: totals.learners,
    completions: totals.completions,
    events: totals.events,
    decisions: totals.decisions,
    fallbacks: totals.fallbacks ?? 0,
    joined: totals.rewards,
    waiting: Math.max(0, totals.decisions - totals.rewards - missing),
    missing,
    courses: courses.map(readCourse),
    experiments: some(wire.experiments).map(readExperiment),
    sources: some(wire.sources).map(readSource),
  };
}

/** @returns {Source} */
const readSource = (wire) => ({
  name: wire.source,
  kind: wire.kind ?? null,
  activity: wire.activity,
  recordsPerSecond: wire.records_per_second,
  lag: number(wire.lag),
  accepted: wire.accepted,
  duplicate: wire.duplicate,
  rejected: wire.rejected,
  behind: wire.behind,
  problem: wire.last_error
    ? { at: millis(wire.last_error.at) ?? NaN, detail: wire.last_error.detail } : null,
});

/** @returns {Switch} */
export const readSwitch = (wire) => ({
  course: wire.course ?? null,
  reason: wire.reason,
  by: wire.by,
  at: millis(wire.at) ?? NaN,
});

/** @returns {Course} */
const readCourse = (wire) => ({
  id: wire.course,
  title: wire.title || wire.course,
  decisions: wire.decisions,
  events: wire.events,
  activities: some(wire.activities).map((activity) => ({
    id: activity.activity,
    title: activity.title || activity.activity,
    kind: activity.kind,
    chosen: activity.chosen,
    meanReward: number(activity.mean_reward),
  })),
});

/** @returns {Experiment} */
function readExperiment(wire) {
  const variants = some(wire.variants).map(readVariant);
  return {
    id: wire.experiment,
    course: wire.course,
    running: wire.running,
    variants,
    learners: variants.reduce((sum, variant) => sum + variant.learners, 0),
  };
}

/** @returns {Variant} */
const readVariant = (wire, side) => ({
  name: wire.name,
  policy: wire.policy,
  side,
  learners: wire.learners,
  decisions: wire.decisions,
  rewards: wire.rewards,
  means: new Map(some(wire.metrics).map((metric) => [metric.metric, number(metric.mean)])),
  measured: new Map(some(wire.metrics).map((metric) => [metric.metric, metric.n])),
});

/** @returns {Choice} */
export const readChoice = (wire) => ({
  id: wire.decision_id,
  learner: wire.learner,
  activity: wire.activity,
  title: wire.title || wire.activity,
  probability: wire.propensity,
  candidates: typeof wire.candidates === "number" ? wire.candidates : some(wire.candidates).length,
  policy: wire.policy,
  variant: wire.variant ?? null,
  fallback: wire.fallback ?? null,
  override: wire.override ?? null,
  at: millis(wire.made_at) ?? NaN,
});

/** @returns {Results} */
export const readResults = (wire) => ({
  id: wire.id,
  course: wire.course,
  version: wire.version,
  status: wire.status,
  share: wire.share ?? 1,
  seq: wire.seq ?? 0,
  primary: wire.primary,
  changes: some(wire.changes).map(readChange),
  variants: some(wire.variants).map((variant, side) => ({ ...readVariant(variant, side),
    weight: variant.weight, overridden: variant.overridden ?? 0, leftOut: variant.left_out ?? 0 })),
  planned: wire.planned_learners,
  startedAt: millis(wire.started_at) ?? NaN,
  stoppedAt: millis(wire.stopped_at),
  learners: wire.learners,
  leftOut: wire.left_out ?? 0,
  learnersMin: wire.learners_min,
  alarm: wire.sample_ratio?.alarm === true,
  evidence: number(wire.sample_ratio?.e_value),
  effects: some(wire.effects).map((effect) => ({
    metric: effect.metric,
    primary: effect.primary === true,
    variant: effect.variant,
    control: effect.control,
    controlLearners: effect.control_learners,
    variantLearners: effect.variant_learners,
    estimate: number(effect.estimate),
    low: number(effect.always_valid?.low),
    high: number(effect.always_valid?.high),
    verdict: effect.verdict,
  })),
  checks: new Map(some(wire.variants).filter((variant) => variant.closing_check)
    .map((variant) => [variant.name, readCheck(variant.closing_check)])),
});

/** @returns {Change} */
const readChange = (wire) => ({
  at: millis(wire.at) ?? NaN,
  change: wire.change,
  share: number(wire.share),
  variant: wire.variant ?? null,
  reason: wire.reason ?? "",
  by: wire.by ?? "",
});

/** @returns {Past} */
export const readPast = (wire) => ({
  metric: wire.metric,
  stepHours: wire.step_hours,
  seq: wire.seq,
  points: some(wire.points).map((point) => ({
    at: millis(point.at) ?? NaN,
    sides: some(point.variants).map((side) => ({
      name: side.variant, learners: side.learners, n: side.n, mean: number(side.mean),
    })),
    effects: some(point.effects).map((effect) => ({
      name: effect.variant,
      estimate: number(effect.estimate),
      low: number(effect.always_valid?.low),
      high: number(effect.always_valid?.high),
    })),
  })),
});

/** @returns {Check} */
const readCheck = (wire) => ({
  completed: wire.completed,
  missing: wire.missing,
  mean: number(wire.mean_grade),
  minutes: number(wire.minutes),
});

/** The audit page of a decision. */
export function readAudit(wire) {
  const given = wire.reward?.reward ?? null;
  return {
    id: wire.decision_id,
    learner: wire.learner,
    course: wire.course,
    courseVersion: wire.course_version,
    at: millis(wire.made_at),
    windowEndsAt: millis(wire.reward_window_ends_at),
    exposedAt: millis(wire.exposed_at),
    policy: wire.policy,
    policyVersion: wire.policy_version,
    experiment: wire.experiment ?? null,
    experimentVersion: wire.experiment_version ?? null,
    variant: wire.variant ?? null,
    activity: wire.activity,
    title: wire.title || wire.activity,
    probability: wire.propensity,
    seed: wire.seed,
    seq: wire.seq,
    floor: wire.floor,
    relaxation: wire.relaxation,
    sessionOver: wire.session_over ?? false,
    fallback: wire.fallback ?? null,
    candidates: some(wire.candidates).map(named),
    exclusions: some(wire.exclusions).map(named),
    features: some(wire.features),
    skills: some(wire.skills).map((skill) => ({
      title: skill.title || skill.skill,
      expectedSuccess: skill.expected_success,
      mastered: skill.mastered_probability,
      attempts: skill.attempts,
    })),
    probe: wire.probe ?? null,
    forLearner: wire.explanation?.learner ?? "",
    forTeacher: wire.explanation?.teacher ?? "",
    forScientist: wire.explanation?.scientist ?? "",
    pin: wire.override ?? null,
    heldOut: wire.holdout === true,
    withheld: wire.withheld ?? null,
    strategy: wire.strategy ?? null,
    plan: wire.plan ?? null,
    said: wire.context ?? null,
    client: wire.client ?? null,
    outcome: {
      state: wire.reward?.state ?? "open",
      reason: wire.reward?.reason ?? null,
      startedAt: millis(wire.reward?.started_at),
      ended: wire.reward?.ended ?? null,
      answers: wire.reward?.answers ?? 0,
      gain: number(wire.reward?.gain),
      reward: given && {
        at: millis(given.settled_at),
        value: given.value,
        unmeasured: given.unmeasured === true,
        gain: number(given.gain),
        gainSource: given.gain_source ?? null,
        delayedGain: number(given.delayed_gain),
        success: number(given.success),
        rawSuccess: number(given.raw_success),
        cost: given.cost,
        abandoned: given.abandoned === true,
        reported: Object.entries(given.reported ?? {}),
        defaulted: some(given.defaulted),
      },
    },
    weights: readWeights(wire.reward_weights),
  };
}

/** What a decision is worth, as its course declared it; null of what this version does not say. */
const readWeights = (wire = {}) => ({
  gain: number(wire.gain),
  delayedGain: number(wire.delayed_gain),
  success: number(wire.success),
  cost: number(wire.cost),
  abandonment: number(wire.abandonment),
  reported: new Map(Object.entries(wire.reported ?? {})),
});

/** A class view: a group of learners, skill by skill. */
export const readClass = (wire) => ({
  course: wire.course,
  title: wire.title || wire.course,
  at: millis(wire.at),
  seq: wire.seq ?? 0,
  activeDays: wire.active_days ?? null,
  inactive: wire.inactive ?? 0,
  standings: wire.standings ?? {},
  rules: { answers: wire.rules?.answers_min, wrong: wire.rules?.wrong_in_a_row,
    aheadSkills: wire.rules?.ahead_skills, aheadShare: wire.rules?.ahead_share },
  rows: some(wire.rows).map((row) => ({
    learner: row.learner,
    standing: row.standing,
    because: row.because ?? "",
    lastAt: millis(row.last_answer_at),
    answers: row.answers ?? 0,
    mastered: row.mastered ?? 0,
    fragile: row.fragile ?? 0,
    begun: row.begun ?? 0,
    completed: row.completed ?? 0,
    required: row.required ?? 0,
    stuck: row.stuck ? {
      title: row.stuck.title || row.stuck.skill,
      step: readStep(row.stuck.next_step),
      assign: row.stuck.assign ? named(row.stuck.assign) : null,
    } : null,
  })),
  learners: wire.learners ?? 0,
  courseLearners: wire.course_learners ?? 0,
  unknown: some(wire.unknown),
  next: wire.next ?? null,
  skills: some(wire.skills).map((skill) => ({
    id: skill.skill,
    title: skill.title || skill.skill,
    requires: some(skill.requires),
    statuses: skill.statuses ?? {},
    asked: skill.asked ?? 0,
    histogram: some(skill.histogram),
    success: skill.expected_success ?? null,
    recall: number(skill.mean_recall),
    due: skill.due_for_review ?? 0,
    stuck: some(skill.stuck_learners).map((one) => ({
      learner: one.learner,
      attempts: one.attempts_since_gain ?? 0,
      step: readStep(one.next_step),
    })),
  })),
});

/** What a learner seems to know, with the evidence. */
export const readMastery = (wire) => ({
  learner: wire.learner,
  at: millis(wire.at),
  entriesRead: wire.entries_read ?? 0,
  cut: wire.evidence_cut === true,
  courses: some(wire.courses).map((course) => ({
    id: course.course,
    title: course.title || course.course,
    skills: some(course.skills).map((skill) => ({
      id: skill.skill,
      title: skill.title || skill.skill,
      status: skill.status,
      because: skill.because ?? "",
      mastered: number(skill.mastered_probability),
      success: number(skill.expected_success),
      low: number(skill.low),
      high: number(skill.high),
      recall: number(skill.recall),
      isDue: skill.due_for_review === true,
      dueAt: millis(skill.due_at),
      attempts: skill.attempts ?? 0,
      right: skill.right ?? 0,
      lastAt: millis(skill.last_at),
      step: readStep(skill.next_step),
      evidence: some(skill.evidence).map((one) => ({
        at: millis(one.at),
        question: one.question,
        prompt: one.prompt || one.question,
        right: one.right === true,
        predicted: number(one.predicted),
        probe: one.probe === true,
        moved: one.moved,
        words: one.words ?? "",
      })),
    })),
  })),
});

const readStep = (wire) => (wire ? {
  title: wire.title || wire.skill,
  mastered: number(wire.mastered_probability),
  activities: some(wire.activities).map(named),
} : null);

const named = (wire) => ({ ...wire, title: wire.title || wire.activity });

/** What a request failed with; `status` is 0 when the server was not reached. */
export class Failure extends Error {
  constructor(status, message, problem = {}) {
    super(message);
    this.status = status;
    this.code = problem.code ?? null;
    this.errors = some(problem.errors);
  }
}

let isLeaving = false;
// A page that comes back from the browser's memory is not leaving any more.
addEventListener("pageshow", () => { isLeaving = false; });

/** Goes to the login page, and comes back here afterwards. Several requests may be refused at once. */
export function goToLogin() {
  if (isLeaving) return;
  isLeaving = true;
  location.assign(`${LOGIN}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** Asks the server; with a body it changes something. */
export async function get(path, body, method = "POST") {
  let response;
  const headers = { accept: "application/json" };
  const sent = body === undefined ? { headers } : {
    method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    response = await fetch(path, sent);
  } catch {
    throw new Failure(0, "The server does not answer.");
  }
  if (response.status === 401) goToLogin();
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Failure(response.status, problem.detail ?? `The server answered ${response.status}.`, problem);
  }
  return response.json();
}

export const openStream = () => new EventSource(LIVE);
export const getStats = () => get(STATS);
export const getAudit = (id) => get(`/v1/decisions/${encodeURIComponent(id)}`);
/** A course with all its activities; the stream has only the most chosen. */
export const getCourse = async (id) =>
  readCourse(await get(`/v1/courses/${encodeURIComponent(id)}/report`));
export const getResults = async (id) =>
  readResults(await get(`/v1/experiments/${encodeURIComponent(id)}/results`));

export const getExperiments = async () => some((await get("/v1/experiments")).experiments)
  .map((one) => ({ id: one.id, course: one.course, status: one.status, learners: one.learners,
    planned: one.planned_learners, startedAt: millis(one.started_at), stoppedAt: millis(one.stopped_at) }));
export const getPast = async (id, metric) => readPast(
  await get(`/v1/experiments/${encodeURIComponent(id)}/history?metric=${encodeURIComponent(metric)}`));
/** Does something with an experiment: `share`, `stop`, `conclude` or `archive`. */
export const changeExperiment = (id, what, body) =>
  get(`/v1/experiments/${encodeURIComponent(id)}/${what}`, body);
/** Starts an experiment. */
export const startExperiment = (definition) => get("/v1/experiments", definition);
/** The policies that may decide in a course. */
export const getPolicies = async (course) =>
  some((await get(`/v1/policies?course=${encodeURIComponent(course)}`)).policies).map(({ policy }) => policy);
/** What this browser may do. */
export const getSession = async () => new Set((await get("/v1/session")).scopes);

export const getCourses = async () => some((await get("/v1/courses")).courses)
  .map((course) => ({ id: course.id, title: course.title || course.id }));
/** The class view of everybody in a course after some id, or of some learners only. */
export async function getClass(course, { after = null, learners = null, days = null }) {
  const path = `/v1/courses/${encodeURIComponent(course)}/mastery`;
  if (learners !== null) {
    return readClass(await get(path, days === null ? { learners } : { learners, active_days: days }));
  }
  const query = new URLSearchParams();
  if (after !== null) query.set("after", after);
  if (days !== null) query.set("active_days", days);
  return readClass(await get(query.size === 0 ? path : `${path}?${query}`));
}
/** Sets a constraint for so many days of the server's time, or of this machine's when that is unknown. */
export async function setConstraint(constraint, days) {
  const random = Math.floor(Math.random() * 1e9).toString(36);
  const now = millis((await getStats()).at) ?? Date.now();
  const expires = new Date(now + days * 86_400_000).toISOString();
  return get(`/v1/constraints/page-${Date.now().toString(36)}-${random}`, { ...constraint, expires_at: expires }, "PUT");
}
/** Lets an activity come next for a learner, until it is completed or a week is over. */
export const pin = (course, learner, activity, reason) =>
  setConstraint({ course, learner, rule: "pin", activity, reason }, 7);
export const liftConstraint = (id, reason) => get(`/v1/constraints/${encodeURIComponent(id)}`, { reason }, "DELETE");
/** What teachers ordered that holds for a learner. */
export const getConstraints = async (course, learner) => some((await get(
  `/v1/constraints?${new URLSearchParams({ course, learner })}`)).constraints).map((one) => ({
  id: one.constraint, activity: one.activity, rule: one.rule, learner: one.learner ?? null, reason: one.reason,
  by: one.by, until: millis(one.expires_at),
}));
/** The activities of a course in its own order. */
export const getSyllabus = async (course) => some((await get(`/v1/courses/${encodeURIComponent(course)}`)).modules)
  .flatMap(({ activities }) => some(activities)).map((activity) => ({ id: activity.id, title: activity.title || activity.id }));
/** What a learner did last, the newest first. */
export const getLately = async (learner) => some((await get(
  `/v1/learners/${encodeURIComponent(learner)}/history?limit=60`)).entries).map((entry) => ({
  at: millis(entry.received_at), kind: entry.type, course: entry.course ?? null,
  activity: entry.data?.activity ?? null, right: entry.data?.grade === 1,
}));
export const getSupports = async (course) =>
  readSupports(await get(`/v1/courses/${encodeURIComponent(course)}/supports`));
export const getMastery = async (id) =>
  readMastery(await get(`/v1/learners/${encodeURIComponent(id)}/mastery`));

/** The decisions among the last entries of the journal, the newest first. */
export async function getChoices(head, entries) {
  const page = await get(`/v1/journal?after=${Math.max(0, head - entries)}&limit=${entries}`);
  const made = some(page.entries).filter((entry) => entry.type === "decision_made");
  return made.reverse().map(({ data }) => {
    const chosen = some(data.candidates).find(({ activity }) => activity === data.activity);
    return readChoice({ ...data, title: chosen?.title });
  });
}

/** Asks for a session. Answers nothing when it worked, or else what went wrong, in words. */
export async function login(key) {
  const body = new URLSearchParams({ key });
  const response = await fetch(LOGIN, { method: "POST", body }).catch(() => null);
  if (response === null) return "The server does not answer. Is it running?";
  const turnedBack = response.redirected && new URL(response.url).pathname.startsWith(LOGIN);
  if (response.ok && !turnedBack) return null;
  if (response.status >= 500) return "The server could not check the key. Try again shortly.";
  if (response.status === 429) return "Too many tries. Wait a minute, then try again.";
  return "This key does not open the door. Check that you copied all of it, and that it was not revoked.";
}
