// The client's types beside those of the API document. It is compiled strictly and never run: what one says of the wire,
// the other must say too.

import type { Decision, EventReceipt, FieldProblem, LearnerEvent, Probe, Review, SkillState, Support } from "@nexus-learning/client";
import type { components } from "./api.js";

type Schemas = components["schemas"];

// What the client sends is what the document takes, once it has an id.
const event = (mine: LearnerEvent & { id: string }): Schemas["LearnerEvent"] => mine;
// @ts-expect-error: a rating needs an activity.
const rated: LearnerEvent = { learner: "l", course: "c", type: "feedback", rating: 5 };
// @ts-expect-error: there is no such type of event.
const danced: LearnerEvent = { learner: "l", course: "c", type: "danced" };
// `status` says whether there is an activity, also to the compiler; a rest names no decision.
const show = (next: Decision): string => (next.status === "activity" ? next.activity : `nothing before ${next.not_before}`);
const started = ({ learner, course, decision_id }: Decision): LearnerEvent => ({ type: "enrolled", learner, course, decision_id });
const everyType = (type: Schemas["LearnerEvent"]["type"]): LearnerEvent["type"] => type;

// What the document promises is what the client gives.
type Answer = Schemas["DecisionAnswer"];
// A learner's token is not told who decided: the client gives null.
const decision = (theirs: Answer): Pick<Decision, "decision_id" | "activity" | "kind" | "propensity" | "policy"> => (
  { ...theirs, policy: theirs.policy ?? null, propensity: theirs.propensity ?? null }
);
const fallback = (theirs: Schemas["Fallback"]): Decision["fallback"] => theirs;
const status = (theirs: Answer["status"] | Schemas["RestAnswer"]["status"]): Decision["status"] => theirs;
const probe = (theirs: Schemas["ProbeQuestion"]): Pick<Probe, "question" | "propensity"> => theirs;
const support = (theirs: Schemas["SupportAnswer"]): Omit<Support, "text" | "activity"> => theirs;
const skill = (theirs: Schemas["SkillMastery"]): Omit<SkillState, "course" | "due_at"> => theirs;
const review = (theirs: Schemas["ReviewSummary"]): Omit<Review, "activity"> => theirs;
const receipt = (theirs: Schemas["EventReceipt"]): EventReceipt["status"] => theirs.status;
const problem = (theirs: Schemas["FieldProblem"]): FieldProblem => theirs;

export { danced, decision, event, everyType, fallback, probe, problem, rated, receipt, review, show, skill, started, status, support };
