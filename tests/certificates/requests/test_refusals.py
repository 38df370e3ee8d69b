"""Everything that may be wrong with what a workstation sends: each refused with its own code, and nothing lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.jobs import CertificateContent, CertificateJob
from agent.wire.pki.names import name_from_dn
from agent.wire.xml.request import build_generate_certificate
from agent.wire.xml.signature import sign_enveloped
from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from organisations.models import Device
from organisations.services.audit import Actor
from organisations.services.mandates import withdraw_mandate
from organisations.tenancy import acting_for
from tests.support.cards import CitizenPki, raw_sign
from tests.support.holder import Holder, any_key, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def offered(hospital: Hospital, holder: Holder) -> tuple[CertificateRequest, CertificateJob]:
    """A request that waits for its holder's signature, and the job as the agent got it."""
    assert holder.enrol().status_code == 201
    request = hospital.step(hospital.request(application_id="REFUSALS"))
    assert request.state == RequestState.AWAITING_SIGNATURE, request.problem
    return request, holder.job(holder.jobs()[0]["id"])


def assert_refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert len(answer.json()["title"]) > 20


def assert_nothing_lost(
    hospital: Hospital, holder: Holder, request: CertificateRequest, job: CertificateJob
) -> None:
    """The request still waits, and the right bytes are still taken."""
    assert hospital.reload(request).state == RequestState.AWAITING_SIGNATURE
    assert holder.send(job.id, holder.signed(job.request)).status_code == 202


def test_another_persons_card(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    offered: tuple[CertificateRequest, CertificateJob],
) -> None:
    request, job = offered
    other = issue_identity(government.state, "93051822361", "Luc", "Dubois")
    stranger = Holder(other, device_key=holder.device_key)
    assert_refused(holder.send(job.id, stranger.signed(job.request)), 422, "wrong_signer")
    assert_nothing_lost(hospital, holder, request, job)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ({"expired": True}, "card_expired"),
        ({"revoked": "signature"}, "card_revoked"),
        ({"without_nonrepudiation": True}, "not_a_signature_certificate"),
    ],
)
def test_a_card_that_cannot_sign(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    offered: tuple[CertificateRequest, CertificateJob],
    kind: dict[str, Any],
    code: str,
) -> None:
    request, job = offered
    bad = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters", **kind))
    assert_refused(holder.send(job.id, bad.signed(job.request)), 422, code)
    assert_nothing_lost(hospital, holder, request, job)


def test_a_card_of_an_unknown_authority(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    request, job = offered
    card = CitizenPki().card(
        ssin="85073003328", first_names=("An", "Marie"), surname="Peeters", algorithm="p384"
    )
    data = build_generate_certificate(
        job.request,
        _csr(any_key(), job.request.contract.dn),
        request_id=f"_{uuid4()}",
        issue_instant=datetime.now(UTC),
    )
    signed = sign_enveloped(data, chain=card.signature_chain, sign=raw_sign(card.signature_key))
    assert_refused(holder.send(job.id, signed), 422, "card_not_trusted")
    assert_nothing_lost(hospital, holder, request, job)


def test_a_card_whose_status_nobody_answers(
    hospital: Hospital,
    holder: Holder,
    offered: tuple[CertificateRequest, CertificateJob],
    government: SandboxProcess,
) -> None:
    request, job = offered
    data = holder.signed(job.request)
    government.stop()
    try:
        assert_refused(holder.send(job.id, data), 503, "card_status_unknown")
    finally:
        government.start()
    assert hospital.reload(request).state == RequestState.AWAITING_SIGNATURE
    assert holder.send(job.id, data).status_code == 202


def _csr(key: rsa.RSAPrivateKey, dn: str) -> bytes:
    builder = x509.CertificateSigningRequestBuilder(subject_name=name_from_dn(dn))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def another_text(content: CertificateContent) -> CertificateContent:
    return replace(content, contract=replace(content.contract, texts=content.contract.texts[:1]))


def another_name(content: CertificateContent) -> CertificateContent:
    return replace(
        content, contract=replace(content.contract, dn=content.contract.dn.replace("MAASDAL", "X"))
    )


def another_mail(content: CertificateContent) -> CertificateContent:
    return replace(content, contact_data=replace(content.contact_data, email_private="x@evil.example"))


def other_services(content: CertificateContent) -> CertificateContent:
    return replace(content, base_service_usages=("codage",))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (another_text, "contract_altered"),
        (another_name, "contract_altered"),
        (another_mail, "contact_data_altered"),
        (other_services, "contact_data_altered"),
    ],
)
def test_altered_content(
    hospital: Hospital,
    holder: Holder,
    offered: tuple[CertificateRequest, CertificateJob],
    change: Callable[[CertificateContent], CertificateContent],
    code: str,
) -> None:
    request, job = offered
    assert_refused(holder.send(job.id, holder.signed(change(job.request))), 422, code)
    assert_nothing_lost(hospital, holder, request, job)


def test_a_key_for_another_name(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    request, job = offered
    other = job.request.contract.dn.replace("REFUSALS", "SOMETHING")
    assert_refused(holder.send(job.id, holder.signed(job.request, dn=other)), 422, "dn_mismatch")
    assert_nothing_lost(hospital, holder, request, job)


def test_a_weak_key(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    request, job = offered
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  # that is the point
    assert_refused(holder.send(job.id, holder.signed(job.request, weak)), 422, "csr_invalid")
    assert_nothing_lost(hospital, holder, request, job)


def test_a_key_used_before(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    _, job = offered
    key = rsa.generate_private_key(65537, 2048)
    assert holder.send(job.id, holder.signed(job.request, key)).status_code == 202
    second = hospital.step(hospital.request(application_id="SECOND"))
    [line] = holder.jobs()
    again = holder.job(line["id"])
    assert_refused(holder.send(again.id, holder.signed(again.request, key)), 422, "key_already_used")
    assert_nothing_lost(hospital, holder, second, again)


def test_mandate_ended_between_request_and_signature(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    request, job = offered
    with acting_for([hospital.organisation.pk], as_platform=True):
        withdraw_mandate(
            hospital.mandate, withdrawn_on=date(2021, 1, 1), actor=Actor.platform(), now=datetime.now(UTC)
        )
    assert_refused(holder.send(job.id, holder.signed(job.request)), 409, "mandate_ended")
    assert hospital.reload(request).state == RequestState.AWAITING_SIGNATURE


BOMB = b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 1000 + b'"><!ENTITY z "&x;&x;&x;">]>'


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda data: b"", "request_malformed"),
        (lambda data: b"<a/>", "request_malformed"),
        (lambda data: BOMB + data, "request_malformed"),
        (lambda data: data + b" " * 300_000, "request_too_large"),
        (lambda data: data.replace(b"EmailPrivate>an", b"EmailPrivate>xx"), "signature_invalid"),
        (lambda data: data[: len(data) // 2], "request_malformed"),
        (lambda data: b"<x>" + data + b"</x>", "request_malformed"),
        (lambda data: data.replace(b"<ds:Signature", b"<!-- x --><ds:Signature", 1), "signature_invalid"),
        (lambda data: data.replace(b"xmldsig-", b"xmldsig_", 1), None),
    ],
    ids=["empty", "other", "bomb", "oversize", "altered", "truncated", "wrapped", "comment", "unsigned-id"],
)
def test_hostile_bytes(
    hospital: Hospital,
    holder: Holder,
    offered: tuple[CertificateRequest, CertificateJob],
    damage: Callable[[bytes], bytes],
    code: str | None,
) -> None:
    request, job = offered
    answer = holder.send(job.id, damage(holder.signed(job.request)))
    if code is None:  # the Id of the signature itself is not what is signed
        assert answer.status_code == 202
        return
    assert answer.status_code in {413, 422}
    assert answer.json()["code"] == code
    assert_nothing_lost(hospital, holder, request, job)


def test_wrapping_moves_the_signed_part_aside(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    request, job = offered
    signed = holder.signed(job.request)
    evil = holder.signed(replace(job.request, base_service_usages=("codage",)))
    signature = signed[signed.rindex(b"<ds:Signature") : signed.rindex(b"</")]
    head = evil[: evil.rindex(b"<ds:Signature")]
    wrapped = head + signature + evil[evil.rindex(b"</") :]
    assert_refused(holder.send(job.id, wrapped), 422, "signature_invalid")
    assert_nothing_lost(hospital, holder, request, job)


def test_another_tenants_job_shows_nothing(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    offered: tuple[CertificateRequest, CertificateJob],
) -> None:
    _, job = offered
    make_hospital(
        name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361", surname="Dubois"
    )
    stranger = Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois"))
    assert stranger.enrol().status_code == 201
    assert stranger.jobs() == []
    for answer in (
        stranger.call("GET", f"/agent/v1/jobs/{job.id}"),
        stranger.call("GET", f"/agent/v1/jobs/{job.id}/outcome"),
        stranger.call("POST", f"/agent/v1/jobs/{job.id}/decline", {"reason": ""}),
        stranger.send(job.id, holder.signed(job.request)),
        stranger.call("GET", "/agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA"),
    ):
        assert_refused(answer, 404, "job_unknown")


def test_a_job_is_signed_once(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    _, job = offered
    assert holder.send(job.id, holder.signed(job.request)).status_code == 202
    assert_refused(holder.send(job.id, holder.signed(job.request)), 409, "job_closed")
    assert_refused(
        holder.call("POST", f"/agent/v1/jobs/{job.id}/decline", {"reason": "late"}), 409, "job_closed"
    )
    assert_refused(holder.call("GET", f"/agent/v1/jobs/{job.id}"), 409, "job_closed")


def test_declining_closes_the_job(
    hospital: Hospital, holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    request, job = offered
    assert holder.call("POST", f"/agent/v1/jobs/{job.id}/decline", {"reason": "not mine"}).status_code == 200
    assert hospital.reload(request).state == RequestState.DECLINED
    assert_refused(holder.send(job.id, holder.signed(job.request)), 409, "job_closed")
    assert holder.jobs() == []


def test_a_revoked_device_is_unknown(
    holder: Holder, offered: tuple[CertificateRequest, CertificateJob]
) -> None:
    Device.objects.filter(thumbprint=holder.thumbprint).update(revoked_at=datetime.now(UTC))
    assert_refused(holder.call("GET", "/agent/v1/jobs"), 401, "device_unknown")


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_refusals_speak_the_holders_language(
    holder: Holder, offered: tuple[CertificateRequest, CertificateJob], language: str
) -> None:
    holder.language = language
    answer = holder.call("GET", "/agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA")
    assert answer["Content-Language"] == language
