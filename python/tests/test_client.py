"""The client against a real server behind a bad network: the vectors that all clients share, and what only Python has.

`NEXUS_BIN` is the binary; `cargo xtask test` names it.
"""

import asyncio
import dataclasses
import inspect
import json
import os
import subprocess
import sys
import threading
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import nexus
from nexus import events
from nexus.answers import moment

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "sdk"))

import trial_site  # noqa: E402

VECTORS = json.loads((ROOT / "sdk/vectors.json").read_text(encoding="utf-8"))
COURSE = VECTORS["course"]
TYPES = {
    kind.TYPE: kind
    for kind in vars(events).values()
    if inspect.isclass(kind) and issubclass(kind, events.Event) and kind is not events.Event
}


@pytest.fixture(scope="module")
def site():
    with trial_site.running(os.environ["NEXUS_BIN"], ROOT / "docs/openapi.json") as running:
        yield running


class Awaited:
    """An `AsyncClient` whose calls are awaited, so that one runner does for both."""

    def __init__(self, *arguments, **options):
        self._loop = asyncio.new_event_loop()
        self._client = nexus.AsyncClient(*arguments, **options)

    def __getattr__(self, name):
        found = getattr(self._client, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *given, **named: self._loop.run_until_complete(found(*given, **named))


class Run:
    """One vector, with one kind of client."""

    def __init__(self, vector, kind, site, folder):
        self.vector, self.kind, self.site, self.folder = vector, kind, site, folder
        self.learner, self.waits, self.last = f"learner-{uuid.uuid4().hex[:12]}", [], None
        self.client = self.make()

    def make(self):
        wanted = dict(self.vector.get("client", {}))
        path = wanted.pop("path", VECTORS["path"])
        options = {"background": False, "wait": self.waits.append}
        if path is not None:
            options["paths"] = {COURSE: path}
        if wanted.pop("queue", False):
            options["queue"] = self.folder / "queue.db"
        role, expired = wanted.pop("as", "site"), wanted.pop("expired_tokens", 0)
        key = {"site": self.site["site"], "nobody": "nx_sk_live_nobody"}.get(role)
        if role == "learner":
            options["learner"] = self.learner
            lives = iter([-3600] * expired)
            key = lambda: self.token(next(lives, 900))  # noqa: E731
        return self.kind(self.site["network"], key, **options, **wanted)

    def token(self, lifetime_seconds):
        secret, issuer = self.site["secret"], self.site["issuer"]
        return nexus.Client.learner_token(secret, self.learner, issuer=issuer, lifetime_seconds=lifetime_seconds)

    def run(self):
        self.control("PUT", "/-/faults", self.vector.get("network", []))
        for call in self.vector["calls"]:
            self.one(call)
        requests = self.control("GET", "/-/requests")
        if "requests" in self.vector:
            names = named(requests)
            came = [it | {"ids": [names[id] for id in it["ids"]]} for it in requests]
            came = [it | {"request": it["request"].replace(self.learner, "LEARNER")} for it in came]
            assert came == self.vector["requests"]
        if "waits" in self.vector:
            assert len(self.waits) == len(self.vector["waits"]), self.waits
            assert all(waited >= least for waited, least in zip(self.waits, self.vector["waits"])), self.waits
        self.look_at_the_server(self.vector.get("server", {}), named(requests))

    def one(self, call):
        act = getattr(self, f"call_{call['call']}")
        for word, kind in (("unavailable", nexus.Unavailable), ("full", nexus.QueueFull), ("invalid", ValueError)):
            if call.get(word):
                with pytest.raises(kind):
                    act(call)
                return
        if "refused" in call:
            with pytest.raises(nexus.Refused) as refused:
                act(call)
            assert refused.value.code == call["refused"], refused.value
            return
        answer = act(call)
        if isinstance(call.get("expect"), dict):
            assert {name: getattr(answer, name) for name in call["expect"]} == call["expect"], call
        elif "expect" in call:
            assert answer == call["expect"], call

    def call_decide(self, call):
        more = {name: call[name] for name in ("candidates", "exclude") if name in call}
        self.last = self.client.decide(self.learner, call.get("course", COURSE), **more)
        return self.last

    def call_record(self, call):
        said = {"learner": self.learner, "course": COURSE} | call["event"]
        if seconds := said.pop("occurred_in_seconds", None):
            said["occurred_at"] = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        if characters := said.pop("comment_characters", None):
            said["comment"] = "x" * characters
        typed = TYPES.get(said["type"])
        event = said if typed is None else typed(**{name: value for name, value in said.items() if name != "type"})
        for _ in range(call.get("times", 1)):
            self.client.record(event)

    def call_flush(self, _):
        self.client.flush()

    def call_pending(self, _):
        return self.client.pending

    def call_rejected(self, _):
        return [receipt["code"] for _, receipt in self.client.rejected]

    def call_restart(self, _):
        """The process ends without a word, and begins anew with what is on disk."""
        self.client = self.make()

    def call_network(self, call):
        self.control("POST", "/-/faults", call["faults"])

    def call_exposed(self, _):
        self.client.exposed(self.last)

    def call_report_reward(self, call):
        return self.client.report_reward(self.last, call["component"], call["value"])

    def call_support(self, call):
        return self.client.support(self.learner, COURSE, call["question"])

    def call_mastery(self, call):
        skills = self.client.mastery(self.learner, COURSE)
        return next(skill for skill in skills if skill.skill == call["expect"]["skill"])

    def look_at_the_server(self, expected, names):
        """What the server knows, asked without the bad network."""
        ids = {name: id for id, name in names.items()}
        if "decisions" in expected or "events" in expected:
            entries = self.history()
            decisions = [it for it in entries if it["type"] == "decision_made"]
            assert len(decisions) == expected.get("decisions", len(decisions))
            kinds = {*TYPES}
            came = [it["type"] for it in reversed(entries) if it["type"] in kinds]
            assert came == expected.get("events", came)
        for name in expected.get("unfollowed", []):
            reward = self.ask(f"/v1/decisions/{ids[name]}")["reward"]
            assert (reward["state"], reward.get("started_at")) == ("open", None), reward
        for name in expected.get("followed", []):
            reward = self.ask(f"/v1/decisions/{ids[name]}")["reward"]
            assert reward["started_at"] is not None, reward

    def history(self):
        try:
            return self.ask(f"/v1/learners/{self.learner}/history?limit=1000")["entries"]
        except OSError:
            return []  # Nobody of that name was ever heard of.

    def ask(self, path):
        return trial_site.ask("GET", self.site["server"] + path, self.site["admin"])

    def control(self, method, path, body=None):
        return trial_site.ask(method, self.site["network"] + path, "", body)


def named(requests):
    """The ids of requests, named a, b, c by when they were first seen."""
    names = {}
    for id in (id for request in requests for id in request["ids"]):
        names.setdefault(id, chr(ord("a") + len(names)))
    return names


@pytest.mark.parametrize("kind", [nexus.Client, Awaited], ids=["sync", "async"])
@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_vector(vector, kind, site, tmp_path):
    Run(vector, kind, site, tmp_path).run()


def client_of(site, **options):
    return nexus.Client(site["server"], site["site"], **options)


def test_events_of_many_threads_arrive_by_themselves_and_once(site):
    learner, arrived = f"learner-{uuid.uuid4().hex[:12]}", threading.Event()
    with client_of(site) as client:

        def answer(thread):
            for number in range(50):
                # The same answer at the same moment would be one that is told twice.
                at = datetime(2026, 1, thread + 1, 10, 0, number, tzinfo=timezone.utc)
                answer = nexus.QuestionAnswered(learner=learner, course=COURSE, question="half-of-four", response="b")
                client.record(dataclasses.replace(answer, occurred_at=at))

        threads = [threading.Thread(target=answer, args=[number]) for number in range(5)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        for _ in range(600):
            if client.pending == 0:
                break
            arrived.wait(0.05)
        assert (client.pending, client.trouble, list(client.rejected)) == (0, None, [])
    state = trial_site.ask("GET", f"{site['server']}/v1/learners/{learner}", site["admin"])
    assert state["answers"] == 250


def test_a_callback_that_fails_does_not_end_the_sending(site):
    learner, told = f"learner-{uuid.uuid4().hex[:12]}", threading.Event()

    def fail(_event, _receipt):
        told.set()
        raise RuntimeError("a bug of the site")

    with client_of(site, on_rejected=fail) as client:
        client.record({"type": "danced", "learner": learner, "course": COURSE})
        assert told.wait(30)
        client.record(nexus.Enrolled(learner=learner, course=COURSE))
        for _ in range(600):
            if client.pending == 0:
                break
            threading.Event().wait(0.05)
        assert client.pending == 0
    assert trial_site.ask("GET", f"{site['server']}/v1/learners/{learner}", site["admin"])["entries"] == 1


def test_many_decisions_are_awaited_at_once(site):
    learners = [f"learner-{uuid.uuid4().hex[:12]}" for _ in range(20)]

    async def ask():
        async with nexus.AsyncClient(site["server"], site["site"], connections=8, decide_seconds=30) as client:
            for learner in learners:
                await client.record(nexus.SessionStarted(learner=learner, course=COURSE))
            return await asyncio.gather(*(client.decide(learner, COURSE) for learner in learners))

    decisions = asyncio.run(ask())
    assert [it.learner for it in decisions] == learners
    assert len({it.decision_id for it in decisions}) == 20 and not any(it.is_local for it in decisions)


def test_a_queue_on_disk_is_delivered_by_the_next_process(site, tmp_path):
    learner = f"learner-{uuid.uuid4().hex[:12]}"
    program = (
        "import nexus, os, sys\n"
        "client = nexus.Client('http://127.0.0.1:9', queue=sys.argv[1], background=False)\n"
        "client.record(nexus.Enrolled(learner=sys.argv[2], course=sys.argv[3]))\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "queue.db", learner, COURSE], check=False)
    with client_of(site, queue=tmp_path / "queue.db", background=False) as client:
        assert client.pending == 1
        client.flush()
    assert trial_site.ask("GET", f"{site['server']}/v1/learners/{learner}", site["admin"])["entries"] == 1


def test_the_path_of_a_course_is_read_once_and_leaves_out_what_measures(site):
    learner, shown = f"learner-{uuid.uuid4().hex[:12]}", []
    with nexus.Client(site["network"], site["site"], background=False) as client:
        client.load_path(COURSE)
        faults = ["503:60", "pass", "503:60", "pass", "503:60", "pass", "503:60"]
        trial_site.ask("PUT", f"{site['network']}/-/faults", "", faults)
        for _ in range(4):
            decision = client.decide(learner, COURSE)
            shown.append((decision.activity, decision.title, decision.kind, decision.fallback))
            client.record(nexus.ActivitySkipped(learner=learner, course=COURSE, activity=decision.activity))
    assert shown == [
        ("halves-video", "What a half is", "video", "no_answer"),
        ("halves-practice", "Halve it", "exercise", "no_answer"),
        ("quarters-reading", "What a quarter is", "reading", "no_answer"),
        ("quarters-quiz", "Quarters", "quiz", "no_answer"),
    ]


def test_an_event_needs_a_moment_that_means_one(site):
    enrolled = nexus.Enrolled(learner="ada", course=COURSE, occurred_at=datetime(2026, 11, 30, 9, 30))
    with client_of(site, background=False) as client, pytest.raises(ValueError, match="time zone"):
        client.record(enrolled)


@pytest.mark.parametrize(
    ("text", "micros"),
    [("2026-11-30T09:30:00Z", 0), ("2026-11-30T09:30:00.5Z", 500_000), ("2026-11-30T09:30:00.123456Z", 123_456)],
)
def test_times_of_the_server_are_read(text, micros):
    assert moment(text) == datetime(2026, 11, 30, 9, 30, 0, micros, tzinfo=timezone.utc)


def test_events_have_the_fields_of_the_api_document():
    schemas = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    mapping = schemas["LearnerEvent"]["discriminator"]["mapping"]
    assert mapping.keys() == TYPES.keys()
    for word, reference in mapping.items():
        names = {"decision_id" if it.name == "decision" else it.name for it in dataclasses.fields(TYPES[word])}
        assert names == properties(schemas, reference) - {"type", "v"}, word


def properties(schemas, reference):
    """The fields of a schema, with those of the schemas that it is made of."""
    schema = schemas[reference.rsplit("/", 1)[1]]
    parts = [schemas[it["$ref"].rsplit("/", 1)[1]] if "$ref" in it else it for it in schema.get("allOf", [schema])]
    return {name for part in parts for name in part.get("properties", {})}


def test_a_short_secret_signs_nothing():
    with pytest.raises(ValueError, match="31 bytes"):
        nexus.Client.learner_token(31 * "x" + "\n", "ada", issuer="site")


def test_a_site_needs_nothing_but_the_standard_library():
    program = "import nexus, sys; sys.exit('numpy' in sys.modules or 'nexus._native' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
