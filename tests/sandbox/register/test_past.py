"""Certificates that were issued earlier."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest
from cryptography import x509

from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox.operations.test_journey import certificates, get, submit
from tests.support.sandbox import SandboxProcess

ORDER = {
    "environment": "production",
    "identifier": {"type": "CBE", "value": "0406798006"},
    "name": "AZ Sint-Elisabeth Maasdal",
    "application_id": "OLD",
}


def issue(sandbox: SandboxProcess, days: float, **changes: Any) -> dict[str, str]:
    since = (datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0)
    return dict(sandbox.control_post("/control/issue", {**ORDER, "not_before": since.isoformat(), **changes}))


@pytest.mark.parametrize(("days", "status"), [(1, "VALID_ACTIVE"), (1050, "VALID_ACTIVE"), (1200, "EXPIRED")])
def test_a_certificate_of_an_earlier_day(sandbox: SandboxProcess, days: int, status: str) -> None:
    made = issue(sandbox, days)
    certificate = x509.load_pem_x509_certificate(made["pem"].encode())
    assert (
        timedelta(0)
        <= datetime.now(UTC) - timedelta(days=days) - certificate.not_valid_before_utc
        < timedelta(minutes=1)
    )
    assert certificates(get(sandbox.production, made["pki"]))[0] == certificate
    (listed,) = sandbox.control_get("/control/requests")
    assert (listed["status"], listed["application_id"]) == (status, "OLD")


def test_it_takes_part_in_renewal(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    near = issue(sandbox, 1050)
    renewed, _ = submit(sandbox.production, cards["an"], application_id="OLD")
    assert renewed.code == "success"
    assert near["pki"].upper() in renewed.body.decode()
    issue(sandbox, 10, application_id="NEW")
    refused, _ = submit(sandbox.production, cards["an"], application_id="NEW")
    assert refused.code == "DN_ALREADY_ACTIVE"


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": "elsewhere"},
        {"identifier": "0406798006"},
        {"name": None},
        {"application_id": "two words"},
        {"not_before": "yesterday"},
        {"not_before": "2025-01-01T00:00:00"},
        {"not_before": "2999-01-01T00:00:00+00:00"},
        {"not_before": "1999-01-01T00:00:00+00:00"},
    ],
)
def test_an_order_that_makes_no_sense(sandbox: SandboxProcess, changes: dict[str, Any]) -> None:
    with pytest.raises(HTTPError, match="400"):
        issue(sandbox, 10, **changes)
    assert sandbox.control_get("/control/requests") == []
