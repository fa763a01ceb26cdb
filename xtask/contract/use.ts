// A program that uses the types of the API document. It is compiled strictly and never run: what
// is marked as an error must be one.

import type { components, operations, paths } from "./api";

type Schemas = components["schemas"];

// An event has the fields that belong to its type.
const answered: Schemas["LearnerEvent"] = {
  id: "event-1", learner: "learner-1", course: "fractions",
  type: "question_answered", question: "half-of-four", response: "b",
};
// @ts-expect-error: a rating needs an activity.
const rated: Schemas["LearnerEvent"] = { id: "e", learner: "l", course: "c", type: "feedback", rating: 5 };
// @ts-expect-error: there is no such type of event.
const danced: Schemas["LearnerEvent"] = { id: "e", learner: "l", course: "c", type: "danced" };

/** `type` tells the kinds of events apart. */
function activityOf(event: Schemas["LearnerEvent"]): string | null | undefined {
  switch (event.type) {
    case "activity_started":
    case "activity_completed":
    case "activity_skipped":
    case "video_progressed":
    case "question_answered":
    case "quiz_completed":
    case "feedback":
      return event.activity;
    case "enrolled":
    case "session_started":
    case "session_ended":
      return undefined;
    default:
      return event satisfies never;
  }
}

// Words are typed.
const fallback: Schemas["Fallback"] = "kill_switch";
const reason: Schemas["ExclusionReason"] = "pinned_first";
// @ts-expect-error: no reason of that name.
const noReason: Schemas["ExclusionReason"] = "bad_luck";

// Requests and answers are typed by their address.
type Decide = paths["/v1/decisions"]["post"];
type DecisionRequest = Decide["requestBody"]["content"]["application/json"];
type NextAnswer = Decide["responses"][200]["content"]["application/json"];
const request: DecisionRequest = { learner: "learner-1", course: "fractions" };
// `status` says whether there is an activity, also to the compiler.
const show = (answer: NextAnswer): string =>
  answer.status === "activity"
    ? `${answer.activity}: ${answer.kind}`
    : `${answer.status} until ${answer.not_before ?? "further notice"}`;

// Help with a question is a text or an activity.
type Help = paths["/v1/supports"]["post"]["responses"][200]["content"]["application/json"];
const help = (answer: Help): string => answer.text ?? `do ${answer.activity ?? "nothing"}`;
// @ts-expect-error: there is no such reason.
const bored: Schemas["SupportRequest"] = { learner: "l", course: "c", question: "q", reason: "bored" };

// A review says when it is due, and what would do.
type Reviews = paths["/v1/learners/{id}/reviews"]["get"]["responses"][200]["content"]["application/json"];
const due = (list: Reviews): string[] =>
  list.reviews.map((it) => `${it.title}: ${it.activity ?? "nothing"} at ${it.due_at}`);

// A source says how far it has come, and what went wrong last.
type Sources = paths["/v1/sources"]["get"]["responses"][200]["content"]["application/json"];
const behind = (list: Sources): string[] =>
  list.sources.map((it) => `${it.source}: ${it.lag ?? "?"} to go, ${it.last_error?.detail ?? "well"}`);

// A sink says how far it has come, and what its receiver answers.
type Sinks = paths["/v1/sinks"]["get"]["responses"][200]["content"]["application/json"];
const unsent = (list: Sinks): string[] =>
  list.sinks.map((it) => `${it.sink}: ${it.lag ?? "?"} to go, ${it.last_error ?? "well"}`);

// A lesson tells what is right only after an answer.
type Lesson = paths["/v1/learners/{id}/lesson"]["get"]["responses"][200]["content"]["application/json"];
const told = (lesson: Lesson): string[] =>
  (lesson.activity?.questions ?? []).map((it) => it.answer?.explanation ?? "not answered yet");

// The history of an experiment says how sure it was at each moment.
type Past = paths["/v1/experiments/{id}/history"]["get"]["responses"][200]["content"]["application/json"];
const widths = (past: Past): (number | null)[] =>
  past.points.flatMap((it) => it.effects).map((it) => (it.always_valid ? it.always_valid.high - it.always_valid.low : null));
// @ts-expect-error: an experiment stands nowhere else.
const asleep: Schemas["ExperimentStatus"] = "asleep";

// Everything about one learner, and a list of all.
type Everything = paths["/v1/learners/{id}/export"]["get"]["responses"][200]["content"]["application/json"];
const kept = (all: Everything): string[] =>
  all.entries.map((it) => `${it.seq} ${it.type}`).concat(all.mastery.courses.map((it) => it.title));
type Everybody = paths["/v1/learners"]["get"]["responses"][200]["content"]["application/json"];
const testers = (list: Everybody): string[] => list.learners.filter((it) => it.test).map((it) => it.learner);

// Every error is a problem with a code.
type Refused = operations["post_decision"]["responses"][422]["content"]["application/problem+json"];
const code = (problem: Refused): string => problem.code;

export { activityOf, answered, asleep, behind, bored, code, danced, due, fallback, help, kept, noReason, rated, reason, request, show, testers, told, widths };
