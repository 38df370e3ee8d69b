"""Every operation of the three services against every class of failure (GenerateCertificate: see test_gateway.py)."""

import base64
from collections.abc import Callable

import pytest
import pytest_django

from agent.wire.errors import MalformedXml
from agent.wire.jobs import ContactData, Identifier, Signer
from agent.wire.pki.keys import make_csr
from agent.wire.pki.names import ehealth_dn
from certificates.certra.errors import CertraError, OutcomeUnknown, Rejected, Transient
from certificates.certra.facts import ForeignWish, RevocationWish
from certificates.certra.requests import check_request
from certificates.certra.services import SIGNED
from certificates.domain.revocation import RevocationReason
from certificates.services.signing.gateways import depot_of, gateway_of, token_gateway_of
from tests.certificates.certra.answering import answered_late
from tests.certificates.certra.wires import free_port
from tests.certificates.signing import signed_requests
from tests.support.holder import any_key
from tests.support.sandbox import SandboxProcess

Call = Callable[[dict[str, bytes]], object]
SIGNER = Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters")
ENDING = RevocationWish("ab" * 20, SIGNER, RevocationReason.SUPERSEDED)
FOREIGN = ForeignWish(
    Signer((Identifier("SSIN", "85273003371"),), ("Giulia",), "De Luca"),
    ContactData("giulia@maasdal.example", None, "+32 11 22 33 44", None),
    make_csr(any_key(), ehealth_dn("SSIN", "85273003371", "Giulia De Luca", None)),
)


QUESTIONS: dict[str, Call] = {
    "GetActorQualities": lambda r: gateway_of("production").actor_qualities(r["GetActorQualities"]),
    "GetGenericOrganizationTypes": lambda r: gateway_of("production").organisation_types(),
    "GetCertificateInfoForCitizen": lambda r: gateway_of("production").certificate_infos(
        r["GetCertificateInfoForCitizen"]
    ),
    "GetCertificateInfoForAuthenticationCertificate": lambda r: gateway_of("production").certificate_info(
        r["GetCertificateInfoForAuthenticationCertificate"]
    ),
    "GenerateRevocationContract": lambda r: gateway_of("production").generate_revocation_contract(ENDING),
    "GetEtk": lambda r: depot_of("production").token_of(Identifier("CBE", "0406798006"), "NOBODY"),
}
DEEDS: dict[str, Call] = {
    "Revoke": lambda r: gateway_of("production").revoke(r["Revoke"]),
    "SubmitCSRForForeigner": lambda r: gateway_of("production").submit_csr_for_foreigner(FOREIGN),
    "StartETKRegistration": lambda r: token_gateway_of("production").start_token(r["StartETKRegistration"]),
    "CompleteETKRegistration": lambda r: token_gateway_of("production").complete_token(
        r["CompleteETKRegistration"]
    ),
    "ActivateETK": lambda r: token_gateway_of("production").activate_token(r["ActivateETK"]),
}
CALLS = QUESTIONS | DEEDS
UNSETTLED = ("drop-before-commit", "drop-after-commit", "http-502", "http-503", "not-xml", "wrong-element", "dtd-bomb",
             "oversized", "truncated", "soa-00001")  # fmt: skip


@pytest.fixture
def requests(government: SandboxProcess) -> dict[str, bytes]:
    """One valid message of every signed operation."""
    return signed_requests.each(government)


def outcome(call: Call, requests: dict[str, bytes]) -> CertraError:
    with pytest.raises(CertraError) as caught:
        call(requests)
    return caught.value


def fault(government: SandboxProcess, kind: str, operation: str) -> None:
    government.control_post("/control/faults", {"kind": kind, "operation": operation, "times": 1})


@pytest.mark.parametrize("kind", UNSETTLED)
@pytest.mark.parametrize("operation", sorted(CALLS))
def test_without_an_answer_a_question_is_asked_again_and_a_deed_is_unknown(
    government: SandboxProcess, requests: dict[str, bytes], operation: str, kind: str
) -> None:
    fault(government, kind, operation)
    expected = Transient if operation in QUESTIONS else OutcomeUnknown
    assert type(outcome(CALLS[operation], requests)) is expected


@pytest.mark.parametrize("kind", ["soa-02001", "soa-02002"])
@pytest.mark.parametrize("operation", sorted(CALLS))
def test_a_service_that_says_it_is_unavailable_did_nothing(
    government: SandboxProcess, requests: dict[str, bytes], operation: str, kind: str
) -> None:
    fault(government, kind, operation)
    error = outcome(CALLS[operation], requests)
    assert type(error) is Transient
    assert error.codes == (kind.upper(),)


@pytest.mark.parametrize("kind", ["soa-01001", "soa-01002", "soa-03001", "soa-03006"])
@pytest.mark.parametrize("operation", sorted(CALLS))
def test_a_message_that_the_bus_refuses_is_rejected(
    government: SandboxProcess, requests: dict[str, bytes], operation: str, kind: str
) -> None:
    fault(government, kind, operation)
    error = outcome(CALLS[operation], requests)
    assert type(error) is Rejected
    [answer] = error.answers
    assert (answer.code, dict(answer.parameters)["Origin"]) == (kind.upper(), "Consumer")


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_a_refusal_keeps_its_code_and_words(
    government: SandboxProcess, requests: dict[str, bytes], operation: str
) -> None:
    fault(government, "refused:SOMETHING_NEW", operation)
    error = outcome(CALLS[operation], requests)
    assert type(error) is Rejected
    assert [(one.code, one.message) for one in error.answers] == [
        ("SOMETHING_NEW", "Refused, because this was asked for.")
    ]


@pytest.mark.parametrize("operation", ["ActivateETK", "GetEtk", "Revoke", "GetActorQualities"])
def test_a_slow_answer(
    government: SandboxProcess,
    requests: dict[str, bytes],
    operation: str,
    settings: pytest_django.Settings,
) -> None:
    settings.CERTRA_READ_TIMEOUT = 0.3
    expected = Transient if operation in QUESTIONS else OutcomeUnknown
    with answered_late(government):
        fault(government, "slow:1", operation)
        assert type(outcome(CALLS[operation], requests)) is expected


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_a_refused_connection_did_nothing(
    requests: dict[str, bytes], operation: str, settings: pytest_django.Settings
) -> None:
    settings.CERTRA_ENDPOINTS = {"production": f"http://127.0.0.1:{free_port()}"}
    assert type(outcome(CALLS[operation], requests)) is Transient


SENT = {
    "GetActorQualities": "actor_qualities",
    "GenerateCertificate": "submit",
    "GetCertificateInfoForCitizen": "certificate_infos",
    "GetCertificateInfoForAuthenticationCertificate": "certificate_info",
    "Revoke": "revoke",
    "StartETKRegistration": "start_token",
    "CompleteETKRegistration": "complete_token",
    "ActivateETK": "activate_token",
}


@pytest.mark.parametrize("operation", sorted(SENT))
def test_signed_bytes_arrive_byte_for_byte(
    government: SandboxProcess, requests: dict[str, bytes], operation: str
) -> None:
    gateway = token_gateway_of("production") if "ETK" in operation else gateway_of("production")
    fault(government, "refused", operation)
    with pytest.raises(Rejected):
        getattr(gateway, SENT[operation])(requests[operation])
    received = government.control_get("/control/received")[-1]
    assert received["operation"] == operation
    body = base64.b64decode(received["body"])
    assert body.count(requests[operation]) == 1
    assert body.startswith(b"<soapenv:Envelope")


# --- what may be sent at all


@pytest.mark.parametrize("operation", sorted(SENT))
def test_every_signed_request_has_its_check(requests: dict[str, bytes], operation: str) -> None:
    data = requests[operation]
    check_request(data, f"{operation}Request")
    for spoiled in (
        b'<?xml version="1.0"?>' + data,
        data.replace(b"IssueInstant=", b"Other=", 1),
        data + b"<a/>",
        data[: data.index(b"<ds:Signature")]
        + data[data.index(b"</ds:Signature>") + len(b"</ds:Signature>") :],
    ):
        assert spoiled != data
        with pytest.raises(MalformedXml):
            check_request(spoiled, f"{operation}Request")


def test_one_request_does_not_pass_for_another(requests: dict[str, bytes]) -> None:
    assert {f"{operation}Request" for operation in SENT} == set(SIGNED)
    for operation in SENT:
        for name in SIGNED:
            if name != f"{operation}Request":
                with pytest.raises(MalformedXml):
                    check_request(requests[operation], name)
