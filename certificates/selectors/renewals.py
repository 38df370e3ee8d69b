"""Questions about what is to be renewed and which switch nobody confirmed."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from certificates.domain.validity import Standing
from certificates.models import (
    Certificate,
    CertificateRequest,
)
from certificates.models.certificate import WINDOW_START
from certificates.selectors.inventory import LISTED, in_each_standing
from organisations.models import Organisation

SWITCH_SOON = timedelta(days=30)
"""So long before the end of a certificate it should be known that its successor is in use everywhere."""


def to_renew(organisation: Organisation, now: datetime) -> "QuerySet[Certificate]":
    """Return certificates in their replacement period that nothing takes over from or ends, the soonest end first."""
    rows = (
        Certificate.objects.filter(organisation=organisation).defer(*LISTED).alias(window_start=WINDOW_START)
    )
    return rows.filter(in_each_standing(now)[Standing.RENEWABLE]).order_by("not_after", "pk")


def renewals_under_way(organisation: Organisation, now: datetime) -> int:
    """Count those to renew whose renewal was asked for and has not come to an end."""
    requests = CertificateRequest.objects.blocking_their_name().filter(replaces=OuterRef("pk"))
    return to_renew(organisation, now).filter(Exists(requests)).count()


def unconfirmed_switches(
    organisation: Organisation, now: datetime, *, most: int | None = 6
) -> list[Certificate]:
    """Return certificates about to end whose successor nobody has confirmed to be in use, the soonest end first.

    What the confirmation asks for (no installation left, the token active, the self test passed) is not shown yet then.
    """
    rows = Certificate.objects.filter(
        organisation=organisation,
        switch_confirmed_at=None,
        not_after__gt=now,
        not_after__lte=now + SWITCH_SOON,
    ).not_revoked()
    rows = rows.filter(renewed=True).select_related("owner").defer(*LISTED)
    return list(rows.order_by("not_after", "pk")[:most])
