// The course of an experiment as this browser saw it. Kept over a reload, for this tab alone.

const KEPT = "nexus.history";
const POINTS_MAX = 600;

/** @typedef {{ at: number, seen: number, values: Record<string, (number | null)[]> }} Point */

/**
 * Points of one experiment: `at` is the node's time, `seen` this machine's. When there are too many,
 * every second one is dropped, so that the whole course stays visible.
 */
export class History {
  /** @type {Point[]} */
  points = [];
  #id = "";
  /** Seconds between two points, about. */
  stride = 1;
  #skipped = 0;

  /** @param {number} at @param {import("./api.js").Experiment} experiment */
  add(at, experiment) {
    if (this.#id !== experiment.id) this.#begin(experiment.id);
    const last = this.points.at(-1);
    // Time that runs backwards means another server.
    if (last !== undefined && at < last.at) this.points = [];
    if (last !== undefined && this.#skipped + 1 < this.stride) {
      this.#skipped += 1;
      return;
    }
    this.#skipped = 0;
    const of = (metric) => experiment.variants.map((variant) => variant.means.get(metric) ?? null);
    const metrics = ["closing_check", "completion_rate", "mean_score"];
    const values = Object.fromEntries(metrics.map((metric) => [metric, of(metric)]));
    this.points.push({ at, seen: Date.now(), values });
    if (this.points.length > POINTS_MAX) {
      this.points = this.points.filter((_, position) => position % 2 === 0);
      this.stride *= 2;
    }
  }

  keep() {
    const kept = { id: this.#id, stride: this.stride, points: this.points };
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
      // A full or forbidden storage only means that a reload begins anew.
    }
  }

  #begin(id) {
    this.#id = id;
    this.stride = 1;
    this.points = [];
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
      if (kept?.id !== id || !Array.isArray(kept.points)) return;
      this.points = kept.points;
      this.stride = kept.stride;
    } catch {
      // What cannot be read is forgotten.
    }
  }
}
