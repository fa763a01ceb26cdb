/** The course's own path, on this side: what to show when Nexus does not answer. */

import type { Unavailable } from "./errors.js";
import { randomId } from "./ids.js";
import type { Store } from "./outbox.js";
import type { Decision, LearnerEvent } from "./types.js";

const LEARNERS_MAX = 10_000;
const KEY = "nexus:path:";
const MEASURING = new Set(["placement", "check"]);
/** Events after which an activity does not come again on the local path. */
const DONE = new Set<string>(["activity_completed", "activity_skipped", "quiz_completed"]);

/** What one learner did in one course: the activities that are done, and the local decisions that are followed. */
interface Walk {
  done: string[];
  decisionIds: Record<string, string>;
}

interface CourseFile {
  path?: string[];
  modules: { activities: { id: string; kind: string; title: string; minutes: number }[] }[];
}

/**
 * Paths of courses, and how far each learner has come on them as far as this client was told.
 *
 * An activity that was served from here has a decision id that Nexus never made. Its events carry that id, and an event
 * that names an unknown decision starts none, so no policy learns from what came of it (docs/rewards.md).
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
    walk.decisionIds = activity === null ? {} : { [activity]: `fallback:${randomId()}` };
    this.#keep(learner, course, walk);
    const known = this.#activities.get(`${course} ${activity}`);
    return {
      status: activity === null ? "rest" : "activity",
      learner,
      course,
      decision_id: activity === null ? null : walk.decisionIds[activity] ?? null,
      activity,
      title: known?.title ?? null,
      kind: (known?.kind ?? null) as Decision["kind"],
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
  }

  /** Nexus decides again: what follows belongs to its decisions. */
  decided(learner: string, course: string): void {
    const walk = this.#walk(learner, course);
    if (Object.keys(walk.decisionIds).length === 0) return;
    walk.decisionIds = {};
    this.#keep(learner, course, walk);
  }

  /** Names in an event the local decision that it follows from, when the site has not. */
  name(event: LearnerEvent): void {
    const activity = "activity" in event ? event.activity : undefined;
    const id = activity === undefined ? undefined : this.#walk(event.learner, event.course).decisionIds[activity];
    if (id !== undefined) event.decision_id ??= id;
  }

  /** Takes in what was done. */
  note(event: LearnerEvent): void {
    if (!DONE.has(event.type) || !("activity" in event) || event.activity === undefined) return;
    const walk = this.#walk(event.learner, event.course);
    if (walk.done.includes(event.activity)) return;
    walk.done.push(event.activity);
    this.#keep(event.learner, event.course, walk);
  }

  #walk(learner: string, course: string): Walk {
    const key = `${course}:${learner}`;
    return this.#walks.get(key) ?? this.#stored(key) ?? { done: [], decisionIds: {} };
  }

  #stored(key: string): Walk | undefined {
    try {
      const walk = JSON.parse(this.#store?.getItem(KEY + key) ?? "") as Walk;
      return Array.isArray(walk.done) && typeof walk.decisionIds === "object" ? walk : undefined;
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
