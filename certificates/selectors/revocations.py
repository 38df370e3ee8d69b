"""Questions about revocations that pages, API and services ask."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from certificates.domain.revocation import REVOCATION_FINAL_STATES, RevocationState
from certificates.models import Certificate, Installation, Revocation
from certificates.models.revocation import RevocationQuerySet
from certificates.selectors.inventory import LISTED
from organisations.domain.mandates import belgian_day
from organisations.keyset import Page, page_of
from organisations.models import Mandate, Organisation, Person, User
from organisations.ssin import index_in_row


def revokers_of(certificate: Certificate, now: datetime) -> "QuerySet[Person]":
    """Return who may sign for the end of `certificate` today: mandated for its number, or its owner."""
    mandates = Mandate.objects.filter(
        person=OuterRef("pk"),
        identifier__type=certificate.identifier_type,
        identifier__value=certificate.identifier_value,
    ).active_on(belgian_day(now))
    if certificate.ssin_index:
        may_sign: Q | Exists = Q(ssin_index__in=index_in_row(certificate))
    else:
        may_sign = Exists(mandates)
    return Person.objects.filter(may_sign, organisation_id=certificate.organisation_id, left_on=None)


def has_another(certificate: Certificate, now: datetime) -> bool:
    """Return whether the organisation has another genuine certificate of this name that is valid at `now`."""
    others = Certificate.objects.of_the_same_name_as(certificate).genuine().exclude(pk=certificate.pk)
    return others.filter(not_before__lte=now, not_after__gt=now).exists()


def installed_copies(certificate: Certificate, *, most: int = 100) -> list[Installation]:
    """Return where workstations still find a key store with `certificate`."""
    return list(Installation.objects.filter(certificate=certificate).present()[:most])


def _revocations() -> RevocationQuerySet:
    return (
        Revocation.objects.select_related("certificate", "holder", "requested_by")
        .defer("sealed_contract", "sealed_signed_request")
        .defer(*(f"certificate__{column}" for column in LISTED))
    )


def revocations_page(
    organisation: Organisation, *, state: str = "", after: str | None = None, size: int = 50
) -> Page[Revocation]:
    """Return revocations, newest first; `state` "open" shows those on their way."""
    rows = _revocations().filter(organisation=organisation)
    if state == "open":
        rows = rows.exclude(state__in=REVOCATION_FINAL_STATES)
    elif state:
        rows = rows.filter(state=state)
    return page_of(rows, by="requested_at", after=after, size=size, descending=True)


def open_revocations(organisation: Organisation, *, most: int = 10) -> list[Revocation]:
    """Return the revocations on their way, newest first."""
    return list(_revocations().filter(organisation=organisation).on_their_way()[:most])


def latest_revocation(certificate: Certificate) -> Revocation | None:
    """Return the last revocation that was asked for `certificate`, on its way or over."""
    return _revocations().filter(certificate=certificate).first()


def revocations_awaiting(user: User) -> list[Revocation]:
    """Return the revocations that wait for this user's card, oldest first."""
    rows = _revocations().filter(holder__user=user, state=RevocationState.AWAITING_SIGNATURE)
    return list(rows.select_related("organisation").order_by("requested_at"))
