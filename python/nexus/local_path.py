"""The course's own path, on this side: what to show when Nexus does not answer."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .answers import Decision, Unavailable

LEARNERS_MAX = 10_000
MEASURING = frozenset({"placement", "check"})
#: Events after which an activity does not come again on the local path.
DONE = frozenset({"activity_completed", "activity_skipped", "quiz_completed"})


class LocalPath:
    """Paths of courses, and how far each learner has come on them as far as this client was told.

    An activity that was served from here has a decision id that Nexus never made. Until Nexus decides again, every event
    of the learner in the course that names no decision carries that id: the answer to a decision may have been
    lost on its way, and an event that names an unknown decision starts none (docs/rewards.md). So no policy learns from
    what was done meanwhile.
    """

    def __init__(self, paths: Mapping[str, Sequence[str]]) -> None:
        self._lock = threading.Lock()
        self._paths: dict[str, list[str]] = {course: list(path) for course, path in paths.items()}
        self._activities: dict[str, dict[str, dict[str, Any]]] = {}
        self._learners: OrderedDict[tuple[str, str], Walk] = OrderedDict()

    def set(self, course: str, path: Sequence[str]) -> None:
        with self._lock:
            self._paths[course] = list(path)

    def read(self, course: str, file: Mapping[str, Any]) -> None:
        """Takes the path of a course file, without what measures: a placement or a check needs Nexus."""
        activities = {it["id"]: it for module in file["modules"] for it in module["activities"]}
        path = file.get("path") or list(activities)
        with self._lock:
            self._activities[course] = activities
            self._paths[course] = [id for id in path if activities[id]["kind"] not in MEASURING]

    def next(
        self, learner: str, course: str, only: Collection[str] | None, exclude: Collection[str], trouble: Unavailable
    ) -> Decision:
        """The next activity on the path. Raises `trouble` when the course has none here."""
        with self._lock:
            named = trouble.static_activity
            if named is None and course not in self._paths:
                raise trouble
            walk = self._walk(learner, course)
            if named is None:
                fits = (id for id in self._paths[course] if id not in walk.done and id not in exclude)
                named = next((id for id in fits if only is None or id in only), None)
            reason = "storage_full" if trouble.static_activity is not None else "no_answer"
            walk.decision_id = f"fallback:{secrets.token_hex(12)}"
            if named is None:
                return Decision("rest", learner, course, fallback=reason)
            known = self._activities.get(course, {}).get(named, {})
            return Decision(
                "activity",
                learner,
                course,
                decision_id=walk.decision_id,
                activity=named,
                title=known.get("title"),
                kind=known.get("kind"),
                minutes=known.get("minutes"),
                fallback=reason,
            )

    def decided(self, learner: str, course: str) -> None:
        """Nexus decides again: what follows belongs to its decisions."""
        with self._lock:
            walk = self._learners.get((learner, course))
            if walk is not None:
                walk.decision_id = None

    def name(self, event: dict[str, Any]) -> None:
        """Names in an event the local decision that it follows from, when the site has not."""
        with self._lock:
            walk = self._learners.get((event["learner"], event["course"]))
            if walk is not None and walk.decision_id is not None:
                event.setdefault("decision_id", walk.decision_id)

    def note(self, event: dict[str, Any]) -> None:
        """Takes in what was done."""
        if event["type"] in DONE:
            with self._lock:
                self._walk(event["learner"], event["course"]).done.add(event["activity"])

    def _walk(self, learner: str, course: str) -> Walk:
        walk = self._learners.setdefault((learner, course), Walk())
        self._learners.move_to_end((learner, course))
        if len(self._learners) > LEARNERS_MAX:
            self._learners.popitem(last=False)
        return walk


class Walk:
    """What one learner did in one course: the activities that are done, and the local decision that is followed."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.decision_id: str | None = None
