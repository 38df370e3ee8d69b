import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import JobMalformed
from agent.wire.jobs import CertificateJob, Identifier, Organisation
from tests.wire.conftest import content_with

JOB = CertificateJob(
    id="AAECAwQFBgcICQoLDA0ODw",
    server="https://certificates.example.org",
    expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    organisation=Organisation("AZ Sint-Élisabeth", Identifier("CBE", "0406798006")),
    environment="acceptance",
    requested_by="An Peeters",
    requested_at=datetime(2026, 3, 1, tzinfo=UTC),
    reason="",
    request=content_with(),
)


def test_a_job_reads_back() -> None:
    document = JOB.to_json()
    assert CertificateJob.from_json(document) == JOB
    assert CertificateJob.from_json(json.dumps(document).encode()) == JOB


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path, *(p for name in value for p in _paths(value[name], (*path, name)))]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in _paths(item, (*path, index))]
    return []


PATHS = _paths(json.loads(json.dumps(JOB.to_json())))


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_no_object_may_have_a_field_more_or_less(path: tuple[Any, ...]) -> None:
    document = json.loads(json.dumps(JOB.to_json()))
    spot = document
    for step in path:
        spot = spot[step]
    for name in list(spot):
        broken = copy.deepcopy(document)
        place = broken
        for step in path:
            place = place[step]
        del place[name]
        with pytest.raises(JobMalformed):
            CertificateJob.from_json(broken)
    spot["surprise"] = 1
    with pytest.raises(JobMalformed):
        CertificateJob.from_json(document)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("version", True),
        ("version", "1"),
        ("kind", "reveal-key"),
        ("id", "../../etc/passwd"),
        ("id", "AAECAwQFBgcICQoLDA0ODx"),
        ("server", "https://certificates.example.org/path"),
        ("server", "HTTPS://certificates.example.org"),
        ("server", "http://certificates.example.org"),
        ("environment", "Production"),
        ("expires_at", "2026-03-02T00:00:00"),
        ("expires_at", "soon"),
        ("requested_by", ""),
        ("requested_by", "x" * 300),
        ("requested_by", "\x1b[2J"),
        ("reason", None),
        ("reason", "x" * 2001),
        ("organisation", []),
    ],
)
def test_odd_values_are_refused(name: str, value: object) -> None:
    with pytest.raises(JobMalformed):
        CertificateJob.from_json({**JOB.to_json(), name: value})


@given(st.binary(max_size=200))
def test_bytes_that_are_no_job_never_do_anything_else(data: bytes) -> None:
    with pytest.raises(JobMalformed):
        CertificateJob.from_json(data)


def test_doubled_fields_deep_nesting_and_size_are_refused() -> None:
    text = json.dumps(JOB.to_json())
    for broken in (
        text.replace('"reason": ""', '"reason": "", "reason": ""'),
        "[" * 100_000,
        " " * 700_000,
        "NaN",
    ):
        with pytest.raises(JobMalformed):
            CertificateJob.from_json(broken.encode())
