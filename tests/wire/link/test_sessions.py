"""Where a session is asked for, and what is reported of it: read strictly, of one environment, nothing of a person."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.encoding import to_base64
from agent.wire.errors import JobMalformed
from agent.wire.link.sessions import (
    RECORDED,
    SessionPlace,
    SessionProof,
    certified_names,
    identity_names,
)
from tests.support.authority import Authority

ROOT = to_base64(Authority().anchors[0].public_bytes(Encoding.DER))
PLACE: dict[str, Any] = {
    "environment": "production",
    "address": "https://services.ehealth.fgov.be/IAM/Saml11TokenService/v1",
    "signers": [ROOT],
    "anchors": [ROOT],
}
PROOF: dict[str, Any] = {
    "verdict": "ok",
    "environment": "production",
    "not_before": "2026-11-30T10:00:00+00:00",
    "not_on_or_after": "2026-11-30T11:00:00+00:00",
    "signer": "0" * 64,
    "digest": "1" * 64,
    "weak_signature": False,
    "clock_seconds": 0,
    "attributes": [{"name": identity_names("CBE")[0], "value": "0406798006"}],
}


def test_both_come_back_as_they_were() -> None:
    assert json.loads(json.dumps(SessionPlace.from_json(PLACE).to_json())) == PLACE
    assert json.loads(json.dumps(SessionProof.from_json(PROOF).to_json())) == PROOF


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "acceptance"},
        {"address": "https://services-acpt.ehealth.fgov.be/IAM/Saml11TokenService/v1"},
        {"address": "http://services.ehealth.fgov.be/IAM/Saml11TokenService/v1"},
        {"address": "https://somebody@services.ehealth.fgov.be/"},
        {"address": "file:///etc/passwd"},
        {"address": "https://services.ehealth.fgov.be/?a=b"},
        {"signers": []},
        {"anchors": []},
        {"signers": ["AAAA"]},
        {"more": 1},
    ],
)
def test_a_place_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(JobMalformed):
        SessionPlace.from_json({**PLACE, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"environment": "test"},
        {"signer": "CN=IAM"},
        {"digest": "<Assertion/>"},
        {"weak_signature": 1},
        {"clock_seconds": 1.5},
        {"clock_seconds": 10**12},
        {"not_before": "today"},
        {"attributes": [{"name": "urn:be:fgov:person:ssin", "value": "85073003328"}]},
        {"attributes": [{"name": identity_names("CBE")[0], "value": "An Peeters"}]},
        {"token": "x"},
    ],
)
def test_a_report_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(JobMalformed):
        SessionProof.from_json({**PROOF, **change})


def test_no_attribute_of_a_person_is_kept() -> None:
    assert identity_names("SSIN")
    assert not RECORDED & set(identity_names("SSIN"))
    assert not [name for name in RECORDED if "ssin" in name]
    assert (identity_names("EHP"), certified_names("CBE")) == ((), ())
