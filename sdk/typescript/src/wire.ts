/** One question to Nexus over HTTP: a time limit for all tries together, and what counts as an answer. */

import { Refused, Unavailable } from "./errors.js";
import type { FieldProblem } from "./types.js";

/** Statuses that say "not now"; every other refusal would be the same again. */
const RETRIED = new Set([408, 425, 429]);

export type Credential = string | (() => string | Promise<string>) | undefined;
export type Wait = (seconds: number) => Promise<void>;
export type Body = Record<string, unknown>;

interface Terms {
  /** The time for all tries together. */
  seconds: number;
  tries: number;
}

export class Wire {
  readonly #url: string;
  readonly #credential: Credential;
  readonly #wait: Wait;
  #token: string | undefined;

  constructor(url: string, credential: Credential, wait: Wait) {
    if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError(`${url} is no address such as https://nexus.example`);
    this.#url = url.replace(/\/+$/, "");
    this.#credential = credential;
    this.#wait = wait;
  }

  /**
   * What Nexus answers. Every try sends the same bytes, so with an id in them it has one effect. Throws `Refused` when
   * Nexus says no, and `Unavailable` when it gave no answer in this time and these tries.
   */
  async ask(method: string, path: string, body: string | undefined, terms: Terms, mayRenew = true): Promise<Body> {
    const ends = now() + terms.seconds;
    for (let left = terms.tries; ; left -= 1) {
      try {
        // Each try gets its share of the time that is left, so that one lost packet does not cost all of it.
        return await this.#try(method, path, body, (ends - now()) / left);
      } catch (trouble) {
        if (trouble instanceof Refused) {
          // A token that ended is asked for once more: a new one may be had.
          if (trouble.code !== "expired_credential" || !mayRenew || typeof this.#credential !== "function") throw trouble;
          this.#token = undefined;
          return this.ask(method, path, body, { seconds: ends - now(), tries: left }, false);
        }
        if (!(trouble instanceof Unavailable)) throw trouble;
        const pause = pauseSeconds(terms.tries - left + 1, trouble.retryAfterSeconds);
        if (left === 1 || now() + pause >= ends) throw trouble;
        await this.#wait(pause);
      }
    }
  }

  async #try(method: string, path: string, body: string | undefined, seconds: number): Promise<Body> {
    if (seconds <= 0) throw new Unavailable("no answer in time");
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const token = await this.#bearer();
    if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), seconds * 1000);
    const options: RequestInit = {
      method, headers, signal: given.signal, redirect: "manual", credentials: "omit", cache: "no-store",
    };
    if (body !== undefined) options.body = body;
    try {
      const response = await fetch(this.#url + path, options);
      return answer(response, await response.text());
    } catch (trouble) {
      if (trouble instanceof Refused || trouble instanceof Unavailable) throw trouble;
      throw new Unavailable(given.signal.aborted ? "no answer in time" : String(trouble));
    } finally {
      clearTimeout(timer);
    }
  }

  async #bearer(): Promise<string | undefined> {
    if (typeof this.#credential !== "function") return this.#credential;
    try {
      return (this.#token ??= await this.#credential());
    } catch (trouble) {
      // The token comes over the same network.
      throw new Unavailable(`no token: ${String(trouble)}`);
    }
  }
}

/** Seconds by a clock that nobody sets. */
export function now(): number {
  return performance.now() / 1000;
}

export function timeLeft(ends: number): number {
  const left = ends - now();
  if (left <= 0) throw new Unavailable("no answer in time");
  return left;
}

/** What an answer says. What is no JSON of Nexus (the page of a hotel's network, of a proxy) is no answer. */
function answer(response: Response, text: string): Body {
  const kind = response.headers.get("Content-Type")?.split(";")[0]?.trim();
  const body = kind === "application/json" || kind === "application/problem+json" ? parsed(text) : undefined;
  const { status } = response;
  if (status === 200 && body) return body;
  const problem = kind === "application/problem+json" && body ? body : {};
  const code = typeof problem["code"] === "string" ? problem["code"] : undefined;
  if (RETRIED.has(status) || status >= 500 || status < 400 || code === undefined) {
    const named = problem["static_activity"];
    throw new Unavailable(
      `status ${status} ${code ?? ""}`.trim(),
      retryAfter(response),
      typeof named === "string" ? named : undefined,
    );
  }
  const errors = (problem["errors"] ?? []) as FieldProblem[];
  throw new Refused(status, code, String(problem["detail"] ?? ""), errors, String(problem["request_id"] ?? ""));
}

function parsed(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** `Retry-After` in seconds; a date, which Nexus never sends, is left to our own pauses. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("Retry-After") ?? "";
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

/**
 * How long to wait after so many tries: twice as long each time, up to a minute, spread by chance so that many clients
 * do not come back at once, and never less than what the server asked for.
 */
export function pauseSeconds(tries: number, asked = 0): number {
  const own = Math.min(60, 0.1 * 2 ** Math.min(tries - 1, 16)) * (0.5 + Math.random() / 2);
  return Math.max(own, asked);
}
