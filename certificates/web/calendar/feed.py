"""A calendar feed: read by programs that have its address and nothing else. No session, no trace of the address."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from certificates.services.calendar.gather import gather
from certificates.services.calendar.write import write_calendar
from organisations.services.feeds import open_feed

KEPT = 300
"""Seconds for which a program may show what it has without asking."""

ALIKE = {"Cache-Control": "private, no-store"}


@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer with the calendar; 304 where the program has it as it is, and one 404 for all that opens nothing."""
    now = timezone.now()
    opened = open_feed(secret, now)
    if opened is None:
        return HttpResponse("404\n", status=404, content_type="text/plain; charset=utf-8", headers=ALIKE)
    shown = gather(opened, now)
    tag = f'"{shown.tag}"'
    response = get_conditional_response(request, etag=tag)
    if response is None:
        response = HttpResponse(write_calendar(shown), content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="certificates.ics"'
    response["ETag"] = tag
    response["Cache-Control"] = f"private, max-age={KEPT}, must-revalidate"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


calendar_feed.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
calendar_feed.no_second_factor = True  # type: ignore[attr-defined]  # read by SecondFactorMiddleware
