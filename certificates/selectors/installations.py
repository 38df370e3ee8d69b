"""Questions about where certificates are installed."""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from certificates.models import (
    Certificate,
    Installation,
)
from certificates.selectors.inventory import LISTED
from organisations.keyset import Page, page_of_texts
from organisations.models import Organisation


def installations_page(
    organisation: Organisation, *, certificate: UUID | None = None, after: str | None = None, size: int = 50
) -> Page[Installation]:
    """Return installations that are there, by machine and path; each knows whether its certificate is `current`."""
    rows = Installation.objects.filter(organisation=organisation).present()
    if certificate is not None:
        rows = rows.filter(certificate=certificate)
    return page_of_texts(_with_certificates(rows), by=("machine", "path"), after=after, size=size)


def installations_of(certificate: Certificate, *, most: int = 200) -> list[Installation]:
    """Return where this certificate is installed, present ones first, then those that are gone."""
    rows = _with_certificates(Installation.objects.filter(certificate=certificate))
    return list(rows.order_by(F("gone_at").desc(nulls_first=True), "machine", "path")[:most])


def _with_certificates(rows: "QuerySet[Installation]") -> "QuerySet[Installation]":
    current = Certificate.objects.filter(pk=OuterRef("certificate")).without_successor()
    return (
        rows.select_related("certificate", "accepted_by")
        .defer(*(f"certificate__{column}" for column in LISTED))
        .annotate(current=Exists(current))
    )
