import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import JobMalformed
from agent.wire.jobs import (
    ActivateTokenJob,
    CertificateFacts,
    CertificateJob,
    CheckTokenJob,
    Identifier,
    Job,
    Organisation,
    RecordsJob,
    RevocationContent,
    RevocationJob,
    TokenFacts,
    read_job,
)
from tests.wire.conftest import content_with, revocation_contract

HEADER: dict[str, Any] = {
    "id": "AAECAwQFBgcICQoLDA0ODw",
    "server": "https://certificates.example.org",
    "expires_at": datetime(2026, 3, 2, tzinfo=UTC),
    "organisation": Organisation("AZ Sint-Élisabeth", Identifier("CBE", "0406798006")),
    "environment": "acceptance",
    "requested_by": "An Peeters",
    "requested_at": datetime(2026, 3, 1, tzinfo=UTC),
    "reason": "",
}
OWNED = CertificateFacts("ab" * 32, "0d" * 20, "CBE=0406798006, APP_1", datetime(2026, 5, 1, tzinfo=UTC))
TOKEN = TokenFacts(2**128 - 1, datetime(2026, 5, 1, tzinfo=UTC))
JOB = CertificateJob(**HEADER, request=content_with())
REVOCATION = RevocationContent(OWNED.public_key_identifier, revocation_contract())
JOBS: dict[str, Job] = {
    "request": JOB,
    "renewal": CertificateJob(**HEADER, request=content_with(), replaces=OWNED, token=True),
    "revocation": RevocationJob(**HEADER, certificate=OWNED, request=REVOCATION, comment="Gestolen."),
    "records": RecordsJob(**HEADER, person=content_with().contract.signer),
    "activation": ActivateTokenJob(**HEADER, certificate=OWNED, token=TOKEN),
    "check": CheckTokenJob(**HEADER, certificate=OWNED, token=TOKEN),
}


def document(name: str) -> dict[str, Any]:
    """A job as it travels."""
    read: dict[str, Any] = json.loads(json.dumps(JOBS[name].to_json()))
    return read


@pytest.mark.parametrize("name", JOBS)
def test_a_job_reads_back(name: str) -> None:
    job, sent = JOBS[name], document(name)
    assert read_job(sent) == job
    assert read_job(json.dumps(sent).encode()) == job
    assert type(job).from_json(sent) == job
    assert sent["kind"] == job.kind


def test_a_kind_is_read_as_nothing_else() -> None:
    for name, job in JOBS.items():
        for other in JOBS.values():
            if other.kind == job.kind:
                continue
            with pytest.raises(JobMalformed):
                type(other).from_json(document(name))
            if other.names != job.names:
                with pytest.raises(JobMalformed):
                    read_job({**document(name), "kind": other.kind})
    kinds: list[object] = ["reveal-key", "", None, 1, ["check-token"], {}]
    for kind in kinds:
        with pytest.raises(JobMalformed):
            read_job({**document("check"), "kind": kind})


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path, *(p for name in value for p in _paths(value[name], (*path, name)))]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in _paths(item, (*path, index))]
    return []


PATHS = [(name, path) for name in JOBS for path in _paths(document(name))]


@pytest.mark.parametrize(("name", "path"), PATHS, ids=str)
def test_no_object_may_have_a_field_more_or_less(name: str, path: tuple[Any, ...]) -> None:
    spot = document(name)
    for step in path:
        spot = spot[step]
    for field in list(spot):
        broken = document(name)
        place = broken
        for step in path:
            place = place[step]
        del place[field]
        with pytest.raises(JobMalformed):
            read_job(broken)
    broken = document(name)
    place = broken
    for step in path:
        place = place[step]
    place["surprise"] = 1
    with pytest.raises(JobMalformed):
        read_job(broken)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("request", ("token",), None),
        ("request", ("token",), 1),
        ("request", ("replaces",), False),
        ("renewal", ("replaces", "fingerprint"), "AB" * 32),
        ("renewal", ("replaces", "fingerprint"), "ab" * 32 + "\n"),
        ("renewal", ("replaces", "public_key_identifier"), "0d" * 19),
        ("renewal", ("replaces", "not_after"), "2026-05-01"),
        ("revocation", ("certificate", "public_key_identifier"), "0e" * 20),
        ("revocation", ("request", "public_key_identifier"), "0e" * 20),
        ("revocation", ("request", "contract", "revocation_reason"), "unspecified"),
        ("revocation", ("request", "contract", "texts"), []),
        ("revocation", ("request", "contract", "texts", 0, "html"), "x" * 100_000),
        ("revocation", ("comment",), "x" * 2001),
        ("records", ("person", "ids"), []),
        ("activation", ("token", "serial"), 5),
        ("activation", ("token", "serial"), "0"),
        ("activation", ("token", "serial"), "05"),
        ("activation", ("token", "serial"), "-5"),
        ("activation", ("token", "serial"), "\u0665"),
        ("activation", ("token", "serial"), str(2**128)),
        ("check", ("token", "serial"), "9" * 5000),
    ],
    ids=str,
)
def test_odd_values_inside_are_refused(name: str, path: tuple[Any, ...], value: object) -> None:
    broken = document(name)
    place: Any = broken
    for step in path[:-1]:
        place = place[step]
    assert place[path[-1]] != value
    place[path[-1]] = value
    with pytest.raises(JobMalformed):
        read_job(broken)


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
    for job in JOBS.values():
        with pytest.raises(JobMalformed):
            read_job({**job.to_json(), name: value})


@given(st.binary(max_size=200))
def test_bytes_that_are_no_job_never_do_anything_else(data: bytes) -> None:
    with pytest.raises(JobMalformed):
        read_job(data)


def test_doubled_fields_deep_nesting_and_size_are_refused() -> None:
    text = json.dumps(JOB.to_json())
    for broken in (
        text.replace('"reason": ""', '"reason": "", "reason": ""'),
        "[" * 100_000,
        " " * 700_000,
        "NaN",
    ):
        with pytest.raises(JobMalformed):
            read_job(broken.encode())
