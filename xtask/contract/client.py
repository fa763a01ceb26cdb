"""Talks to a server with the client that was made from the API document.

client.py BINARY DOCUMENT FOLDER-OF-THE-CLIENT
"""

import importlib
import json
import pathlib
import sys

import server

binary, document, folder = sys.argv[1:]
sys.path.insert(0, folder)

from nexus_client import AuthenticatedClient, models  # noqa: E402

METHODS = ("get", "put", "post", "delete", "patch")
document = json.loads(pathlib.Path(document).read_text(encoding="utf-8"))
schemas = document["components"]["schemas"]


def operations():
    """Every operation of the document: its id, its tag and itself."""
    for path in document["paths"].values():
        for method in METHODS:
            if method in path:
                operation = path[method]
                yield operation["operationId"], operation["tags"][0], operation


def call(name, client, **arguments):
    """Calls an operation; gives what it answers, which must be a success."""
    tag = next(tag for operation, tag, _ in operations() if operation == name)
    module = importlib.import_module(f"nexus_client.api.{tag}.{name}")
    answer = module.sync_detailed(client=client, **arguments)
    assert answer.status_code < 300, (name, answer.status_code, answer.content)
    assert answer.parsed is not None, (name, answer.content)
    return answer.parsed


def example(schema):
    """The example of a schema, as a value of the client."""
    named = schemas[schema]
    plain = named.get("example") or named["examples"][0]
    value = getattr(models, schema).from_dict(plain)
    again = json.dumps(value.to_dict(), sort_keys=True).replace("+00:00", "Z")
    assert json.loads(again) == plain, f"{schema} does not come back as it went in: {again}"
    return value


def every_operation_was_made():
    for name, tag, _ in operations():
        importlib.import_module(f"nexus_client.api.{tag}.{name}")


def a_site_teaches_a_learner(client):
    receipt = call("put_course", client, id="fractions", body=example("CourseFile"))
    assert receipt.course.activities == 5 and not receipt.duplicate
    decision = call("post_decision", client, body=example("DecisionRequest"))
    assert decision.activity.startswith(("halves", "quarters"))
    assert decision.kind in models.ActivityKind and 0 < decision.propensity <= 1
    receipts = call("post_events", client, body=example("EventBatch"))
    assert receipts.rejected == 0 and receipts.accepted == len(receipts.receipts) == 10, receipts
    mark = example("RewardReport")
    assert call("post_reward", client, id=decision.decision_id, body=mark).id == mark.id
    audit = call("get_decision", client, id=decision.decision_id)
    assert audit.policy == decision.policy and audit.candidates
    assert all(it.reason in models.ExclusionReason for it in audit.exclusions)
    support = call("post_support", client, body=example("SupportRequest"))
    assert support.kind in models.SupportKind and 0 < support.propensity <= 1
    assert call("get_support", client, id=support.support_id).choice.support == support.support
    assert call("get_supports", client, id="fractions").chosen == 1
    batch = call("post_decision_batch", client, body=example("DecisionBatch"))
    assert (batch.answered, batch.refused) == (2, 0) and batch.answers[0].next_.slate, batch
    assert call("post_reward_batch", client, body=example("RewardBatch")).accepted == 2
    learner = call("get_learner", client, id="learner-1")
    assert learner.answers == 1 and learner.courses[0].course == "fractions"
    everything = call("get_export", client, id="learner-1")
    assert everything.entries and everything.learner.learner == "learner-1"
    assert "learner-1" in [it.learner for it in call("list_learners", client).learners]
    mastery = call("get_mastery", client, id="learner-1")
    assert [skill.skill for skill in mastery.courses[0].skills] == ["halves", "quarters"]


def a_teacher_steers(client):
    call("put_constraint", client, id="no-quiz-today", body=example("ConstraintBody"))
    assert call("get_constraints", client).constraints[0].rule == models.ConstraintRule.CAP
    assert call("post_switch", client, body=example("SwitchRequest")).switches
    ask = models.DecisionRequest(learner="learner-2", course="fractions")
    decision = call("post_decision", client, body=ask)
    assert decision.fallback == models.Fallback.KILL_SWITCH
    call("post_experiment", client, body=example("ExperimentBody"))
    results = call("get_experiment_results", client, id="path-or-bandit")
    assert results.status == models.ExperimentStatus.RUNNING
    receipt = call("set_experiment_share", client, id="path-or-bandit", body=example("ShareRequest"))
    assert receipt.status == models.ExperimentStatus.RUNNING and not receipt.duplicate, receipt
    call("stop_experiment", client, id="path-or-bandit", body=example("StopRequest"))
    receipt = call("conclude_experiment", client, id="path-or-bandit", body=example("ConclusionRequest"))
    assert receipt.status == models.ExperimentStatus.CONCLUDED, receipt
    call("archive_experiment", client, id="path-or-bandit", body=example("ArchiveRequest"))
    assert len(call("get_experiment_results", client, id="path-or-bandit").changes) == 3
    batch = example("RecordBatch")
    receipt = call("post_batch", client, id="clicks", body=batch)
    assert receipt.position == batch.to_dict()["next"], receipt
    assert call("get_sources", client).sources[0].partitions[0].position == receipt.position
    call("post_mode", client, id="lin-ts", body=example("ModeRequest"))
    receipt = call("post_regrade", client, id="fractions", body=example("RegradeRequest"))
    assert receipt.correction == models.CorrectionKind.REGRADED and receipt.dry_run, receipt


def what_is_read_can_be_read(client):
    """Every read that takes no more than these arguments gives something that can be read."""
    known = {"course": "fractions", "policy": "lin-ts", "learner": "learner-1"}
    ids = {"/v1/learners/": "learner-1", "/v1/courses/": "fractions", "/v1/policies/": "lin-ts",
           "/v1/experiments/": "path-or-bandit", "/v1/decisions/": "decision-1",
           "/v1/supports/": "support-1"}
    read = 0
    for path, entry in document["paths"].items():
        operation = entry.get("get")
        answers = operation and operation["responses"]["200"]["content"]
        if not answers or "application/json" not in answers or "{version}" in path:
            continue
        arguments = {}
        for parameter in operation.get("parameters", []):
            name = parameter["name"]
            if name == "id":
                arguments["id"] = next(id for start, id in ids.items() if path.startswith(start))
            elif parameter.get("required"):
                arguments[name] = known[name]
        call(operation["operationId"], client, **arguments)
        read += 1
    assert read >= 18, f"only {read} reads"
    page = call("get_journal", client, limit=1000)
    assert page.head == len(page.entries)


def a_refusal_is_a_problem(client):
    module = importlib.import_module("nexus_client.api.learning.post_decision")
    ask = models.DecisionRequest(learner="learner-1", course="no-such-course")
    answer = module.sync_detailed(client=client, body=ask)
    assert answer.status_code == 404 and isinstance(answer.parsed, models.Problem), answer
    assert answer.parsed.code == "unknown_course"


every_operation_was_made()
with server.running(binary) as (address, key):
    client = AuthenticatedClient(base_url=address, token=key, timeout=60)
    a_site_teaches_a_learner(client)
    a_teacher_steers(client)
    what_is_read_can_be_read(client)
    a_refusal_is_a_problem(client)
    call("delete_learner", client, id="learner-1", body=example("EraseRequest"))
print(f"the client has {len(list(operations()))} operations, and works")
