import type { FieldProblem } from "./types.js";

/** Nexus said no, and would say it again: look at `code`, which is stable. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    /** The places in the request that are wrong. */
    readonly errors: readonly FieldProblem[],
    /** Names the request in the server's log. */
    readonly requestId: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** Nexus did not answer: whether it did what was asked is not known. What was asked may be asked again. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";

  constructor(
    readonly reason: string,
    readonly retryAfterSeconds?: number,
    /** The next activity of the course's own path, when the server could still say that much. */
    readonly staticActivity?: string,
  ) {
    super(reason);
  }
}

/** As many events wait as may: this one was not taken. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}
