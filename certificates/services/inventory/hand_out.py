"""Handing out a certificate file in which a number of the national register stands: that leaves a trace."""

from datetime import datetime

from django.db import transaction

from certificates.models import Certificate
from organisations.services.audit import Actor, record


@transaction.atomic
def hand_out_certificate(certificate: Certificate, *, actor: Actor, now: datetime) -> None:
    """Write down that somebody else than its owner gets a certificate with a national number in it, and so sees it."""
    if certificate.shows_number:
        record(
            certificate.organisation_id,
            "certificate_handed_out",
            certificate,
            actor=actor,
            now=now,
            name=certificate.common_name,
        )
