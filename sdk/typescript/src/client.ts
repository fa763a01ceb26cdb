/** The client of a site: events that are not lost, decisions that never keep a learner waiting. */

import { Refused, Unavailable } from "./errors.js";
import { randomId } from "./ids.js";
import { MemoryOutbox, StoredOutbox, type Outbox, type Store, type Waiting } from "./outbox.js";
import { LocalPath } from "./path.js";
import type { Decision, EventReceipt, LearnerEvent, Review, SkillState, Support } from "./types.js";
import { Wire, now, pauseSeconds, timeLeft, type Body, type Credential, type Wait } from "./wire.js";

const BATCH_EVENTS = 100;
/** Half of what the server takes in one request, if every character took three bytes. */
const BATCH_CHARACTERS = 170 * 1024;
/** More than any event needs: its longest text has 4,000 characters. */
const EVENT_CHARACTERS_MAX = 64 * 1024;
/** How long an event may wait for others to go with it. */
const LINGER_SECONDS = 0.2;
const REJECTED_KEPT = 1000;
/** Refusals of a whole batch that are about one of its events. Others are about the caller or the address. */
const OF_AN_EVENT = new Set([400, 413, 415, 422]);

export interface ClientOptions {
  /** The address of Nexus, like `https://nexus.example`. */
  url: string;
  /** An API key or a token, or a function that gives a token: it is asked again when one has expired. */
  key?: Credential;
  /** That it is the token of this learner, whose ids have a form of their own; others' events stay in the queue. */
  learner?: string;
  /** The courses' own paths, as activities in their order: what to show when Nexus does not answer. */
  paths?: Readonly<Record<string, readonly string[]>>;
  /** Where events wait over restarts, like `localStorage`. Without it they wait in memory. */
  store?: Store;
  queueEventsMax?: number;
  /** How long a learner waits for a decision at most. */
  decideSeconds?: number;
  /** How long any other call takes at most. */
  seconds?: number;
  tries?: number;
  /** Whether events are sent by themselves; else only by `flush` and `decide`. */
  background?: boolean;
  /** Told of every event that Nexus refused. */
  onRejected?: (event: LearnerEvent, receipt: EventReceipt) => void;
  wait?: Wait;
}

export interface DecideOptions {
  /** Only these activities. */
  candidates?: readonly string[];
  /** Not these. */
  exclude?: readonly string[];
  /** What only the site knows of the moment; nothing that says who the learner is. */
  context?: Readonly<Record<string, string | number | boolean>>;
  decisionId?: string;
}

export interface SupportOptions {
  reason?: "asked" | "wrong";
  decision?: Decision;
  supportId?: string;
}

export class Client {
  /** The latest events that Nexus refused, each with its receipt. They are not sent again. */
  readonly rejected: [event: LearnerEvent, receipt: EventReceipt][] = [];
  /** Why the last try to send events failed, if it did. */
  trouble: Unavailable | Refused | undefined;

  readonly #options: ClientOptions;
  readonly #wire: Wire;
  readonly #wait: Wait;
  readonly #outbox: Outbox;
  readonly #path: LocalPath;
  readonly #decideSeconds: number;
  readonly #seconds: number;
  readonly #tries: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #sending: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#wait = options.wait ?? ((seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); }));
    this.#wire = new Wire(options.url, options.key, this.#wait);
    const eventsMax = options.queueEventsMax ?? (options.store ? 1_000 : 10_000);
    this.#outbox = options.store ? new StoredOutbox(options.store, eventsMax) : new MemoryOutbox(eventsMax);
    // A page keeps how far its learner is; a server with many learners does so as long as it runs.
    this.#path = new LocalPath(options.paths ?? {}, options.learner === undefined ? undefined : options.store);
    this.#decideSeconds = options.decideSeconds ?? 2;
    this.#seconds = options.seconds ?? 10;
    this.#tries = options.tries ?? 3;
    if (options.background !== false) {
      globalThis.addEventListener?.("online", this.#online);
      if (this.pending > 0) this.#later(0);
    }
  }

  // Events

  /** How many events wait for their receipt. */
  get pending(): number {
    return this.#outbox.count(this.#options.learner);
  }

  /**
   * Takes an event, and gives its id. It is sent in the background, together with others, until Nexus has it. Throws
   * `QueueFull` when too many wait, and `TypeError` when it is no event: then it was not taken.
   */
  record(event: LearnerEvent): string {
    const { learner } = this.#options;
    if (learner !== undefined && event.learner !== learner) throw new TypeError(`this client speaks for ${learner} only`);
    const id = event.id ?? this.newId();
    const whole = { ...event, id, occurred_at: event.occurred_at ?? new Date().toISOString() };
    this.#path.name(whole);
    if (whole.decision_id === null) delete whole.decision_id;
    const text = JSON.stringify(whole);
    if (text.length > EVENT_CHARACTERS_MAX) {
      throw new TypeError(`an event has at most ${EVENT_CHARACTERS_MAX} characters, not ${text.length}`);
    }
    this.#outbox.put([id, whole.learner, text]);
    this.#path.note(whole);
    if (this.#failures === 0) this.#later(LINGER_SECONDS);
    return id;
  }

  /** Sends what waits. Throws `Unavailable` or `Refused` when some of it still waits after that time. */
  async flush(seconds = 10): Promise<void> {
    const ends = now() + seconds;
    let failures = 0;
    while (this.pending > 0) {
      try {
        await this.#sendWaiting(timeLeft(ends));
        failures = 0;
      } catch (trouble) {
        if (!(trouble instanceof Unavailable)) throw trouble;
        failures += 1;
        const pause = pauseSeconds(failures, trouble.retryAfterSeconds);
        if (failures >= this.#tries || now() + pause >= ends) throw trouble;
        await this.#wait(pause);
      }
    }
  }

  /** Sends what waits, for at most so long, and ends. Throws as `flush` does; what waits in a store is sent next time. */
  async close(seconds = 10): Promise<void> {
    try {
      await this.flush(seconds);
    } finally {
      this.#closed = true;
      clearTimeout(this.#timer);
      globalThis.removeEventListener?.("online", this.#online);
    }
  }

  /** A new id for an event, a decision or a support. With a learner's token it begins with the learner. */
  newId(): string {
    const { learner } = this.#options;
    return learner === undefined ? randomId() : `${learner}:${randomId()}`;
  }

  // Decisions

  /**
   * What the learner should do next. The learner's own events go first, so that the decision knows of them.
   *
   * When Nexus does not answer in `decideSeconds`, it is the next activity on the course's own path, and says so in
   * `fallback`. Throws `Unavailable` when the course has no path here, and `Refused` when Nexus says no.
   */
  async decide(learner: string, course: string, options: DecideOptions = {}): Promise<Decision> {
    const { candidates, exclude = [], context, decisionId } = options;
    const body: Body = { learner, course, decision_id: decisionId ?? this.newId() };
    if (candidates) body["candidates"] = candidates;
    if (exclude.length > 0) body["exclude"] = exclude;
    if (context && Object.keys(context).length > 0) body["context"] = context;
    const ends = now() + this.#decideSeconds;
    try {
      await this.#sendOwn(learner, ends);
      const answer = decision(await this.#post("/v1/decisions", body, timeLeft(ends)));
      this.#path.decided(learner, course);
      return answer;
    } catch (trouble) {
      if (!(trouble instanceof Unavailable)) throw trouble;
      return this.#path.next(learner, course, candidates, exclude, trouble);
    }
  }

  /** Says that a decision was shown. Opening the activity says the same. */
  async exposed(decision: Decision): Promise<void> {
    if (decision.decision_id === null || decision.is_local) return;
    await this.#post(`/v1/decisions/${encodeURIComponent(decision.decision_id)}/exposure`, {}, this.#seconds);
  }

  /** Reports a reward that only the site knows. False when the decision was made here: nobody learns from it. */
  async reportReward(decision: Decision | string, component: string, value: number, id = this.newId()): Promise<boolean> {
    if (typeof decision !== "string" && decision.is_local) return false;
    const decisionId = typeof decision === "string" ? decision : decision.decision_id;
    if (decisionId === null) throw new TypeError("a rest has no reward");
    await this.#post(`/v1/decisions/${encodeURIComponent(decisionId)}/rewards`, { id, component, value }, this.#seconds);
    return true;
  }

  /** A help with a question. Throws `Refused` (`no_support`, ...) when there is none. */
  async support(learner: string, course: string, question: string, options: SupportOptions = {}): Promise<Support> {
    const { reason = "asked", decision, supportId } = options;
    const body: Body = { learner, course, question, reason, support_id: supportId ?? this.newId() };
    if (decision && !decision.is_local && decision.decision_id !== null) body["decision_id"] = decision.decision_id;
    const ends = now() + this.#seconds;
    await this.#sendOwn(learner, ends);
    return (await this.#post("/v1/supports", body, timeLeft(ends))) as unknown as Support;
  }

  // What Nexus knows

  /** Where a learner stands in each skill. */
  async mastery(learner: string, course?: string): Promise<SkillState[]> {
    const body = await this.get(`/v1/learners/${encodeURIComponent(learner)}/mastery`, { course, evidence: 0 });
    const courses = body["courses"] as { course: string; skills: Omit<SkillState, "course">[] }[];
    return courses.flatMap((it) => it.skills.map((skill) => ({ ...skill, course: it.course })));
  }

  /** When the skills that a learner has mastered should be reviewed, the earliest first. */
  async reviews(learner: string, course: string): Promise<Review[]> {
    const body = await this.get(`/v1/learners/${encodeURIComponent(learner)}/reviews`, { course });
    return body["reviews"] as Review[];
  }

  /** What is known of a learner: progress, answers, open decisions. */
  async learner(learner: string, course?: string): Promise<Body> {
    return this.get(`/v1/learners/${encodeURIComponent(learner)}`, { course });
  }

  /** An activity as the learner sees it, with no answer that the learner has not given. */
  async lesson(learner: string, course: string, activity?: string): Promise<Body> {
    return this.get(`/v1/learners/${encodeURIComponent(learner)}/lesson`, { course, activity });
  }

  /** Reads the course's own path from Nexus and keeps it for when Nexus does not answer (`courses:read`). */
  async loadPath(course: string): Promise<void> {
    const file = await this.get(`/v1/courses/${encodeURIComponent(course)}`);
    this.#path.read(course, file as unknown as Parameters<LocalPath["read"]>[1]);
  }

  /** Sets what to show when Nexus does not answer: activities, in their order. */
  setPath(course: string, path: readonly string[]): void {
    this.#path.set(course, path);
  }

  /** Any other `GET` of docs/api.md; entries of the query that are `undefined` are left out. */
  async get(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<Body> {
    const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    const address = given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
    return this.#wire.ask("GET", address, undefined, { seconds: this.#seconds, tries: this.#tries });
  }

  // How events travel

  #post(path: string, body: Body, seconds: number): Promise<Body> {
    return this.#wire.ask("POST", path, JSON.stringify(body), { seconds, tries: this.#tries });
  }

  /**
   * Sends a learner's own events before the learner is asked about. Those that go out at the same time arrive twice, which
   * their ids make harmless. A refusal of them must not end the lesson: it is kept.
   */
  async #sendOwn(learner: string, ends: number): Promise<void> {
    const own = this.#outbox.take(BATCH_EVENTS, learner);
    if (own.length === 0) return;
    try {
      await this.#send(own, timeLeft(ends), this.#tries);
    } catch (trouble) {
      if (!(trouble instanceof Refused)) throw trouble;
      this.trouble = trouble;
    }
  }

  /** Sends the oldest batch, in one try, one after another: the callers know how to wait. */
  #sendWaiting(seconds: number): Promise<void> {
    const ends = now() + seconds;
    const send = async () => {
      try {
        const batch = this.#outbox.take(BATCH_EVENTS, this.#options.learner);
        if (batch.length > 0) await this.#send(batch, Math.min(timeLeft(ends), this.#seconds), 1);
        this.trouble = undefined;
      } catch (trouble) {
        if (trouble instanceof Unavailable || trouble instanceof Refused) this.trouble = trouble;
        throw trouble;
      }
    };
    const sent = this.#sending.then(send);
    this.#sending = sent.catch(() => {});
    return sent;
  }

  /**
   * Sends a batch and takes out what has a receipt. When Nexus refuses the batch as a whole because of what is in it, halves
   * are sent, until the event that cannot be sent is alone.
   */
  async #send(whole: readonly Waiting[], seconds: number, tries: number): Promise<void> {
    const ends = now() + seconds;
    let batch = whole;
    while (batch.length > 1 && batch.reduce((sum, [, , text]) => sum + text.length, 0) > BATCH_CHARACTERS) {
      batch = batch.slice(0, Math.floor(batch.length / 2));
    }
    const body = `{"events":[${batch.map(([, , text]) => text).join(",")}]}`;
    let answer: Body;
    try {
      answer = await this.#wire.ask("POST", "/v1/events", body, { seconds, tries });
    } catch (trouble) {
      if (!(trouble instanceof Refused) || !isAboutEvents(trouble, batch)) throw trouble;
      const [first] = batch;
      if (batch.length === 1 && first) {
        this.#reject(first, { id: first[0], status: "rejected", code: trouble.code, detail: trouble.detail });
        return;
      }
      const half = Math.floor(batch.length / 2);
      await this.#send(batch.slice(0, half), timeLeft(ends), tries);
      await this.#send(batch.slice(half), timeLeft(ends), tries);
      return;
    }
    const receipts = (answer["receipts"] ?? []) as EventReceipt[];
    if (receipts.length !== batch.length) throw new Unavailable(`${receipts.length} receipts for ${batch.length} events`);
    this.#outbox.remove(batch.filter((_, place) => receipts[place]?.status !== "rejected").map(([id]) => id));
    batch.forEach((event, place) => {
      const receipt = receipts[place];
      if (receipt?.status === "rejected") this.#reject(event, receipt);
    });
  }

  /**
   * An event that Nexus does not take is kept in `rejected`. One that only this machine's clock puts into the future goes
   * once more without a time: it then happened when it arrives.
   */
  #reject([id, , text]: Waiting, receipt: EventReceipt): void {
    const event = JSON.parse(text) as LearnerEvent;
    if (receipt.code === "in_the_future" && event.occurred_at !== undefined) {
      delete event.occurred_at;
      this.#outbox.replace(id, JSON.stringify(event));
      return;
    }
    this.#outbox.remove([id]);
    this.rejected.push([event, receipt]);
    if (this.rejected.length > REJECTED_KEPT) this.rejected.shift();
    this.#options.onRejected?.(event, receipt);
  }

  readonly #online = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#later(0);
  };

  #later(seconds: number): void {
    if (this.#options.background === false || this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#sendAll(), seconds * 1000);
    // In Node a timer would keep the process from its end.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.pending > 0 && !this.#closed) await this.#sendWaiting(this.#seconds);
      this.#failures = 0;
      this.#timer = undefined;
    } catch (trouble) {
      this.#failures += 1;
      this.#timer = undefined;
      this.#later(pauseSeconds(this.#failures + 2, trouble instanceof Unavailable ? trouble.retryAfterSeconds : undefined));
    }
  }
}

/** The answer to a decision, with every field that it may have. */
function decision(body: Body): Decision {
  const nothing = {
    decision_id: null, activity: null, title: null, kind: null, minutes: null, propensity: null, policy: null, policy_version: null,
    experiment: null, variant: null, probe: null, not_before: null, fallback: null, duplicate: false,
  };
  return { ...nothing, ...body, is_local: false, raw: body } as unknown as Decision;
}

/**
 * Whether a batch was refused for what is in it, and not for who sent it or where to. A learner's token may send events, but
 * not say how right an answer was.
 */
function isAboutEvents(refused: Refused, batch: readonly Waiting[]): boolean {
  const graded = () => batch.some(([, , text]) => {
    const event = JSON.parse(text) as Body;
    return "correct" in event || "grade" in event;
  });
  return OF_AN_EVENT.has(refused.status) || (refused.code === "missing_scope" && graded());
}
