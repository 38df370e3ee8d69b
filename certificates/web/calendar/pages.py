"""The calendar: a month of what ends, with the feeds by which it comes into one's own calendar."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from agent.wire.days import belgian_day
from certificates.selectors.calendar import Reach, day_counts, other_entries
from certificates.web.calendar.month import beside, days_of, month_of, weeks_of
from organisations.domain.roles import Permission
from organisations.models import CalendarFeed
from organisations.services.feeds import feeds_of
from organisations.web.pages import MANAGE, page
from organisations.web.tenancy import TenantRequest


@page(Permission.SEE_INVENTORY)
def calendar(request: TenantRequest) -> HttpResponse:
    """Show the month that the address names, this one otherwise."""
    return calendar_shown(request)


def calendar_shown(
    request: TenantRequest,
    *,
    made: CalendarFeed | None = None,
    secret: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the page; `secret` is that of a feed which was just made, and shown this once."""
    tenancy, today = request.tenancy, belgian_day(timezone.now())
    month = month_of(request.GET.get("month", ""), today)
    if month is None:
        raise Http404
    first, last = days_of(month)
    here, manages = tenancy.organisation, tenancy.may(MANAGE)
    whose = Reach((here.pk,), (here.pk,) if manages else (), tenancy.user.pk)
    weeks = weeks_of(month, day_counts(here, first, last), other_entries(whose, first, last), today)
    path = reverse("calendar-feed", args=[secret]) if made is not None else ""
    address = f"{settings.ORIGIN}{path}"
    return render(
        request,
        "certificates/calendar/month.html",
        {
            "month": month,
            "weeks": weeks,
            "weekdays": [day.date for day in weeks[0]],
            "anything": any(day.lines for week in weeks for day in week if not day.outside),
            "before": beside(month, -1),
            "after": beside(month, 1),
            "this_month": today.replace(day=1) == month,
            "own_feeds": list(feeds_of(tenancy.user, None)),
            "organisation_feeds": list(feeds_of(tenancy.user, here)) if manages else [],
            "made": made,
            "address": address,
            "subscription": address.partition("://")[2],
            "feed_error": error,
        },
        status=status,
    )
