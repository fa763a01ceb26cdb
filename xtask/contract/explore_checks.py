"""A check of our own for schemathesis: what fits the document is never called malformed."""

import schemathesis

# Rules between two fields, which no schema of a field can say.
BETWEEN_FIELDS = {
    "contradiction",
    "duplicate_key",
    "id_mismatch",
    "identifies_learner",
    "missing",
    "missing_field",
    "not_with_this_rule",
    "unexpected",
    "weight_missing",
}


@schemathesis.check
def fits_the_document(ctx, response, case):
    if not case.meta or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    problem = response.json()
    codes = {error["code"] for error in problem.get("errors", [])}
    if problem["code"] == "schema_violation" and not codes & BETWEEN_FIELDS:
        raise AssertionError(f"the document allows this, the server does not: {problem}")
