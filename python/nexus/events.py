"""What learners do, one type of event each. docs/api.md says what Nexus makes of them.

Leave out `id` and `occurred_at`: the client makes both when the event is recorded, once, so that an
event that is sent twice counts once, and one that is sent late still says when it happened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from .answers import Decision


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event says. `decision` is the decision that led to it, or its id."""

    TYPE: ClassVar[str]

    learner: str
    course: str
    decision: Decision | str | None = None
    occurred_at: datetime | None = None
    id: str | None = None
    course_version: int | None = None

    def body(self) -> dict[str, Any]:
        """The event as it is sent, without what was left out."""
        body: dict[str, Any] = {"type": self.TYPE}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if field.name == "decision":
                body["decision_id"] = value.decision_id if isinstance(value, Decision) else value
            elif isinstance(value, datetime):
                body[field.name] = rfc3339(value)
            else:
                body[field.name] = value
        return body


def rfc3339(at: datetime) -> str:
    """A moment as it is sent. Without a zone it could be any hour of the day, so it is refused."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone; use datetime.now(timezone.utc)")
    return at.isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Enrolled(Event):
    """The learner joined the course. `test` makes a test learner, who teaches Nexus nothing: it has to be
    the learner's first event."""

    TYPE = "enrolled"

    test: bool | None = None


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Event):
    """The learner began to learn."""

    TYPE = "session_started"


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """The learner stopped learning for now."""

    TYPE = "session_ended"


@dataclass(frozen=True, kw_only=True)
class ActivityStarted(Event):
    """The learner opened an activity."""

    TYPE = "activity_started"
    activity: str


@dataclass(frozen=True, kw_only=True)
class ActivityCompleted(Event):
    """The learner finished an activity."""

    TYPE = "activity_completed"
    activity: str


@dataclass(frozen=True, kw_only=True)
class ActivitySkipped(Event):
    """The learner left an activity on purpose."""

    TYPE = "activity_skipped"
    activity: str


@dataclass(frozen=True, kw_only=True)
class VideoProgressed(Event):
    """The learner watched parts of a video: `segments` are `(from, to)` in seconds."""

    TYPE = "video_progressed"
    activity: str
    segments: Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    """The learner answered a question: with a `response` that the course can grade, or with `correct` or
    `grade` (0 to 1) by the site."""

    TYPE = "question_answered"
    question: str
    response: str | None = None
    correct: bool | None = None
    grade: float | None = None
    activity: str | None = None
    duration_ms: int | None = None
    hints: int | None = None
    attempt: int | None = None
    probe: bool | None = None


@dataclass(frozen=True, kw_only=True)
class QuizCompleted(Event):
    """The learner finished a quiz; `grade` is the site's mark from 0 to 1."""

    TYPE = "quiz_completed"
    activity: str
    grade: float | None = None


@dataclass(frozen=True, kw_only=True)
class Feedback(Event):
    """The learner said how an activity was, from 1 (bad) to 5 (good)."""

    TYPE = "feedback"
    activity: str
    rating: int
    comment: str | None = None
