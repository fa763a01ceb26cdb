"""Events that were recorded and are not yet known to be on the server's disk, in their order."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from os import PathLike
from typing import Protocol


class QueueFull(Exception):
    """As many events wait as may: this one was not taken."""


class Outbox(Protocol):
    """Events by their ids. Taking leaves them in; removing is for those with a receipt."""

    def put(self, id: str, learner: str, body: str) -> None: ...
    def take(self, count: int, learner: str | None = None) -> list[tuple[str, str]]: ...
    def remove(self, ids: list[str]) -> None: ...
    def replace(self, id: str, body: str) -> None: ...
    def count(self, learner: str | None = None) -> int: ...
    def close(self) -> None: ...


class MemoryOutbox:
    """Lasts as long as the process."""

    def __init__(self, events_max: int) -> None:
        self._max, self._lock = events_max, threading.Lock()
        self._events: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def put(self, id: str, learner: str, body: str) -> None:
        with self._lock:
            if id not in self._events and len(self._events) >= self._max:
                raise QueueFull(f"{self._max} events wait already")
            self._events.setdefault(id, (learner, body))

    def take(self, count: int, learner: str | None = None) -> list[tuple[str, str]]:
        with self._lock:
            mine = ((id, body) for id, (owner, body) in self._events.items() if learner in (None, owner))
            return [event for event, _ in zip(mine, range(count))]

    def remove(self, ids: list[str]) -> None:
        with self._lock:
            for id in ids:
                self._events.pop(id, None)

    def replace(self, id: str, body: str) -> None:
        with self._lock:
            if id in self._events:
                self._events[id] = (self._events[id][0], body)

    def count(self, learner: str | None = None) -> int:
        with self._lock:
            return sum(learner in (None, owner) for owner, _ in self._events.values())

    def close(self) -> None:
        """Nothing to close."""


class DiskOutbox:
    """Lasts until it is delivered, over restarts and crashes: a file of SQLite. Several processes of a machine may
    share it; then an event may be sent by two of them, which its id makes harmless. Beside the events it keeps how far
    learners are on a local path, so that all these processes know of a local decision."""

    def __init__(self, path: str | PathLike[str], events_max: int) -> None:
        self._max, self._lock = events_max, threading.Lock()
        self._file = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute(
            "create table if not exists event "
            "(place integer primary key autoincrement, id text not null unique, learner text not null, body text not null)"
        )
        self._file.execute("create index if not exists event_learner on event (learner, place)")
        self._file.execute(
            "create table if not exists walk "
            "(learner text not null, course text not null, walk text not null, primary key (learner, course))"
        )

    def put(self, id: str, learner: str, body: str) -> None:
        with self._lock:
            if self._count() >= self._max:
                raise QueueFull(f"{self._max} events wait already")
            self._file.execute("insert or ignore into event (id, learner, body) values (?, ?, ?)", (id, learner, body))

    def take(self, count: int, learner: str | None = None) -> list[tuple[str, str]]:
        where, values = ("where learner = ?", [learner]) if learner is not None else ("", [])
        with self._lock:
            rows = self._file.execute(f"select id, body from event {where} order by place limit ?", [*values, count])
            return [(id, body) for id, body in rows]

    def remove(self, ids: list[str]) -> None:
        with self._lock:
            self._file.execute("begin immediate")
            self._file.executemany("delete from event where id = ?", [(id,) for id in ids])
            self._file.execute("commit")

    def replace(self, id: str, body: str) -> None:
        with self._lock:
            self._file.execute("update event set body = ? where id = ?", (body, id))

    def count(self, learner: str | None = None) -> int:
        with self._lock:
            return self._count(learner)

    def walk(self, learner: str, course: str) -> str | None:
        """How far a learner is on the local path of a course, as it was kept."""
        with self._lock:
            of = "where learner = ? and course = ?"
            row = self._file.execute(f"select walk from walk {of}", (learner, course)).fetchone()
            return row and str(row[0])

    def keep_walk(self, learner: str, course: str, walk: str) -> None:
        """Keeps how far a learner is."""
        with self._lock:
            self._file.execute("insert or replace into walk values (?, ?, ?)", (learner, course, walk))

    def close(self) -> None:
        """Closes the file; what waits in it is sent by the next client that opens it."""
        with self._lock:
            self._file.close()

    def _count(self, learner: str | None = None) -> int:
        where, values = ("where learner = ?", [learner]) if learner is not None else ("", [])
        return int(self._file.execute(f"select count(*) from event {where}", values).fetchone()[0])
