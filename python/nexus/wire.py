"""One question to Nexus over HTTP: a time limit for all tries together, and what counts as an answer."""

from __future__ import annotations

import http.client
import json
import queue
import random
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .answers import Refused, Unavailable

#: Statuses that say "not now"; every other refusal would be the same again.
RETRIED = frozenset({408, 425, 429})
IDLE_SECONDS = 30.0
BODY_BYTES_MAX = 64 * 1024 * 1024
CONNECTIONS_KEPT = 16

Credential = str | Callable[[], str] | None


class Wire:
    """Asks, and asks again while that can help. Connections are kept and shared by all threads."""

    def __init__(self, url: str, credential: Credential, wait: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address such as https://nexus.example")
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._credential, self._wait = credential, wait
        self._token: str | None = None
        self._idle: queue.LifoQueue[tuple[http.client.HTTPConnection, float]] = queue.LifoQueue(CONNECTIONS_KEPT)

    def ask(
        self, method: str, path: str, body: bytes | None, *, seconds: float, tries: int, may_renew: bool = True
    ) -> dict[str, Any]:
        """What Nexus answers. Every try sends the same bytes, so with an id in them it has one effect.

        Raises `Refused` when Nexus says no, and `Unavailable` when it gave no answer in this time and these tries.
        """
        deadline = time.monotonic() + seconds
        for left in range(tries - 1, -1, -1):
            try:
                return self._try(method, path, body, deadline, left + 1)
            except Refused as refused:
                # A token that ended is asked for once more: a new one may be had.
                if refused.code != "expired_credential" or not may_renew or not callable(self._credential):
                    raise
                self._token, seconds = None, deadline - time.monotonic()
                return self.ask(method, path, body, seconds=seconds, tries=left + 1, may_renew=False)
            except Unavailable as trouble:
                pause = pause_seconds(tries - left, trouble.retry_after_seconds)
                if left == 0 or time.monotonic() + pause >= deadline:
                    raise
            self._wait(pause)
        raise Unavailable("no try was allowed")

    def close(self) -> None:
        """Closes the connections that are kept."""
        while True:
            try:
                self._idle.get_nowait()[0].close()
            except queue.Empty:
                return

    def _try(self, method: str, path: str, body: bytes | None, deadline: float, tries: int) -> dict[str, Any]:
        """One try. It gets its share of the time that is left, so that one lost packet does not cost all of it."""
        ends = time.monotonic() + (deadline - time.monotonic()) / tries
        connection = self._connection()
        try:
            status, headers, text = exchange(connection, method, self._prefix + path, body, self._headers(body), ends)
        except (OSError, http.client.HTTPException) as trouble:
            connection.close()
            raise Unavailable(f"{type(trouble).__name__}: {trouble}") from trouble
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return answer(status, headers, text)

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        token = self._credential
        if callable(token):
            if self._token is None:
                try:
                    self._token = token()
                except Exception as trouble:  # It comes over the same network, by code of the site.
                    raise Unavailable(f"no token: {trouble}") from trouble
            token = self._token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _connection(self) -> http.client.HTTPConnection:
        while True:
            try:
                connection, since = self._idle.get_nowait()
            except queue.Empty:
                break
            # The server closes what is idle for a minute; a request on it would be lost.
            if time.monotonic() - since < IDLE_SECONDS:
                return connection
            connection.close()
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None:
            return
        try:
            self._idle.put_nowait((connection, time.monotonic()))
        except queue.Full:
            connection.close()


def exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str], ends: float
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request and its whole answer, before `ends` by the monotonic clock."""
    connection.timeout = time_left(ends)
    if connection.sock is not None:
        connection.sock.settimeout(connection.timeout)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    parts: list[bytes] = []
    size = 0
    # `read1` gives what is there, so that an answer in drops cannot take longer than it may.
    while part := response.read1(65_536):
        if connection.sock is not None:
            connection.sock.settimeout(time_left(ends))
        parts.append(part)
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise http.client.HTTPException("the answer is too long")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    response.close()
    return response.status, response.headers, b"".join(parts)


def time_left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


def answer(status: int, headers: http.client.HTTPMessage, text: bytes) -> dict[str, Any]:
    """What an answer says. What is no JSON of Nexus (the page of a hotel's network, of a proxy) is no answer."""
    kind = headers.get_content_type()
    try:
        body = json.loads(text) if kind in ("application/json", "application/problem+json") else None
    except ValueError:
        body = None
    if status == 200 and isinstance(body, dict):
        return body
    problem = body if kind == "application/problem+json" and isinstance(body, dict) else {}
    if status in RETRIED or status >= 500 or not 400 <= status or "code" not in problem:
        reason = f"status {status} {problem.get('code', '')}".strip()
        raise Unavailable(reason, retry_after(headers), problem.get("static_activity"))
    errors, request = problem.get("errors", []), problem.get("request_id", "")
    raise Refused(status, problem["code"], problem.get("detail", ""), errors, request)


def retry_after(headers: http.client.HTTPMessage) -> float | None:
    """`Retry-After` in seconds; a date, which Nexus never sends, is left to our own pauses."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def pause_seconds(tries: int, asked: float | None) -> float:
    """How long to wait after so many tries: twice as long each time, up to a minute, spread by chance so that many
    clients do not come back at once, and never less than what the server asked for."""
    own = min(60.0, 0.1 * 2.0 ** min(tries - 1, 16)) * random.uniform(0.5, 1.0)
    return max(own, asked or 0.0)
