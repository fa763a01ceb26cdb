"""The client for programs with an event loop: the same client, on threads of its own.

The standard library has no asynchronous HTTP, and its calls here are few and short, so a thread each costs less than
a second way to send, retry and queue would. A call that is cancelled goes on in its thread; its ids make that harmless.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from .answers import Decision, Refused, Review, SkillState, Support, Unavailable
from .client import Client
from .events import Event
from .wire import Credential

Result = TypeVar("Result")


class AsyncClient:
    """What `Client` does, awaited. `connections` is how many calls run at once; `options` are those of `Client`."""

    learner_token = staticmethod(Client.learner_token)

    def __init__(self, url: str, key: Credential = None, *, connections: int = 16, **options: Any) -> None:
        self._client = Client(url, key, **options)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="nexus")

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pending(self) -> int:
        """How many events wait for their receipt."""
        return self._client.pending

    @property
    def rejected(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The latest events that Nexus refused, each with its receipt."""
        return list(self._client.rejected)

    @property
    def trouble(self) -> Unavailable | Refused | None:
        """Why the last try to send events failed, if it did."""
        return self._client.trouble

    def new_id(self) -> str:
        """A new id for an event, a decision or a support."""
        return self._client.new_id()

    def set_path(self, course: str, path: Sequence[str]) -> None:
        """Sets what to show when Nexus does not answer."""
        self._client.set_path(course, path)

    async def record(self, event: Event | Mapping[str, Any]) -> str:
        """Takes an event, and gives its id."""
        return await self._run(self._client.record, event)

    async def flush(self, seconds: float = 10.0) -> None:
        """Sends what waits."""
        await self._run(self._client.flush, seconds)

    async def close(self, seconds: float = 10.0) -> None:
        """Sends what waits, for at most so long, and ends."""
        await self._run(self._client.close, seconds)
        self._threads.shutdown(wait=False)

    async def decide(
        self,
        learner: str,
        course: str,
        *,
        candidates: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        context: Mapping[str, Any] | None = None,
        decision_id: str | None = None,
    ) -> Decision:
        """What the learner should do next."""
        more = {"candidates": candidates, "exclude": exclude, "context": context, "decision_id": decision_id}
        return await self._run(self._client.decide, learner, course, **more)

    async def exposed(self, decision: Decision) -> None:
        """Says that a decision was shown."""
        await self._run(self._client.exposed, decision)

    async def report_reward(self, decision: Decision | str, component: str, value: float, *, id: str | None = None) -> bool:
        """Reports a reward that only the site knows."""
        return await self._run(self._client.report_reward, decision, component, value, id=id)

    async def support(
        self,
        learner: str,
        course: str,
        question: str,
        *,
        reason: str = "asked",
        decision: Decision | str | None = None,
        support_id: str | None = None,
    ) -> Support:
        """A help with a question."""
        more = {"reason": reason, "decision": decision, "support_id": support_id}
        return await self._run(self._client.support, learner, course, question, **more)

    async def mastery(self, learner: str, course: str | None = None) -> list[SkillState]:
        """Where a learner stands in each skill."""
        return await self._run(self._client.mastery, learner, course)

    async def reviews(self, learner: str, course: str) -> list[Review]:
        """When mastered skills should be reviewed."""
        return await self._run(self._client.reviews, learner, course)

    async def learner(self, learner: str, course: str | None = None) -> dict[str, Any]:
        """What is known of a learner."""
        return await self._run(self._client.learner, learner, course)

    async def lesson(self, learner: str, course: str, activity: str | None = None) -> dict[str, Any]:
        """An activity as the learner sees it."""
        return await self._run(self._client.lesson, learner, course, activity)

    async def load_path(self, course: str) -> None:
        """Reads the course's own path from Nexus."""
        await self._run(self._client.load_path, course)

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Any other `GET` of docs/api.md."""
        return await self._run(self._client.get, path, **query)

    async def _run(self, call: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, functools.partial(call, *arguments, **named))
