"""A network that a real node serves: published by the command line, drawn with exact propensities.

`NEXUS_BIN` is the binary; `cargo xtask test` names it.
"""

import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

BINARY = os.environ["NEXUS_BIN"]
GOLDEN = Path(__file__).parents[2] / "crates/nexus-ingest/golden/onnx"


def a_course():
    """Four skills, each with something to read and something to answer."""
    activities = []
    for number in range(4):
        about = {"title": "About it", "skills": [f"skill-{number}"], "difficulty": 0.2 + 0.2 * number}
        question = {
            "id": f"question-{number}",
            "kind": "numeric",
            "prompt": "1 + 1 = ?",
            "answer": 2,
            "tolerance": 0.1,
            "explanation": "Two.",
        }
        read = {"id": f"read-{number}", "kind": "reading", "minutes": 3.0 + number}
        answer = {"id": f"answer-{number}", "kind": "exercise", "minutes": 5.0, "questions": [question]}
        activities += [read | about | {"required": True}, answer | about | {"required": True}]
    return {
        "format": 1,
        "id": "four",
        "version": 1,
        "title": "Four",
        "language": "en",
        "description": "Four skills.",
        "licence": "CC0-1.0",
        "skills": [{"id": f"skill-{number}", "title": f"Skill {number}"} for number in range(4)],
        "modules": [{"id": "one", "title": "One", "activities": activities}],
    }


def nexus(*arguments):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def ask(method, url, key, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_a_published_network_decides_and_its_decisions_replay(tmp_path):
    events = tmp_path / "events.ndjson"
    course, course_file = "four", tmp_path / "course.json"
    course_file.write_text(json.dumps(a_course()))
    enrolled = {"id": "e1", "type": "enrolled", "learner": "ada", "course": course}
    events.write_text(json.dumps(enrolled) + "\n")
    data = tmp_path / "data"
    nexus("ingest", events, "--data", data, "--course", course_file)
    key = nexus("key", "create", "--data", data, "--name", "admin",
                "--scope", "admin", "--scope", "policies:override").strip()
    serve = [BINARY, "serve", "--data", str(data), "--listen", "127.0.0.1:0"]
    log = (tmp_path / "log").open("w")
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True) as server:
        try:
            url = next(found[0] for found in map(address, server.stdout) if found)
            there = ["--course", course, "--url", url, "--key", key]
            file = GOLDEN / "torch-64-64-relu.onnx"
            terms = ["--through", 0, "--temperature", 0.1, "--floor", 0.2, "--reason", "a try"]
            nexus("policy", "publish", "network", "--file", file, *terms, *there)
            nexus("policy", "promote", "network", "--override", "--reason", "a try", *there)
            spread = 0
            for number in range(30):
                learner = f"learner-{number}"
                body = {"learner": learner, "course": course}
                made = ask("POST", f"{url}/v1/decisions", key, body)
                audit = ask("GET", f"{url}/v1/decisions/{made['decision_id']}", key)
                if audit["policy"] == "random":
                    continue  # One of the few who are held out of all policies.
                assert (audit["policy"], audit["policy_version"]) == ("network", 1)
                mass = [candidate["probability"] for candidate in audit["candidates"]]
                assert abs(sum(mass) - 1) < 1e-9 and min(mass) >= 0.2 / len(mass)
                assert made["propensity"] in mass
                spread += len(set(mass)) > 1
            assert spread >= 20, "the network tells candidates apart"
        finally:
            server.terminate()
            server.wait(timeout=30)
    assert "sound" in nexus("verify", "--data", data)


def address(line):
    return re.findall(r"http://127\.0\.0\.1:\d+", line)
