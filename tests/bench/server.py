"""The server's share of taking a signed request, beside one raw RSA verification."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.bench.stand import milliseconds, show


def make_job() -> tuple[Any, Any, bytes, Any]:
    """Return a hospital, an offered job, its signed bytes and the card, without any platform."""
    from agent.wire.jobs import Contract, Identifier, LocalisedText, Signer
    from agent.wire.pki.keys import make_csr
    from agent.wire.pki.names import ehealth_dn
    from agent.wire.xml.request import build_generate_certificate
    from agent.wire.xml.signature import sign_enveloped
    from certificates.domain.lifecycle import RequestState
    from certificates.models import AgentJob, CertificateRequest
    from certificates.services.requests.accept import content_of
    from organisations.sealing import seal
    from organisations.tenancy import acting_for
    from tests.support.cards import CitizenPki, raw_sign
    from tests.support.holder import any_key
    from tests.support.hospital import make_hospital

    hospital = make_hospital()
    card = CitizenPki().card(algorithm="rsa")
    request = hospital.request(application_id="BENCH")
    contract = Contract(
        dn=ehealth_dn("CBE", "0406798006", hospital.organisation.name, "BENCH"),
        signer=Signer((Identifier("SSIN", card.ssin),), card.first_names, card.surname),
        texts=tuple(LocalisedText(language, "<p>Contract</p>" * 400) for language in ("nl", "fr", "de")),
    )
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).update(
            state=RequestState.AWAITING_SIGNATURE,
            sealed_contract=seal(json.dumps(contract.to_json()).encode()),
            contract_dn=contract.dn,
            next_attempt_at=now + timedelta(days=30),
        )
        AgentJob.objects.create(
            id=base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("="),
            organisation=hospital.organisation,
            kind="request-certificate",
            request=request,
            holder=hospital.holder,
            expires_at=now + timedelta(days=30),
        )
        request = hospital.reload(request)
        data = build_generate_certificate(
            content_of(request), make_csr(any_key(), contract.dn), request_id=f"_{uuid4()}", issue_instant=now
        )
    signed = sign_enveloped(data, chain=card.signature_chain, sign=raw_sign(card.signature_key))
    return hospital, request, signed, card


def measure() -> None:
    """Print what verifying and persisting cost."""
    from django.db import transaction

    from agent.wire.link.proofs import public_jwk, thumbprint
    from certificates.models import AgentJob
    from certificates.services.requests.accept import accept_signed_request, check_signed_request
    from certificates.services.signing.agent_jobs import RELATED
    from organisations.models import Device
    from organisations.tenancy import acting_for
    from tests.support.holder import Holder, link

    hospital, request, signed, card = make_job()
    key = Holder(identity=card).device_key
    device = Device.objects.create(
        thumbprint=thumbprint(public_jwk(key)),
        public_jwk=public_jwk(key),
        label="bench",
        ssin_index=hospital.holder.ssin_index,
        holder_first_names=list(card.first_names),
        holder_name=card.surname,
    )
    link(device, hospital.holder)

    def job() -> AgentJob:
        return AgentJob.objects.select_related(*RELATED).get(pk=request.job.pk)

    with acting_for([hospital.organisation.pk], as_platform=True):
        offered = job()
    raw_key = card.signature_key
    assert isinstance(raw_key, rsa.RSAPrivateKey)  # asked for above
    signature = raw_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())

    def raw() -> None:
        raw_key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())

    def persist() -> None:
        with acting_for([hospital.organisation.pk], as_platform=True):
            fresh = job()
            with transaction.atomic():
                accept_signed_request(fresh, checked, device, now=datetime.now(UTC))
                transaction.set_rollback(True)

    checked = check_signed_request(offered, signed)
    rows = []
    base, base_95 = milliseconds(raw, times=200)
    rows.append(("raw RSA 2048 verification", f"{base:.2f}", f"{base_95:.2f}", "1"))
    for name, work in (
        ("verify: schema, signature, content", lambda: check_signed_request(offered, signed)),
        ("persist: load, mandate, state, record", persist),
    ):
        middle, high = milliseconds(work, times=100)
        rows.append((name, f"{middle:.2f}", f"{high:.2f}", f"{middle / base:.0f}"))
    show(f"Taking a signed request of {len(signed)} bytes", ("work", "ms", "p95", "ratio"), rows)
