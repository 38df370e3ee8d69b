"""Putting a certificate into the inventory, from a delivery or an import."""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from agent.wire.pki.certificates import readable
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts
from certificates.models import Certificate, Issuer
from organisations import ssin as numbers
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, Person, User
from organisations.sealing import seal
from organisations.services.audit import Actor, record


def add_certificate(
    organisation: Organisation,
    facts: CertificateFacts,
    *,
    environment: Environment,
    chain: Sequence[bytes],
    chain_trusted: bool,
    source: str,
    actor: Actor,
    now: datetime,
    owner: Person | None = None,
    private_to: User | None = None,
) -> tuple[Certificate, bool]:
    """Add the certificate, or find it when the organisation has it; returns it and whether it is new.

    With `owner` it is that person's own, private to the account `private_to` until it is shared.

    One that was imported without its authority was put into an environment by a guess; when its chain becomes known
    the guess is put right.
    """
    subject, common_name = mask_ssins(facts.subject), mask_ssins(facts.common_name)
    holder_name = mask_ssins(facts.holder_name)
    # What nobody can read stands above nothing, and would be handed to workstations that refuse it.
    above = [der for der in chain if _is_readable(der)]
    values: dict[str, object] = {
        "environment": environment,
        "sealed_der": seal(facts.der),
        "public_key_identifier": facts.public_key_identifier,
        "serial": facts.serial,
        "subject": subject[:500],
        "issuer": mask_ssins(facts.issuer)[:500],
        "common_name": common_name[:250],
        "holder_name": holder_name[:250],
        "identifier_type": facts.identifier_type,
        "identifier_value": "" if facts.is_personal else facts.identifier_value,
        "application_id": facts.application_id,
        "holds_number": facts.holds_number,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
        "key_algorithm": facts.key_algorithm,
        "key_usages": list(facts.key_usages),
        "extended_key_usages": list(facts.extended_key_usages),
        "crl_urls": [mask_ssins(url) for url in facts.crl_urls],
        "ocsp_urls": [mask_ssins(url) for url in facts.ocsp_urls],
        "chain_trusted": chain_trusted,
        "source": source,
        "owner": owner,
        "search_text": " ".join(
            (
                common_name,
                holder_name,
                facts.application_id,
                facts.serial,
                facts.public_key_identifier,
                facts.fingerprint,
            )
        ).lower(),
        "created_at": now,
    }
    with transaction.atomic():
        values["ssin_index"] = numbers.index_to_write(facts.identifier_value) if facts.is_personal else ""
        values |= _issuers(above, trusted=chain_trusted)
        certificate, new = Certificate.objects.get_or_create(
            organisation=organisation, fingerprint=facts.fingerprint, private_to=private_to, defaults=values
        )
        if new:
            record(
                organisation,
                f"certificate_{source}",
                certificate,
                actor=actor,
                now=now,
                name=common_name,
                fingerprint=facts.fingerprint,
                environment=str(environment),
            )
        elif chain_trusted and not certificate.chain_trusted:
            _recognise(certificate, environment, values, actor=actor, now=now)
    return certificate, new


def _issuers(above: Sequence[bytes], *, trusted: bool) -> dict[str, list[str] | None]:
    """Return how a certificate's issuers are kept: shared, or with it where no anchor vouches for them.

    Those are what one organisation uploaded, and nobody else's business.
    """
    if trusted:
        return {"issuers": Issuer.objects.keep(above), "chain": []}
    return {"issuers": None, "chain": [base64.b64encode(der).decode() for der in above]}


@lru_cache(maxsize=64)
def _is_readable(der: bytes) -> bool:
    """An upload names the same few issuers again and again."""
    return bool(readable([der]))


def _recognise(
    certificate: Certificate,
    environment: Environment,
    values: dict[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    certificate.environment, certificate.chain_trusted = environment, True
    for field in ("chain", "issuers"):
        setattr(certificate, field, values[field])
    certificate.save(update_fields=["environment", "chain_trusted", "chain", "issuers"])
    record(
        certificate.organisation_id,
        "certificate_recognised",
        certificate,
        actor=actor,
        now=now,
        name=certificate.common_name,
        environment=str(environment),
    )
