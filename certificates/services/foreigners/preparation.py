"""Handing out the preparation file, and taking the certification request that was made with it."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agent.wire.encoding import to_base64url, to_pem
from agent.wire.errors import CsrInvalid, NameMalformed
from agent.wire.link.preparation import Preparation, csr_of_file
from agent.wire.origins import normalise_origin
from agent.wire.pki.keys import read_csr
from agent.wire.pki.names import same_holder
from agent.wire.software import kind_of
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.errors.foreigners import ForeignCsrRefused, ForeignRequestElsewhere
from certificates.models import Certificate, CertificateRequest, ForeignRequest
from certificates.services.signing.nudges import nudge_foreign
from certificates.services.signing.transition import Overtaken, move
from organisations.sealing import seal
from organisations.services.audit import Actor, record


def preparation_of(request: ForeignRequest) -> Preparation:
    """Return what the workstation needs to make the key."""
    return Preparation(
        id=to_base64url(request.pk.bytes),
        server=normalise_origin(settings.ORIGIN),
        environment="acceptance" if request.environment == "acceptance" else "production",
        dn=request.dn,
        store_format=kind_of(request.organisation.key_store_software).store_format,
    )


@transaction.atomic
def hand_out_preparation(request: ForeignRequest, *, actor: Actor, now: datetime) -> bytes:
    """Return the preparation file; it holds the BIS number, so that leaves a trace.

    Raises ForeignRequestElsewhere once the certification request is here.
    """
    if request.state != ForeignState.AWAITING_CSR:
        raise ForeignRequestElsewhere
    record(
        request.organisation_id, "foreign_prepared", request, actor=actor, now=now, name=str(request.person)
    )
    return preparation_of(request).to_json()


def receive_csr(request: ForeignRequest, data: bytes, *, actor: Actor, now: datetime) -> None:
    """Take the `.csr` file: its key must be new, its name the awaited one.

    Raises ForeignCsrRefused, ForeignRequestElsewhere.
    """
    if request.state != ForeignState.AWAITING_CSR:
        raise ForeignRequestElsewhere
    try:
        der = csr_of_file(data)
        facts = read_csr(der)
        expected = same_holder(facts.dn, request.dn)
    except (CsrInvalid, NameMalformed) as error:
        raise ForeignCsrRefused(
            _(
                "This file is not a certification request of the right kind (RSA 2048, SHA-256). Send the .csr file "
                "that the agent wrote beside the preparation file."
            ),
            field="csr",
        ) from error
    if not expected:
        raise ForeignCsrRefused(
            _(
                "This certification request bears another name. Make the key with this request's preparation file."
            ),
            field="csr",
        )
    key = facts.public_key_identifier
    used = (
        Certificate.objects.filter(public_key_identifier=key).exists()
        or CertificateRequest.objects.filter(public_key_identifier=key).exists()
    )
    try:
        with transaction.atomic():
            if used:
                raise IntegrityError
            move(
                request,
                ForeignState.READY,
                actor=actor,
                now=now,
                sealed_csr=seal(der),
                public_key_identifier=key,
                next_attempt_at=now,
                details={"public_key_identifier": key},
            )
            nudge_foreign(request)
    except IntegrityError as error:
        raise ForeignCsrRefused(
            _(
                "This key was used for another request before. Start a new request, and make a new key for it."
            ),
            field="csr",
        ) from error
    except Overtaken as error:
        raise ForeignRequestElsewhere from error


def chain_file(certificate: Certificate) -> bytes:
    """Return the certificate and its issuers as one PEM file, leaf first; personal: mind who gets it."""
    ders = [certificate.der, *certificate.above]
    return b"".join(to_pem(der) for der in ders)
