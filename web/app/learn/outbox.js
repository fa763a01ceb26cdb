// What the learner did goes out in its order, each with an id made here: sent twice, it still counts
// once. Nothing leaves the device's list before Nexus has said that it is on disk.

import { shelf } from "./shelf.js";
import { WireFailure } from "./wire.js";

const BATCH = 100;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

export class Outbox {
  #wire;
  #on;
  #timer = null;
  #tries = 0;
  #running = null;
  /** Events that Nexus did not take. */
  lost = 0;
  /** Whether the last try failed. */
  troubled = false;

  /** `on.changed()` whenever what is unsent may have changed, `on.sent()` when something arrived. */
  constructor(wire, on) {
    this.#wire = wire;
    this.#on = on;
    addEventListener("online", () => this.flush().catch(() => {}));
  }

  get unsent() {
    return shelf.unsent(this.#wire.learner).length;
  }

  /** Keeps an event, to be sent by the next [`flush`]. */
  add(event) {
    shelf.keepUnsent(this.#wire.learner, [...shelf.unsent(this.#wire.learner), event]);
    this.#on.changed();
  }

  /**
   * Sends what is unsent. Answers when all of it is on disk; fails as the wire does, and then tries
   * again by itself when the network was what failed.
   */
  flush() {
    this.#running ??= this.#sendAll().finally(() => { this.#running = null; });
    return this.#running;
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    // Two windows of one learner share the list: one of them sends at a time.
    const alone = navigator.locks
      ? (work) => navigator.locks.request(`nexus-learn:${this.#wire.learner}`, work)
      : (work) => work();
    const before = this.unsent;
    try {
      await alone(() => this.#sendBatches());
      this.troubled = false;
      this.#tries = 0;
    } catch (failure) {
      this.troubled = true;
      if (failure instanceof WireFailure && ["offline", "busy"].includes(failure.trouble)) this.#retryLater();
      throw failure;
    } finally {
      this.#on.changed();
    }
    if (before > 0) this.#on.sent();
  }

  async #sendBatches() {
    const { learner } = this.#wire;
    for (let batch = shelf.unsent(learner).slice(0, BATCH); batch.length > 0;
      batch = shelf.unsent(learner).slice(0, BATCH)) {
      const { receipts } = await this.#wire.events(batch);
      this.lost += receipts.filter(({ status }) => status === "rejected").length;
      const sent = new Set(batch.map(({ id }) => id));
      shelf.keepUnsent(learner, shelf.unsent(learner).filter(({ id }) => !sent.has(id)));
    }
  }

  #retryLater() {
    const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => this.flush().catch(() => {}), wait);
  }
}
