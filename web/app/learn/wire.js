// What the page asks Nexus, always as one learner. A failure says what kind it is, never only a number.

/** The longest that an answer is waited for: after it the network counts as gone. */
const PATIENCE_MS = 12_000;

/** @typedef {"offline" | "busy" | "expired" | "bad_link" | "not_allowed" | "unknown_course" | "erased" | "no_candidate" | "broken"} Trouble */

export class WireFailure extends Error {
  /** @param {Trouble} trouble @param {string} detail */
  constructor(trouble, detail) {
    super(detail);
    this.trouble = trouble;
  }
}

export class Wire {
  /** @param {string} token @param {string} learner @param {string} course */
  constructor(token, learner, course) {
    this.token = token;
    this.learner = learner;
    this.course = course;
  }

  /** The course alone, or with an activity. */
  lesson(activity = null) {
    const query = new URLSearchParams({ course: this.course });
    if (activity !== null) query.set("activity", activity);
    return this.#send("GET", `${this.#own()}/lesson?${query}`);
  }

  /** What comes next. The same id gives the same answer. */
  decide(id, wish) {
    return this.#send("POST", "/v1/decisions",
      { learner: this.learner, course: this.course, decision_id: id, ...wish });
  }

  /** Help with a question. */
  help(id, question, reason, decision) {
    return this.#send("POST", "/v1/supports", {
      learner: this.learner, course: this.course, question, reason, decision_id: decision, support_id: id,
    });
  }

  events(events) {
    return this.#send("POST", "/v1/events", { events });
  }

  /** What the learner knows of the course; `null` before anything is known. */
  async skills() {
    const query = new URLSearchParams({ course: this.course, evidence: "0" });
    const body = await this.#send("GET", `${this.#own()}/mastery?${query}`, undefined, true);
    return body?.courses.find(({ course }) => course === this.course)?.skills ?? null;
  }

  reviews() {
    return this.#send("GET", `${this.#own()}/reviews?${new URLSearchParams({ course: this.course })}`);
  }

  closingCheck() {
    return this.#send("GET", `${this.#own()}/check?${new URLSearchParams({ course: this.course })}`);
  }

  #own() {
    return `/v1/learners/${encodeURIComponent(this.learner)}`;
  }

  async #send(method, path, body, mayBeUnknown = false) {
    const headers = { authorization: `Bearer ${this.token}`, accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    let response;
    try {
      response = await fetch(path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS), credentials: "omit",
      });
      if (response.ok) return await response.json();
    } catch {
      throw new WireFailure("offline", "no answer");
    }
    const problem = await response.json().catch(() => ({}));
    if (mayBeUnknown && problem.code === "not_found") return null;
    throw new WireFailure(troubleOf(response.status, problem.code), problem.detail ?? `status ${response.status}`);
  }
}

function troubleOf(status, code) {
  if (code === "expired_credential") return "expired";
  if (status === 401) return "bad_link";
  if (status === 403) return "not_allowed";
  if (code === "unknown_course") return "unknown_course";
  if (code === "learner_erased") return "erased";
  if (code === "no_candidate" || code === "unknown_activity") return "no_candidate";
  if (status === 408 || status === 429 || status >= 502 || status === 503 || status === 507) return "busy";
  return "broken";
}

/** Who a link is for: the token, and the learner that it names. `null` when it is no token. */
export function readToken(token) {
  try {
    const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === "string" && sub !== "" ? { token, learner: sub } : null;
  } catch {
    return null;
  }
}
