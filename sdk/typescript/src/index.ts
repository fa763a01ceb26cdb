/** Nexus for sites, in the browser and in Node. */

export { Client, type ClientOptions, type DecideOptions, type SupportOptions } from "./client.js";
export { QueueFull, Refused, Unavailable } from "./errors.js";
export type { Store } from "./outbox.js";
export type {
  ActivityKind, Decision, DecisionHead, EventBody, EventReceipt, FieldProblem, LearnerEvent, Probe, Review, SkillState, SkillStatus, Support,
} from "./types.js";
