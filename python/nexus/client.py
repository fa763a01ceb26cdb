"""The client of a site: events that are not lost, decisions that never keep a learner waiting."""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode

from .answers import Decision, Refused, Review, SkillState, Support, Unavailable, read
from .events import Event, rfc3339
from .local_path import LocalPath
from .outbox import DiskOutbox, MemoryOutbox, Outbox
from .tokens import learner_token
from .wire import Credential, Wire, pause_seconds

BATCH_EVENTS = 100
#: Half of what the server takes in one request.
BATCH_BYTES = 512 * 1024
#: More than any event needs: its longest text has 4,000 characters.
EVENT_CHARS_MAX = 64 * 1024
#: How long an event may wait for others to go with it.
LINGER_SECONDS = 0.2
#: Refusals of a whole batch that are about one of its events. Others are about the caller or the address.
OF_AN_EVENT = frozenset({400, 413, 415, 422})
REJECTED_KEPT = 1000

log = logging.getLogger("nexus")


class Client:
    """Talks to one Nexus for one site, from any number of threads.

    `key` is an API key or a token, or a function that gives a token (asked again when one has expired). `learner`
    says that it is the token of this learner, whose ids have a form of their own; other learners' events stay in
    the queue. `paths` are the courses' own paths,
    `{course: [activity, ...]}`: what to show when Nexus does not answer. `queue` is a file that keeps events
    over restarts, and that processes of one machine may share; without it they wait in memory. `decide_seconds` is how long a learner waits for a decision at most.
    """

    learner_token = staticmethod(learner_token)

    def __init__(
        self,
        url: str,
        key: Credential = None,
        *,
        learner: str | None = None,
        paths: Mapping[str, Sequence[str]] | None = None,
        queue: str | os.PathLike[str] | None = None,
        queue_events_max: int = 10_000,
        decide_seconds: float = 2.0,
        seconds: float = 10.0,
        tries: int = 3,
        background: bool = True,
        on_rejected: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire, self._wait = Wire(url, key, wait), wait
        self._learner = learner
        self._decide_seconds, self._seconds, self._tries = decide_seconds, seconds, tries
        kept = None if queue is None else DiskOutbox(queue, queue_events_max)
        self._outbox: Outbox = kept or MemoryOutbox(queue_events_max)
        self._path = LocalPath(paths or {}, kept)
        self._on_rejected, self._background = on_rejected, background
        self._sending, self._recorded = threading.Lock(), threading.Event()
        self._closed, self._process = threading.Event(), os.getpid()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        #: The latest events that Nexus refused, each with its receipt. They are not sent again.
        self.rejected: deque[tuple[dict[str, Any], dict[str, Any]]] = deque(maxlen=REJECTED_KEPT)
        #: Why the last try to send events failed, or `None` when it did not.
        self.trouble: Unavailable | Refused | None = None
        if self.pending > 0:
            self._wake()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Events

    @property
    def pending(self) -> int:
        """How many events wait for their receipt."""
        return self._outbox.count(self._learner)

    def record(self, event: Event | Mapping[str, Any]) -> str:
        """Takes an event, and gives its id. It is sent in the background, together with others, until Nexus has it.

        Raises `QueueFull` when too many wait, and `ValueError` when it is no event: then it was not taken.
        """
        body = event.body() if isinstance(event, Event) else dict(event)
        body.setdefault("id", self.new_id())
        body.setdefault("occurred_at", rfc3339(datetime.now(timezone.utc)))
        if self._learner not in (None, body["learner"]):
            raise ValueError(f"this client speaks for {self._learner} only")
        self._path.name(body)
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        if len(text) > EVENT_CHARS_MAX:
            raise ValueError(f"an event has at most {EVENT_CHARS_MAX} characters, not {len(text)}")
        self._outbox.put(body["id"], body["learner"], text)
        self._path.note(body)
        self._wake()
        return str(body["id"])

    def flush(self, seconds: float = 10.0) -> None:
        """Sends what waits. Raises `Unavailable` or `Refused` when some of it still waits after that time."""
        deadline, failures = time.monotonic() + seconds, 0
        while self.pending > 0:
            try:
                self._send_waiting(time_left(deadline))
                failures = 0
            except Unavailable as trouble:
                failures += 1
                pause = pause_seconds(failures, trouble.retry_after_seconds)
                if failures >= self._tries or time.monotonic() + pause >= deadline:
                    raise
                self._wait(pause)

    def close(self, seconds: float = 10.0) -> None:
        """Sends what waits, for at most so long, and ends. What then still waits in a file is sent next time; of what
        waits in memory, the log says how much is lost."""
        try:
            self.flush(seconds)
        except (Unavailable, Refused) as trouble:
            log.warning("%d events still wait: %s", self.pending, trouble)
        self._closed.set()
        self._recorded.set()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(seconds)
        self._outbox.close()
        self._wire.close()

    def new_id(self) -> str:
        """A new id for an event, a decision or a support. With a learner's token it begins with the learner."""
        prefix = "" if self._learner is None else f"{self._learner}:"
        return f"{prefix}{secrets.token_hex(12)}"

    # Decisions

    def decide(
        self,
        learner: str,
        course: str,
        *,
        candidates: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        context: Mapping[str, Any] | None = None,
        decision_id: str | None = None,
    ) -> Decision:
        """What the learner should do next. The learner's own events go first, so that the decision knows of them.

        When Nexus does not answer in `decide_seconds`, it is the next activity on the course's own path, and says so
        in `fallback`. Raises `Unavailable` when the course has no path here, and `Refused` when Nexus says no.
        """
        body: dict[str, Any] = {"learner": learner, "course": course, "decision_id": decision_id or self.new_id()}
        if candidates is not None:
            body["candidates"] = list(candidates)
        if exclude:
            body["exclude"] = list(exclude)
        if context:
            body["context"] = dict(context)
        deadline = time.monotonic() + self._decide_seconds
        try:
            self._send_own(learner, deadline)
            answer = self._post("/v1/decisions", body, time_left(deadline))
        except Unavailable as trouble:
            return self._path.next(learner, course, candidates, exclude, trouble)
        self._path.decided(learner, course)
        return read(Decision, answer)

    def exposed(self, decision: Decision) -> None:
        """Says that a decision was shown. Opening the activity says the same."""
        if decision.decision_id is not None and not decision.is_local:
            self._post(f"/v1/decisions/{quote(decision.decision_id, safe='')}/exposure", {}, self._seconds)

    def report_reward(self, decision: Decision | str, component: str, value: float, *, id: str | None = None) -> bool:
        """Reports a reward that only the site knows. False when the decision was made here: nobody learns from it."""
        if isinstance(decision, Decision) and decision.is_local:
            return False
        decision_id = decision.decision_id if isinstance(decision, Decision) else decision
        if decision_id is None:
            raise ValueError("a rest has no reward")
        body = {"id": id or self.new_id(), "component": component, "value": value}
        self._post(f"/v1/decisions/{quote(decision_id, safe='')}/rewards", body, self._seconds)
        return True

    def support(
        self,
        learner: str,
        course: str,
        question: str,
        *,
        reason: str = "asked",
        decision: Decision | str | None = None,
        support_id: str | None = None,
    ) -> Support:
        """A help with a question. Raises `Refused` (`no_support`, ...) when there is none."""
        body = {"learner": learner, "course": course, "question": question, "reason": reason}
        body["support_id"] = support_id or self.new_id()
        named = decision.decision_id if isinstance(decision, Decision) and not decision.is_local else decision
        if isinstance(named, str):
            body["decision_id"] = named
        deadline = time.monotonic() + self._seconds
        self._send_own(learner, deadline)
        return read(Support, self._post("/v1/supports", body, time_left(deadline)))

    # What Nexus knows

    def mastery(self, learner: str, course: str | None = None) -> list[SkillState]:
        """Where a learner stands in each skill."""
        body = self.get(f"/v1/learners/{quote(learner, safe='')}/mastery", course=course, evidence=0)
        return [read(SkillState, skill, course=it["course"]) for it in body["courses"] for skill in it["skills"]]

    def reviews(self, learner: str, course: str) -> list[Review]:
        """When the skills that a learner has mastered should be reviewed, the earliest first."""
        body = self.get(f"/v1/learners/{quote(learner, safe='')}/reviews", course=course)
        return [read(Review, review) for review in body["reviews"]]

    def learner(self, learner: str, course: str | None = None) -> dict[str, Any]:
        """What is known of a learner: progress, answers, open decisions."""
        return self.get(f"/v1/learners/{quote(learner, safe='')}", course=course)

    def lesson(self, learner: str, course: str, activity: str | None = None) -> dict[str, Any]:
        """An activity as the learner sees it, with no answer that the learner has not given."""
        return self.get(f"/v1/learners/{quote(learner, safe='')}/lesson", course=course, activity=activity)

    def course(self, course: str) -> dict[str, Any]:
        """The latest version of a course, as its author wrote it, answers included."""
        return self.get(f"/v1/courses/{quote(course, safe='')}")

    def report(self, course: str) -> dict[str, Any]:
        """The counters of a course: learners, completions, decisions, rewards."""
        return self.get(f"/v1/courses/{quote(course, safe='')}/report")

    def experiments(self) -> list[dict[str, Any]]:
        """All experiments, and whether they run."""
        return list(self.get("/v1/experiments")["experiments"])

    def results(self, experiment: str) -> dict[str, Any]:
        """What an experiment says so far, with intervals that hold at every look."""
        return self.get(f"/v1/experiments/{quote(experiment, safe='')}/results")

    def load_path(self, course: str) -> None:
        """Reads the course's own path from Nexus and keeps it for when Nexus does not answer (`courses:read`)."""
        self._path.read(course, self.course(course))

    def set_path(self, course: str, path: Sequence[str]) -> None:
        """Sets what to show when Nexus does not answer: activities, in their order."""
        self._path.set(course, path)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Any other `GET` of docs/api.md; entries of the query that are `None` are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        address = f"{path}?{urlencode(given)}" if given else path
        return self._wire.ask("GET", address, None, seconds=self._seconds, tries=self._tries)

    # How events travel

    def _post(self, path: str, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        return self._wire.ask("POST", path, text, seconds=seconds, tries=self._tries)

    def _send_own(self, learner: str, deadline: float) -> None:
        """Sends a learner's own events before the learner is asked about. Those that another thread sends at the same
        time arrive twice, which their ids make harmless. A refusal of them must not end the lesson: it is kept."""
        own = self._outbox.take(BATCH_EVENTS, learner)
        if own:
            try:
                self._send(own, time_left(deadline), self._tries)
            except Refused as refused:
                self.trouble = refused

    def _send_waiting(self, seconds: float) -> None:
        """Sends the oldest batch, in one try: the callers know how to wait."""
        deadline = time.monotonic() + seconds
        if not self._sending.acquire(timeout=seconds):
            raise Unavailable("another thread still sends")
        try:
            batch = self._outbox.take(BATCH_EVENTS, self._learner)
            if batch:
                self._send(batch, min(time_left(deadline), self._seconds), 1)
            self.trouble = None
        except (Unavailable, Refused) as trouble:
            self.trouble = trouble
            raise
        finally:
            self._sending.release()

    def _send(self, batch: list[tuple[str, str]], seconds: float, tries: int) -> None:
        """Sends a batch and takes out what has a receipt. When Nexus refuses the batch as a whole because of what is
        in it, halves are sent, until the event that cannot be sent is alone."""
        while sum(len(body.encode()) for _, body in batch) > BATCH_BYTES and len(batch) > 1:
            batch = batch[: len(batch) // 2]
        deadline = time.monotonic() + seconds
        body = '{"events":[' + ",".join(body for _, body in batch) + "]}"
        try:
            answer = self._wire.ask("POST", "/v1/events", body.encode(), seconds=seconds, tries=tries)
        except Refused as refused:
            if not is_about_events(refused, batch):
                raise
            if len(batch) == 1:
                self._reject(batch[0], {"id": batch[0][0], "status": "rejected", "code": refused.code, "detail": refused.detail})
                return
            half = len(batch) // 2
            self._send(batch[:half], time_left(deadline), tries)
            self._send(batch[half:], time_left(deadline), tries)
            return
        receipts = answer.get("receipts", [])
        if len(receipts) != len(batch):
            raise Unavailable(f"{len(receipts)} receipts for {len(batch)} events")
        done = [event for event, receipt in zip(batch, receipts) if receipt["status"] in ("accepted", "duplicate")]
        self._outbox.remove([id for id, _ in done])
        for event, receipt in zip(batch, receipts):
            if receipt["status"] == "rejected":
                self._reject(event, receipt)

    def _reject(self, event: tuple[str, str], receipt: dict[str, Any]) -> None:
        """An event that Nexus does not take is kept in `rejected`. One that only this machine's clock puts into the
        future goes once more without a time: it then happened when it arrives."""
        id, body = event[0], json.loads(event[1])
        if receipt.get("code") == "in_the_future" and "occurred_at" in body:
            del body["occurred_at"]
            self._outbox.replace(id, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
            return
        self._outbox.remove([id])
        self.rejected.append((body, receipt))
        log.warning("event %s was rejected: %s", id, receipt.get("code"))
        if self._on_rejected is not None:
            self._on_rejected(body, receipt)

    def _wake(self) -> None:
        """Tells the thread that sends, and starts it when there is none in this process: a fork has only one thread."""
        self._recorded.set()
        if not self._background or (self._thread is not None and self._process == os.getpid()):
            return
        with self._starting:
            if self._thread is None or self._process != os.getpid():
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, name="nexus-events", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        failures = 0
        while not self._closed.is_set():
            self._recorded.wait()
            if failures == 0:
                self._closed.wait(LINGER_SECONDS)
            self._recorded.clear()
            try:
                while self.pending > 0 and not self._closed.is_set():
                    self._send_waiting(self._seconds)
                    failures = 0
            except Exception as trouble:  # Whatever it is (a full disk, the site's own callback), events must flow again.
                failures += 1
                if not isinstance(trouble, Unavailable):
                    log.warning("events cannot be sent: %s", trouble, exc_info=not isinstance(trouble, Refused))
                asked = trouble.retry_after_seconds if isinstance(trouble, Unavailable) else None
                self._closed.wait(pause_seconds(failures + 2, asked))
                self._recorded.set()


def is_about_events(refused: Refused, batch: list[tuple[str, str]]) -> bool:
    """Whether a batch was refused for what is in it, and not for who sent it or where to. A learner's token may
    send events, but not say how right an answer was."""
    graded = any(not {"correct", "grade"}.isdisjoint(json.loads(body)) for _, body in batch)
    return refused.status in OF_AN_EVENT or (refused.code == "missing_scope" and graded)


def time_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Unavailable("no answer in time")
    return left
