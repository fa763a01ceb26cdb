/** Events that were recorded and are not yet known to be on the server's disk, in their order. */

import { QueueFull } from "./errors.js";

/** Where events wait over restarts. `localStorage` is one; `FileStore` of `@nexus-learning/client/server` is one for Node. */
export interface Store {
  readonly length: number;
  key(position: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  /** All keys at once, where that is quicker than one after another. */
  keys?(): string[];
}

/** An event that waits: its id, its learner, and the very text that is sent. */
export type Waiting = readonly [id: string, learner: string, text: string];

/** Taking leaves events in; removing is for those with a receipt. */
export interface Outbox {
  put(event: Waiting): void;
  take(count: number, learner?: string): Waiting[];
  remove(ids: readonly string[]): void;
  replace(id: string, text: string): void;
  count(learner?: string): number;
}

const fits = (learner?: string) => (event: Waiting) => learner === undefined || event[1] === learner;

/** A place is the time and a count, in digits whose order is that of the texts. */
const digits = (number: number, places: number) => number.toString(36).padStart(places, "0");
const PLACE_CHARACTERS = 17;
const COUNT_MAX = 36 ** 6;

/** Lasts as long as the page or the process. */
export class MemoryOutbox implements Outbox {
  readonly #events = new Map<string, Waiting>();

  constructor(readonly eventsMax: number) {}

  put(event: Waiting): void {
    if (this.#events.has(event[0])) return;
    if (this.#events.size >= this.eventsMax) throw new QueueFull(`${this.eventsMax} events wait already`);
    this.#events.set(event[0], event);
  }

  take(count: number, learner?: string): Waiting[] {
    const taken = [];
    for (const event of this.#events.values()) {
      if (taken.length >= count) break;
      if (fits(learner)(event)) taken.push(event);
    }
    return taken;
  }

  remove(ids: readonly string[]): void {
    ids.forEach((id) => this.#events.delete(id));
  }

  replace(id: string, text: string): void {
    const known = this.#events.get(id);
    if (known) this.#events.set(id, [id, known[1], text]);
  }

  count(learner?: string): number {
    return learner === undefined ? this.#events.size : [...this.#events.values()].filter(fits(learner)).length;
  }
}

/**
 * Lasts until it is delivered. Each event has an entry of its own, whose name is its place and its id, so that two windows
 * which share the store never write over each other. Both may send an event; its id makes that harmless.
 */
export class StoredOutbox implements Outbox {
  #made = 0;

  constructor(readonly store: Store, readonly eventsMax: number, readonly prefix = "nexus:event:") {}

  put(event: Waiting): void {
    const keys = this.#keys();
    if (keys.some((key) => this.#idOf(key) === event[0])) return;
    if (keys.length >= this.eventsMax) throw new QueueFull(`${this.eventsMax} events wait already`);
    const place = `${digits(Date.now(), 9)}-${digits(this.#made++ % COUNT_MAX, 6)}-`;
    try {
      this.store.setItem(this.prefix + place + event[0], JSON.stringify(event));
    } catch (trouble) {
      throw new QueueFull(`the store takes no more: ${String(trouble)}`);
    }
  }

  take(count: number, learner?: string): Waiting[] {
    const taken = [];
    for (const key of this.#keys()) {
      if (taken.length >= count) break;
      const event = this.#read(key);
      if (event && fits(learner)(event)) taken.push(event);
    }
    return taken;
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.#keys().filter((key) => gone.has(this.#idOf(key))).forEach((key) => this.store.removeItem(key));
  }

  replace(id: string, text: string): void {
    for (const key of this.#keys().filter((it) => this.#idOf(it) === id)) {
      const event = this.#read(key);
      if (event) this.store.setItem(key, JSON.stringify([id, event[1], text]));
    }
  }

  count(learner?: string): number {
    const keys = this.#keys();
    return learner === undefined ? keys.length : keys.map((key) => this.#read(key)).filter((it) => it && fits(learner)(it)).length;
  }

  #keys(): string[] {
    const { store } = this;
    // In `localStorage` a site's own entry may be called `keys`.
    const all = typeof store.keys === "function" ? store.keys()
      : Array.from({ length: store.length }, (_, position) => store.key(position) ?? "");
    return all.filter((key) => key.startsWith(this.prefix)).sort();
  }

  #idOf(key: string): string {
    return key.slice(this.prefix.length + PLACE_CHARACTERS);
  }

  /** What another program wrote under our name is no event. */
  #read(key: string): Waiting | undefined {
    try {
      const event: unknown = JSON.parse(this.store.getItem(key) ?? "");
      return Array.isArray(event) && event.length === 3 ? (event as unknown as Waiting) : undefined;
    } catch {
      return undefined;
    }
  }
}
