/** What goes over the wire, in the words of the wire. docs/openapi.json has all of it. */

/** What every event says. Leave out `id` and `occurred_at`: the client makes both, once. */
export interface EventHead {
  learner: string;
  course: string;
  id?: string;
  /** RFC 3339, like `2026-11-22T09:30:00Z`. */
  occurred_at?: string;
  /** The decision that led to it; none when it is null. */
  decision_id?: string | null;
  course_version?: number;
}

/** What a learner did; `type` says which. */
export type LearnerEvent = EventHead & EventBody;

export type EventBody =
  /** `test` makes a test learner, who teaches Nexus nothing: it has to be the first event. */
  | { type: "enrolled"; test?: boolean }
  | { type: "session_started" | "session_ended" }
  | { type: "activity_started" | "activity_completed" | "activity_skipped"; activity: string }
  | { type: "video_progressed"; activity: string; segments: [from: number, to: number][] }
  | {
    type: "question_answered";
    question: string;
    /** What the learner answered, when the course can grade it; else the site says `correct` or `grade`. */
    response?: string;
    correct?: boolean;
    grade?: number;
    activity?: string;
    duration_ms?: number;
    hints?: number;
    attempt?: number;
    probe?: boolean;
  }
  | { type: "quiz_completed"; activity: string; grade?: number }
  | { type: "feedback"; activity: string; rating: number; comment?: string };

/** What became of one event. */
export interface EventReceipt {
  id: string | null;
  status: "accepted" | "duplicate" | "rejected";
  seq?: number;
  /** The event that told the same answer before, under another id. */
  duplicate_of?: string;
  late?: boolean;
  /** Something later had come of this learner before. */
  out_of_order?: boolean;
  /** Optional fields that were rounded or left out. */
  remarks?: { pointer: string; code: string; detail: string }[];
  code?: string;
  detail?: string;
  pointer?: string;
}

/** A place in a request that is wrong. */
export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

export type ActivityKind = "video" | "reading" | "quiz" | "exercise" | "placement" | "check";

/** A question drawn at random to measure; ask it before the activity, and answer it with `probe: true`. */
export interface Probe {
  question: string;
  propensity: number;
  kind?: string | null;
  prompt?: string | null;
  options?: { id: string; text: string }[];
}

/**
 * What a learner should do next. `fallback` says why a policy did not choose: `no_answer` and `storage_full` when the
 * course's own path was taken because Nexus could not decide, and the words of the server. No policy ever learns from
 * any of them.
 */
export type Decision = DecisionHead & (
  | { status: "activity"; activity: string; decision_id: string }
  | { status: "rest" | "complete"; activity: null; decision_id: null }
);

/** What every decision says, with null for what it does not. */
export interface DecisionHead {
  learner: string;
  course: string;
  title: string | null;
  kind: ActivityKind | null;
  minutes: number | null;
  propensity: number | null;
  policy: string | null;
  policy_version: number | null;
  experiment: string | null;
  variant: string | null;
  probe: Probe | null;
  not_before: string | null;
  fallback: "no_answer" | "storage_full" | "kill_switch" | "invalid_distribution" | null;
  duplicate: boolean;
  /** Whether this client made it because Nexus could not: the server knows nothing of it. */
  is_local: boolean;
  /** The whole body that came, with what this version does not know. */
  raw: Readonly<Record<string, unknown>>;
}

/** A help with a question: `text` to show, or an `activity` to do. */
export interface Support {
  support_id: string;
  learner: string;
  course: string;
  question: string;
  support: string;
  kind: "hint" | "worked_example" | "explanation" | "remedial_activity";
  text?: string | null;
  activity?: string | null;
  propensity: number;
  explanation: string;
  duplicate: boolean;
}

export type SkillStatus = "not_started" | "learning" | "mastered" | "fragile" | "stuck";

/** What a learner seems to know of one skill. `low` and `high` are the 90 % interval of `expected_success`. */
export interface SkillState {
  course: string;
  skill: string;
  title: string;
  status: SkillStatus;
  mastered_probability: number;
  expected_success: number;
  low: number;
  high: number;
  recall: number;
  attempts: number;
  right: number;
  because: string;
  due_at?: string | null;
}

/** When a mastered skill should be reviewed, and by what. */
export interface Review {
  skill: string;
  title: string;
  recall: number;
  falls_at: string;
  due_at: string;
  activity?: string | null;
}
