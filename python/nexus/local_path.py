"""The course's own path, on this side: what to show when Nexus does not answer."""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .answers import Decision, Unavailable

LEARNERS_MAX = 10_000
MEASURING = frozenset({"placement", "check"})
#: Events after which an activity does not come again on the local path.
DONE = frozenset({"activity_completed", "activity_skipped", "quiz_completed"})


class Keeper(Protocol):
    """Where walks last longer than the process."""

    def walk(self, learner: str, course: str) -> str | None: ...
    def keep_walk(self, learner: str, course: str, walk: str) -> None: ...


class LocalPath:
    """Paths of courses, and how far each learner has come on them as far as this client was told.

    An activity that was served from here has a decision id that Nexus never made. Until Nexus decides again, every event
    of the learner in the course that names no decision carries that id: the answer to a decision may have been
    lost on its way, and an event that names an unknown decision starts none (docs/rewards.md). So no policy learns from
    what was done meanwhile.
    """

    def __init__(self, paths: Mapping[str, Sequence[str]], keeper: Keeper | None = None) -> None:
        self._lock, self._keeper = threading.Lock(), keeper
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
            self._keep(learner, course, walk)
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
            walk = self._walk(learner, course)
            if walk.decision_id is not None:
                walk.decision_id = None
                self._keep(learner, course, walk)

    def name(self, event: dict[str, Any]) -> None:
        """Names in an event the local decision that it follows from, when the site has not."""
        with self._lock:
            walk = self._walk(event["learner"], event["course"])
            if walk.decision_id is not None:
                event.setdefault("decision_id", walk.decision_id)

    def note(self, event: dict[str, Any]) -> None:
        """Takes in what was done."""
        learner, course = event["learner"], event["course"]
        if event["type"] in DONE and course in self._paths:
            with self._lock:
                walk = self._walk(learner, course)
                walk.done.add(event["activity"])
                self._keep(learner, course, walk)

    def _walk(self, learner: str, course: str) -> Walk:
        if self._keeper is not None:
            # Another process may have written it meanwhile.
            kept = json.loads(self._keeper.walk(learner, course) or "{}")
            return Walk(set(kept.get("done", [])), kept.get("decision_id"))
        return self._learners.get((learner, course)) or Walk(set(), None)

    def _keep(self, learner: str, course: str, walk: Walk) -> None:
        if self._keeper is not None:
            kept = {"done": sorted(walk.done), "decision_id": walk.decision_id}
            self._keeper.keep_walk(learner, course, json.dumps(kept))
            return
        self._learners[learner, course] = walk
        self._learners.move_to_end((learner, course))
        if len(self._learners) > LEARNERS_MAX:
            self._learners.popitem(last=False)


@dataclass
class Walk:
    """What one learner did in one course: the activities that are done, and the local decision that is followed."""

    done: set[str]
    decision_id: str | None
