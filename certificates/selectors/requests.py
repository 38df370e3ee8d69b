"""Questions about requests and who may hold one."""

from datetime import datetime

from django.db.models import QuerySet

from certificates.domain.lifecycle import FINAL_STATES, RequestState
from certificates.models import (
    CertificateRequest,
)
from organisations.domain.mandates import belgian_day
from organisations.keyset import Page, page_of
from organisations.models import Mandate, Organisation, OrganisationIdentifier, Person, User


def _requests(organisation: Organisation) -> "QuerySet[CertificateRequest]":
    return (
        CertificateRequest.objects.filter(organisation=organisation)
        .select_related("identifier__organisation", "holder", "requested_by")
        .defer("sealed_contract", "sealed_signed_request")
    )


def requests_page(
    organisation: Organisation,
    *,
    state: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page[CertificateRequest]:
    """Return requests, newest first; `state` "open" shows those on their way."""
    rows = _requests(organisation)
    if state == "open":
        rows = rows.exclude(state__in=FINAL_STATES)
    elif state:
        rows = rows.filter(state=state)
    return page_of(rows, by="requested_at", after=after, before=before, size=size, descending=True)


def open_requests(organisation: Organisation, *, most: int = 10) -> list[CertificateRequest]:
    """Return the requests on their way, newest first."""
    return list(_requests(organisation).exclude(state__in=FINAL_STATES)[:most])


def awaiting_signature_of(user: User) -> list[CertificateRequest]:
    """Return the requests that wait for this user's card, oldest first."""
    return list(
        CertificateRequest.objects.filter(holder__user=user, state=RequestState.AWAITING_SIGNATURE)
        .select_related("identifier__organisation", "organisation", "holder", "requested_by", "job")
        .order_by("requested_at")
    )


def possible_holders(
    organisation: Organisation, now: datetime, identifier: OrganisationIdentifier | None = None
) -> "QuerySet[Person]":
    """Return the people mandated today for any of the organisation's numbers, or for `identifier` alone."""
    active = Mandate.objects.filter(organisation=organisation).active_on(belgian_day(now))
    if identifier is not None:
        active = active.filter(identifier=identifier)
    return Person.objects.filter(
        organisation=organisation, left_on=None, pk__in=active.values("person")
    ).distinct()
