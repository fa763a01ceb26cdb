"""What Nexus answers. Every answer keeps the whole body that came in `raw`, so that a newer server's fields are there
before this file knows them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar


class Refused(Exception):
    """Nexus said no, and would say it again: look at `code`, which is stable."""

    def __init__(self, status: int, code: str, detail: str, errors: list[dict[str, Any]], request_id: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status, self.code, self.detail = status, code, detail
        #: The places in the request that are wrong: `pointer`, `code` and `detail` each.
        self.errors = errors
        #: Names the request in the server's log.
        self.request_id = request_id


class Unavailable(Exception):
    """Nexus did not answer: whether it did what was asked is not known. What was asked may be asked again."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None, static_activity: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after_seconds = reason, retry_after_seconds
        #: The next activity of the course's own path, when the server could still say that much.
        self.static_activity = static_activity


@dataclass(frozen=True)
class Decision:
    """What a learner should do next.

    `status` is `activity`, `rest` (nothing before `not_before`) or `complete`. `fallback` says why a policy did
    not choose: `no_answer` and `storage_full` when the course's own path was taken because Nexus could not decide,
    and the words of the server (`kill_switch`, `invalid_distribution`). No policy ever learns from any of them.
    """

    status: str
    learner: str
    course: str
    decision_id: str | None = None
    activity: str | None = None
    title: str | None = None
    kind: str | None = None
    minutes: float | None = None
    propensity: float | None = None
    policy: str | None = None
    policy_version: int | None = None
    experiment: str | None = None
    variant: str | None = None
    probe: dict[str, Any] | None = None
    not_before: datetime | None = None
    fallback: str | None = None
    duplicate: bool = False
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether this client made it because Nexus could not: the server knows nothing of it."""
        return self.fallback in ("no_answer", "storage_full")


@dataclass(frozen=True)
class Support:
    """A help with a question: `text` to show, or an `activity` to do."""

    support_id: str
    support: str
    kind: str
    question: str
    propensity: float
    explanation: str
    text: str | None = None
    activity: str | None = None
    duplicate: bool = False
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class SkillState:
    """What a learner seems to know of one skill. `low` and `high` are the 90 % interval of `expected_success`."""

    course: str
    skill: str
    title: str
    status: str
    mastered_probability: float
    expected_success: float
    low: float
    high: float
    recall: float
    attempts: int
    right: int
    because: str
    due_at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Review:
    """When a mastered skill should be reviewed, and by what."""

    skill: str
    title: str
    recall: float
    due_at: datetime
    activity: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


Answer = TypeVar("Answer", Decision, Support, SkillState, Review)

MOMENTS = frozenset({"not_before", "due_at"})


def read(kind: type[Answer], body: Mapping[str, Any], **more: Any) -> Answer:
    """An answer from its body; what this version does not know stays in `raw`."""
    known: dict[str, Any] = {}
    for it in dataclasses.fields(kind):
        value = body.get(it.name)
        if value is not None and it.name != "raw":
            known[it.name] = moment(value) if it.name in MOMENTS else value
    return kind(**known, **more, raw=dict(body))


def moment(text: str) -> datetime:
    """A time of the server. Python 3.10 reads neither the `Z` of UTC nor a fraction of any length."""
    whole, fraction = text.removesuffix("Z").partition(".")[::2]
    return datetime.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}+00:00")
