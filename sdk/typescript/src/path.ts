/** The course's own path, on this side: what to show when Nexus does not answer. */

import type { Unavailable } from "./errors.js";
import { randomId } from "./ids.js";
import type { Store } from "./outbox.js";
import type { Decision, DecisionHead, LearnerEvent } from "./types.js";

const LEARNERS_MAX = 10_000;
const KEY = "nexus:path:";
const MEASURING = new Set(["placement", "check"]);
/** Events after which an activity does not come again on the local path. */
const DONE = new Set<string>(["activity_completed", "activity_skipped", "quiz_completed"]);

/** What one learner did in one course: the activities that are done, and the local decision that is followed. */
interface Walk {
  done: string[];
  decisionId?: string | undefined;
}

interface CourseFile {
  path?: string[];
  modules: { activities: { id: string; kind: string; title: string; minutes: number }[] }[];
}

/**
 * Paths of courses, and how far each learner has come on them as far as this client was told.
 *
 * An activity that was served from here has a decision id that Nexus never made. Until Nexus decides again, every event of
 * the learner in the course that names no decision carries that id: the answer to a decision may have been lost on its
 * way, and an event that names an unknown decision starts none (docs/rewards.md). So no policy learns from what was done
 * meanwhile.
 */
export class LocalPath {
  readonly #paths = new Map<string, readonly string[]>();
  readonly #activities = new Map<string, { title: string; kind: string; minutes: number }>();
  readonly #walks = new Map<string, Walk>();
  readonly #store: Store | undefined;

  constructor(paths: Readonly<Record<string, readonly string[]>>, store: Store | undefined) {
    Object.entries(paths).forEach(([course, path]) => this.set(course, path));
    this.#store = store;
  }

  set(course: string, path: readonly string[]): void {
    this.#paths.set(course, [...path]);
  }

  /** Takes the path of a course file, without what measures: a placement or a check needs Nexus. */
  read(course: string, file: CourseFile): void {
    const activities = new Map(file.modules.flatMap((module) => module.activities).map((it) => [it.id, it]));
    activities.forEach((it, id) => this.#activities.set(`${course} ${id}`, it));
    const path = file.path?.length ? file.path : [...activities.keys()];
    this.set(course, path.filter((id) => !MEASURING.has(activities.get(id)?.kind ?? "")));
  }

  /** The next activity on the path. Throws `trouble` when the course has none here. */
  next(
    learner: string, course: string, only: readonly string[] | undefined, exclude: readonly string[], trouble: Unavailable,
  ): Decision {
    const path = this.#paths.get(course);
    const named = trouble.staticActivity;
    if (named === undefined && !path) throw trouble;
    const walk = this.#walk(learner, course);
    const fits = (id: string) => !walk.done.includes(id) && !exclude.includes(id) && (!only || only.includes(id));
    const activity = named ?? path?.find(fits) ?? null;
    walk.decisionId = `fallback:${randomId()}`;
    this.#keep(learner, course, walk);
    const known = this.#activities.get(`${course} ${activity}`);
    const head: DecisionHead = {
      learner,
      course,
      title: known?.title ?? null,
      kind: (known?.kind ?? null) as DecisionHead["kind"],
      minutes: known?.minutes ?? null,
      propensity: null,
      policy: null,
      policy_version: null,
      experiment: null,
      variant: null,
      probe: null,
      not_before: null,
      fallback: named === undefined ? "no_answer" : "storage_full",
      duplicate: false,
      is_local: true,
      raw: {},
    };
    if (activity === null) return { ...head, status: "rest", activity, decision_id: null };
    return { ...head, status: "activity", activity, decision_id: walk.decisionId };
  }

  /** Nexus decides again: what follows belongs to its decisions. */
  decided(learner: string, course: string): void {
    const walk = this.#walk(learner, course);
    if (walk.decisionId === undefined) return;
    walk.decisionId = undefined;
    this.#keep(learner, course, walk);
  }

  /** Names in an event the local decision that it follows from, when the site has not. */
  name(event: LearnerEvent): void {
    const { decisionId } = this.#walk(event.learner, event.course);
    if (decisionId !== undefined) event.decision_id ??= decisionId;
  }

  /** Takes in what was done. */
  note(event: LearnerEvent): void {
    if (!DONE.has(event.type) || !this.#paths.has(event.course) || !("activity" in event) || event.activity === undefined) return;
    const walk = this.#walk(event.learner, event.course);
    if (walk.done.includes(event.activity)) return;
    walk.done.push(event.activity);
    this.#keep(event.learner, event.course, walk);
  }

  #walk(learner: string, course: string): Walk {
    const key = `${course}:${learner}`;
    return this.#walks.get(key) ?? this.#stored(key) ?? { done: [] };
  }

  #stored(key: string): Walk | undefined {
    try {
      const walk = JSON.parse(this.#store?.getItem(KEY + key) ?? "") as Walk;
      return Array.isArray(walk.done) ? walk : undefined;
    } catch {
      return undefined;
    }
  }

  #keep(learner: string, course: string, walk: Walk): void {
    const key = `${course}:${learner}`;
    this.#walks.delete(key);
    this.#walks.set(key, walk);
    for (const oldest of this.#walks.keys()) {
      if (this.#walks.size <= LEARNERS_MAX) break;
      this.#walks.delete(oldest);
    }
    try {
      this.#store?.setItem(KEY + key, JSON.stringify(walk));
    } catch {
      // A full store: the walk lasts as long as the page.
    }
  }
}
