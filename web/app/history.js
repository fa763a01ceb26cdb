// The course of an experiment as the server kept it: the mean of each variant, and now.

import { getPast } from "./api.js";

const REFRESH_MS = 20_000;
const METRICS = ["closing_check", "completion_rate", "mean_score"];

/** @typedef {{ at: number, values: Record<string, (number | null)[]> }} Point */

/** Points of one experiment, the oldest first; `at` is the server's time. */
export class History {
  /** @type {Point[]} */
  #kept = [];
  #id = "";
  #askedAt = 0;

  /** Asks the server, when it was not asked lately. @param {import("./api.js").Experiment} experiment */
  async refresh(experiment) {
    const { id, variants } = experiment;
    if (this.#id !== id) [this.#id, this.#kept, this.#askedAt] = [id, [], 0];
    if (Date.now() - this.#askedAt < REFRESH_MS) return;
    this.#askedAt = Date.now();
    const metrics = METRICS.filter((metric) => variants.some(({ measured }) => measured.has(metric)));
    const all = await Promise.all(metrics.map((metric) => getPast(id, metric)));
    if (this.#id !== id || all.length === 0) return;
    // The last point of each is of the moment that it was asked in: the stream has a newer one.
    const at = new Map(all[0].points.slice(0, -1).map((point) => [point.at, {}]));
    for (const past of all) {
      for (const point of past.points) {
        const values = at.get(point.at);
        if (values !== undefined) values[past.metric] = point.sides.map(({ mean }) => mean);
      }
    }
    this.#kept = [...at].map(([when, values]) => ({ at: when, values }));
  }

  /** What was kept, and what is true now. @returns {Point[]} */
  until(now, experiment) {
    if (this.#id !== experiment.id) return [];
    const of = (metric) => experiment.variants.map((variant) => variant.means.get(metric) ?? null);
    return [...this.#kept, { at: now, values: Object.fromEntries(METRICS.map((metric) => [metric, of(metric)])) }];
  }
}
