"""One request, one user, one organisation, one transaction: what the pages stand on."""

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from organisations.access import Tenancy, tenancies_of
from organisations.domain.roles import Permission
from organisations.errors import NotPermitted, Unreadable
from organisations.models import Organisation, User
from organisations.services.work.deadlocks import once_more_on_deadlock
from organisations.tenancy import acting_for, organisations_of_user
from organisations.web.accounts.sessions import has_passed_second_step
from organisations.web.pages import unreadable

View = Callable[..., HttpResponseBase]
CURRENT = "organisation"
PROGRAMS = "/agent/"
"""Below this address programs call, which read no page."""


class TenantRequest(HttpRequest):
    """A request of a signed-in member: `tenancy` is set by the middleware."""

    tenancy: Tenancy


class SecondFactorMiddleware:
    """Nobody who can act gets in by password alone: the session itself must have passed the second step.

    Without one the only page is the one that sets it up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Send a session that has not passed the second step to it, or to its set-up."""
        if not request.user.is_authenticated or getattr(view, "no_second_factor", False):
            return None
        if request.path.startswith("/accounts/") or request.path == reverse("language"):
            return None
        if has_passed_second_step(request):
            return None
        if not is_mfa_enabled(request.user):
            return redirect("mfa_activate_totp")
        back = {REDIRECT_FIELD_NAME: request.get_full_path()} if request.method in {"GET", "HEAD"} else {}
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode(back)}")


class TenancyMiddleware:
    """Run the view of a signed-in member inside a transaction that names the member's current organisation."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Call `view` with `request.tenancy`; leave anonymous requests and the account pages alone."""
        user = request.user
        if (
            not isinstance(user, User)
            or request.path.startswith("/accounts/")
            or getattr(view, "untenanted", False)
        ):
            return None
        said, tries = len(_said(request)), itertools.count()

        def act() -> HttpResponseBase:
            if next(tries):
                _begin_again(request, said)
            return self._act(request, user, view, args, kwargs)

        # Nobody outside is asked in this transaction: what PostgreSQL gave up was never said to anybody.
        return once_more_on_deadlock(act)

    def _act(self, request: HttpRequest, user: User, view: View, args: Any, kwargs: Any) -> HttpResponseBase:
        current = tenancy_of(request)
        if current is None:
            return render(request, "no_organisation.html", status=403)
        request.tenancy = current  # type: ignore[attr-defined]  # declared on TenantRequest
        elsewhere = _elsewhere(request, current)
        if elsewhere is not None:
            return render(request, "other_organisation.html", {"elsewhere": elsewhere})
        try:
            with acting_for([current.organisation.pk], user=user.pk):
                try:
                    response = view(request, *args, **kwargs)
                except NotPermitted as refusal:
                    return render(request, "403.html", {"refusal": refusal}, status=403)
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
                return response
        except Unreadable as refusal:  # what was written before it was seen is undone
            return unreadable(request, refusal)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say so where an account's page, which runs without an organisation, meets what no key opens."""
        if isinstance(error, Unreadable) and not request.path.startswith(PROGRAMS):
            return unreadable(request, error)
        return None


def _said(request: HttpRequest) -> list[Message]:
    """Return the sentences that wait for the next page, as the list in which Django keeps them."""
    return getattr(get_messages(request), "_queued_messages", [])


def _begin_again(request: HttpRequest, said: int) -> None:
    """Make a request what it was before a view had it: what was said is taken back, files are read from the start."""
    del _said(request)[said:]
    for _name, files in request.FILES.lists():
        for one in files:
            one.seek(0)


def tenancy_of(request: HttpRequest) -> Tenancy | None:
    """Return the signed-in user's tenancy in the organisation this session is in; None without any organisation.

    Opens and ends transactions of its own, so that a view that talks to others afterwards holds none.
    """
    user = request.user
    if not isinstance(user, User):
        return None
    organisations = organisations_of_user(user.pk)
    if not organisations:
        return None
    with acting_for(organisations, user=user.pk):
        held = tenancies_of(user)
    chosen = (request.session.get(CURRENT), str(user.last_organisation))
    current = next((one for wanted in chosen for one in held if str(one[0].pk) == wanted), held[0])
    others = tuple(organisation for organisation, _ in held if organisation != current[0])
    return Tenancy(user=user, organisation=current[0], roles=current[1], others=others)


def _elsewhere(request: HttpRequest, current: Tenancy) -> Organisation | None:
    """Return the organisation that a letter's link leads to, where it is another one of this member.

    A link never changes anything by itself: the page says where it leads, and a button goes there.
    """
    named = request.GET.get(CURRENT) if request.method in {"GET", "HEAD"} else None
    return next((one for one in current.others if str(one.pk) == named), None)


def switch_organisation(request: HttpRequest, organisation: UUID) -> None:
    """Make `organisation` the current one of this session; the middleware checks membership at every request."""
    request.session[CURRENT] = str(organisation)


def tenancy(request: HttpRequest) -> dict[str, object]:
    """Context processor: the tenancy and, by name, what it allows (`may.request_certificate`)."""
    held: Tenancy | None = getattr(request, "tenancy", None)
    if held is None:
        return {"tenancy": None, "may": {}}
    return {"tenancy": held, "may": {permission.value: held.may(permission) for permission in Permission}}
