"""Putting a certificate into the inventory, from a delivery or an import."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts
from certificates.models import Certificate
from certificates.services.inventory.rows import issuers_of, values_of
from organisations import ssin as numbers
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, Person, User
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
    values = values_of(
        facts, environment=environment, chain_trusted=chain_trusted, source=source, now=now
    ) | {"owner": owner}
    with transaction.atomic():
        values["ssin_index"] = numbers.index_to_write(facts.identifier_value) if facts.is_personal else ""
        values |= issuers_of(chain, trusted=chain_trusted)
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
                name=mask_ssins(facts.common_name),
                fingerprint=facts.fingerprint,
                environment=str(environment),
            )
        elif chain_trusted and not certificate.chain_trusted:
            _recognise(certificate, environment, values, actor=actor, now=now)
    return certificate, new


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
