"""The dashboard in examples, run by Streamlit's own tester against a real server: it shows what the API says."""

import os
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import nexus

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "sdk"))

import trial_site  # noqa: E402

DASHBOARD = ROOT / "python/examples/streamlit_dashboard.py"
COURSE = "fractions"
EXPERIMENT = {
    "id": "path-or-chance",
    "course": COURSE,
    "variants": [{"name": "path", "policy": "static"}, {"name": "chance", "policy": "random"}],
}
#: What half of the learners answer right, and the others wrong, so that there is something to see.
ANSWERS = {"half-of-four": ("b", "a"), "half-of-one": ("0.5", "4"), "name-of-half-a-half": ("quarter", "half")}
PATH = ["halves-video", "halves-practice", "quarters-reading", "quarters-quiz"]


@pytest.fixture(scope="module")
def site():
    with trial_site.running(os.environ["NEXUS_BIN"], ROOT / "docs/openapi.json") as running:
        yield running


def shown(site, monkeypatch):
    """What the dashboard shows: the values of its metrics by their labels, with what stands below."""
    monkeypatch.setenv("NEXUS_URL", site["server"])
    monkeypatch.setenv("NEXUS_KEY", site["admin"])
    page = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
    assert not page.exception, page.exception
    assert not page.error, page.error
    return page, {it.label: (it.value, it.delta) for it in page.metric}


def learners_learn(client, first, last):
    for number in range(first, last):
        who = {"learner": f"learner-{number}", "course": COURSE}
        decision = client.decide(**who, candidates=PATH)
        client.record(nexus.ActivityStarted(**who, activity=decision.activity, decision=decision))
        for question, answers in ANSWERS.items():
            client.record(nexus.QuestionAnswered(**who, question=question, response=answers[number % 2]))
        for activity in PATH[: 4 if number % 2 == 0 else 1]:
            client.record(nexus.ActivityCompleted(**who, activity=activity))
    client.flush(60)


def test_the_dashboard_shows_what_the_interface_says(site, monkeypatch):
    _, metrics = shown(site, monkeypatch)
    assert metrics["Learners"] == ("0", "")
    assert metrics["Completed"][0] == metrics["Mean score, first attempts"][0] == "not yet"
    trial_site.ask("POST", f"{site['server']}/v1/experiments", site["admin"], EXPERIMENT)
    with nexus.Client(site["server"], site["admin"], background=False, decide_seconds=30) as client:
        learners_learn(client, 0, 10)
        page, metrics = shown(site, monkeypatch)
        assert metrics["Learners"][0] == "10"
        assert metrics["Completed"] == ("50%", "5 learners")
        assert metrics["Mean score, first attempts"][0] == f"{client.report(COURSE)['mean_grade']:.0%}" == "50%"
        titles = [it["title"] for it in client.report(COURSE)["activities"]]
        assert list(page.dataframe[0].value["Activity"]) == titles and "What a half is" in titles
        few = client.results(EXPERIMENT["id"])["learners_min"]
        assert set(effects(page, "Says")) == {f"too early: 5 of {few} learners a side", f"too early: 0 of {few} learners a side"}
        learners_learn(client, 10, 4 * few)
        page, _ = shown(site, monkeypatch)
        told = {it["metric"]: it for it in client.results(EXPERIMENT["id"])["effects"]}
        score, metrics = told["mean_score"], effects(page, "Metric")
        row = metrics.index("mean_score")
        assert score["always_valid"]["low"] < score["estimate"] < score["always_valid"]["high"]
        assert [effects(page, name)[row] for name in ("Difference", "Low", "High", "Says")] == [
            score["estimate"], score["always_valid"]["low"], score["always_valid"]["high"], score["verdict"]
        ]
        assert metrics[0] == f"{next(iter(told))} (primary)"


def effects(page, column):
    """A column of the table of effects, which comes after that of activities."""
    return list(page.dataframe[1].value[column])


def test_what_goes_wrong_is_said_on_the_page(site, monkeypatch):
    monkeypatch.setenv("NEXUS_KEY", "nx_sk_live_nobody")
    for url, said in [(site["server"], "bad_credential"), ("http://127.0.0.1:9", "Connection refused")]:
        monkeypatch.setenv("NEXUS_URL", url)
        page = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
        assert not page.exception and said in page.error[0].value
