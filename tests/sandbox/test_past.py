"""Certificates with a past, ordered over the control address."""

import urllib.error
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.support.sandbox import SandboxProcess

ORDER = {
    "environment": "production",
    "identifier": {"type": "CBE", "value": "0406798006"},
    "name": "AZ Sint-Elisabeth Maasdal",
    "application_id": "PAST-ONE",
}


def test_a_certificate_of_two_years_ago(sandbox: SandboxProcess) -> None:
    since = datetime.now(UTC) - timedelta(days=730)
    answer = sandbox.control_post("/control/issue", ORDER | {"not_before": since.isoformat()})
    certificate = x509.load_pem_x509_certificate(answer["pem"].encode())
    root, issuing = (
        x509.load_pem_x509_certificate((sandbox.pki / "production" / f"{name}.pem").read_bytes())
        for name in ("root", "issuing")
    )
    certificate.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    assert abs(certificate.not_valid_before_utc - since) < timedelta(seconds=2)
    assert certificate.not_valid_after_utc - since > timedelta(days=3 * 365)
    [listed] = [line for line in sandbox.control_get("/control/requests") if line["pki"] == answer["pki"]]
    assert listed["state"] == "delivered"


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "integration"},
        {"application_id": "small letters"},
        {"not_before": "yesterday"},
        {"not_before": "2001-01-01T00:00:00+00:00"},
        {"identifier": None},
    ],
)
def test_an_impossible_order_says_why(sandbox: SandboxProcess, change: dict[str, object]) -> None:
    order = ORDER | {"application_id": "PAST-TWO", "not_before": datetime.now(UTC).isoformat()} | change
    with pytest.raises(urllib.error.HTTPError) as refused:
        sandbox.control_post("/control/issue", order)
    assert refused.value.code == 400
