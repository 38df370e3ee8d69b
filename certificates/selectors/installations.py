"""Questions about where certificates are installed."""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

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
    """Return where this certificate, or another one of its key, is installed: present ones first, then gone ones."""
    here = Q(certificate=certificate) | others_of_its_key(certificate)
    rows = _with_certificates(Installation.objects.filter(here))
    return list(rows.order_by(F("gone_at").desc(nulls_first=True), "machine", "path")[:most])


def others_of_its_key(certificate: Certificate) -> Q:
    """Return, as SQL over installations, those of its key in which a certificate was read that nobody knows here.

    Of a private one there are none: its key is nobody's business.
    """
    if certificate.private_to_id is not None:
        return Q(pk__in=[])
    others = Q(certificate=None, public_key_identifier=certificate.public_key_identifier)
    return others & Q(organisation=certificate.organisation_id) & ~Q(fingerprint="")


def certificates_of_its_key(installation: Installation) -> "QuerySet[Certificate]":
    """Return the certificates of the key that was read in an installation, by their end."""
    rows = Certificate.objects.filter(organisation=installation.organisation_id, private_to=None)
    rows = rows.filter(public_key_identifier=installation.public_key_identifier)
    return rows.exclude(public_key_identifier="").order_by("not_after", "id")


def _with_certificates(rows: "QuerySet[Installation]") -> "QuerySet[Installation]":
    """Each knows whether its certificate is `current`, its key is known, and its machine's name has a `twin`."""
    current = Certificate.objects.filter(pk=OuterRef("certificate")).without_successor()
    same_key = Certificate.objects.filter(
        organisation=OuterRef("organisation"), public_key_identifier=OuterRef("public_key_identifier")
    ).exclude(public_key_identifier="")
    twin = Installation.objects.filter(
        organisation=OuterRef("organisation"), machine=OuterRef("machine")
    ).exclude(device_id=OuterRef("device_id"))
    rows = rows.select_related("certificate", "accepted_by")
    rows = rows.defer(*(f"certificate__{column}" for column in LISTED))
    told = {"current": Exists(current), "same_key": Exists(same_key), "twin": Exists(twin)}
    return rows.annotate(**told)
