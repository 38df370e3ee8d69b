"""Giving installations that were found before their certificate was known the certificate that has come since."""

from django.db.models import OuterRef, Subquery

from certificates.models import Certificate, Installation
from organisations.models import Organisation


def match_waiting_installations(organisation: Organisation) -> int:
    """Match installations of unknown certificates by fingerprint; returns how many have a certificate now.

    What is private to somebody is matched by the next report of a workstation of theirs: here it would take an
    installation of the organisation away from everybody else.
    """
    known = Certificate.objects.filter(
        organisation=organisation, fingerprint=OuterRef("fingerprint"), private_to=None
    )
    waiting = Installation.objects.filter(organisation=organisation, certificate=None).exclude(fingerprint="")
    matched = waiting.alias(known=Subquery(known.values("pk")[:1])).exclude(known=None).order_by("pk")
    found = [pk for (pk,) in matched.select_for_update(of=("self",)).values_list("pk")]
    return Installation.objects.filter(pk__in=found).update(certificate_id=Subquery(known.values("pk")[:1]))
