"""The API does what its description says: calls made up from it, fitting and not, to a real server."""

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

from ehportal.api.describing import describe
from tests.browser.site import SiteServer
from tests.support.connections import System

MANY, MANY_FULL = 6, 200
"""Calls made up for each operation and each mode; always the same ones."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def operations() -> list[Any]:
    schema: Any = schemathesis.openapi.from_dict(describe())
    return [one.ok() for one in schema.get_all_operations()]


@pytest.mark.parametrize("operation", operations(), ids=lambda one: f"{one.method} {one.path}")
def test_whatever_is_asked_the_answer_is_a_described_one(
    operation: Any, server: SiteServer, system: System, full: bool
) -> None:
    headers = {"Authorization": f"Bearer {system.secret}"}
    limits = examples(
        max_examples=MANY_FULL if full else MANY,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    statuses: set[int] = set()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @limits
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call_and_validate(base_url=server.origin, headers=headers, checks=CHECKS)
            statuses.add(answer.status_code)

        try:
            ask()
        except Exception as error:
            if type(error).__name__ not in {"Unsatisfiable", "SkipTest"}:  # nothing can be asked wrongly here
                raise
    assert 401 not in statuses
    assert statuses & {200, 304, 404, 412, 422}
