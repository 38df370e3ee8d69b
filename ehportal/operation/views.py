"""The operator's pages: how the work stands, and letting a parked row be taken up again."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ehportal.keys.standing import standings
from ehportal.lanes import KINDS
from ehportal.operation import words
from ehportal.operation.retention import KEPT
from ehportal.operation.standing import Failing, Standing, failing, lanes, standing
from organisations.models import User
from organisations.services.work.claims import release
from organisations.services.work.wakes import wake

log = structlog.get_logger(__name__)
View = Callable[..., HttpResponseBase]


def for_operators(view: View) -> View:
    """Guard a view: signed in with both steps, and an operator; to anybody else it is not there. Kept by no cache."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User) or not request.user.is_operator:
            raise Http404
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    guarded.untenanted = True  # type: ignore[attr-defined]  # no organisation is named: see TenancyMiddleware
    return guarded


def _row(found: Standing) -> dict[str, object]:
    return {"name": words.KINDS[found.kind.name], "standing": found}


def _failing(found: Failing) -> dict[str, object]:
    return {"name": words.KINDS[found.kind.name], "kind": found.kind.name, "failing": found}


@for_operators
@require_GET
def work(request: HttpRequest) -> HttpResponse:
    """Show each lane: what waits and since when, what is being done, what fails and what is parked."""
    rows = standing()
    return render(
        request,
        "operation/work.html",
        {
            "lanes": [
                (words.LANES[lane], [_row(one) for one in kinds]) for lane, kinds in lanes(rows) if kinds
            ],
            "failing": [_failing(one) for one in failing()],
            "parked": sum(one.parked for one in rows),
            "kept": KEPT,
            "keys": standings(),
            "now": timezone.now(),
        },
    )


@for_operators
@require_POST
def release_row(request: HttpRequest, kind: str, organisation_id: UUID, row_id: UUID) -> HttpResponse:
    """Let a parked row be taken up again at once."""
    found = next((one for one in KINDS if one.name == kind), None)
    if found is None:
        raise Http404
    if release(found, organisation_id, row_id):
        log.info("step_released", kind=kind, row=str(row_id), by=str(request.user.pk))
        wake(found.lane)
        messages.success(request, _("Released: a worker takes it up within seconds."))
    else:
        messages.info(request, _("It was not parked any more."))
    return redirect("operation-work")
