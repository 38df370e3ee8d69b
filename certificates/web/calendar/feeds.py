"""Making and revoking calendar feeds, beside the calendar."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.web.calendar.pages import calendar_shown
from organisations.domain.roles import Permission
from organisations.errors import FeedRefused
from organisations.models import CalendarFeed
from organisations.services.feeds import make_feed, revoke_feed
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.tenancy import TenantRequest


@page(Permission.SEE_INVENTORY, methods=("POST",))
def feed_make(request: TenantRequest) -> HttpResponse:
    """Make a feed and show its address on the page that answers: it is kept nowhere, so no other page could."""
    try:
        feed, secret = make_feed(
            request.tenancy,
            request.POST.get("name", ""),
            of_organisation=request.POST.get("of") == "organisation",
            now=timezone.now(),
        )
    except FeedRefused as refusal:
        return calendar_shown(request, error=sentence_of(refusal), status=422)
    return calendar_shown(request, made=feed, secret=secret)


@page(Permission.SEE_INVENTORY, methods=("POST",))
def feed_revoke(request: TenantRequest, feed_id: UUID) -> HttpResponse:
    """Revoke one's own feed, or for an administrator one of the organisation's."""
    mine = Q(organisation=None, user=request.tenancy.user)
    if request.tenancy.may(MANAGE):
        mine |= Q(organisation=request.tenancy.organisation)
    feed = get_object_or_404(
        CalendarFeed.objects.filter(mine).select_related("user", "organisation"), pk=feed_id
    )
    revoke_feed(feed, tenancy=request.tenancy, now=timezone.now())
    messages.success(
        request,
        _("The calendar feed “%(name)s” is revoked: its address shows nothing any more.")
        % {"name": feed.name},
    )
    return redirect("calendar")
