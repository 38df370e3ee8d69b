"""The first page: what ends when, and what is on its way."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from certificates.domain.validity import Standing
from certificates.selectors import inventory, renewals, requests, tokens
from certificates.selectors.revocations import open_revocations, revocations_awaiting
from certificates.web.parts.away import away_in
from certificates.web.parts.bars import DRAWN_ONE_BY_ONE, months_of, plot_months
from certificates.web.parts.plots import plot_timeline
from certificates.web.parts.rows import request_row
from certificates.web.parts.words import STANDINGS
from certificates.web.renewals.view import renewal_lines
from certificates.web.revocations.pages import revocation_row
from organisations.domain.roles import Permission
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest

SHOWN = (Standing.RENEWABLE, Standing.VALID, Standing.EXPIRED, Standing.REVOKED)
"""Counted also when there is none; the others only when there are some."""
MOST_TO_RENEW = 12
"""Lines of the list of those to renew; the inventory shows the rest."""


@page(Permission.SEE_INVENTORY)
def dashboard(request: TenantRequest) -> HttpResponse:
    """Counts, the timeline of 36 months, what must be renewed, requests on their way, what waits for my card."""
    here, now = request.tenancy.organisation, timezone.now()
    counts = inventory.status_counts(here, now)
    ends = inventory.ends_by_month(here, now)
    one_by_one = sum(month.number for month in ends) <= DRAWN_ONE_BY_ONE
    marks = inventory.timeline(here, now) if one_by_one else []
    to_renew = list(renewals.to_renew(here, now)[:MOST_TO_RENEW])
    context = {
        "counts": [
            (one, label, counts[one.value])
            for one, label in STANDINGS.items()
            if one in SHOWN or counts[one.value]
        ],
        "away": away_in(),
        "total": sum(counts.values()),
        "to_renew": counts[Standing.RENEWABLE.value],
        "not_recognised": counts[Standing.NOT_RECOGNISED.value],
        "under_way": renewals.renewals_under_way(here, now) if to_renew else 0,
        "renewals": renewal_lines(request.tenancy, to_renew, now),
        "first_end": inventory.first_end(here, now),
        "one_by_one": one_by_one,
        "wide": plot_timeline(marks, now, width=1000, every=3)
        if one_by_one
        else plot_months(ends, now, width=1000, every=3),
        "narrow": plot_timeline(marks, now, width=340, every=6, deepest=14)
        if one_by_one
        else plot_months(ends, now, width=340, every=6),
        "months": months_of(ends),
        "open_requests": [request_row(one) for one in requests.open_requests(here, most=6)],
        "waiting_tokens": [(one, one.waits_too_long(now)) for one in tokens.waiting_tokens(here)],
        "ended": inventory.ended(here, now),
        "unconfirmed_switches": renewals.unconfirmed_switches(here, now),
        "open_revocations": [revocation_row(one) for one in open_revocations(here, most=6)],
        "endings_for_me": (
            [revocation_row(one) for one in revocations_awaiting(request.tenancy.user)]
            if request.tenancy.may(Permission.SIGN_REQUEST)
            else []
        ),
        "waiting_for_me": (
            [request_row(one) for one in requests.awaiting_signature_of(request.tenancy.user)]
            if request.tenancy.may(Permission.SIGN_REQUEST)
            else []
        ),
    }
    return render(request, "certificates/dashboard.html", context)
