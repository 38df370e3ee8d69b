"""Where links in letters lead without signing in. Opening one changes nothing: whoever reads it presses a button."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from organisations.models import Correspondent
from organisations.services.audit import Actor
from organisations.services.correspondents import AGREE, STOP, agree, end_correspondent
from organisations.services.letters.links import opened
from organisations.services.notices.answers import PURPOSE, acknowledge, answered_row
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for

View = Callable[[HttpRequest, UUID, UUID], HttpResponse | None]


def from_letter(purpose: str) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Guard a view for whoever holds a letter: the link was made here, for `purpose`; what is gone is unknown alike."""

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def guarded(request: HttpRequest, token: str) -> HttpResponseBase:
            named = opened(purpose, token)
            response = view(request, *named) if named else None
            if response is None:
                response = render(request, "organisations/notices/unknown.html", status=404)
            add_never_cache_headers(response)
            return response

        guarded.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
        return guarded

    return decorate


@from_letter(PURPOSE)
def answer_notice(request: HttpRequest, organisation_id: UUID, row_id: UUID) -> HttpResponse | None:
    """Show what was told, and let the reader say that somebody takes care of it."""
    with acting_for([organisation_id], as_platform=True):
        row = answered_row(organisation_id, row_id)
    if row is None:
        return None
    reader = row.recipient or row.correspondent
    said = row.acknowledged_at is not None
    if request.method == "POST" and not said:
        actor = Actor.user(row.recipient) if row.recipient else Actor("correspondent", None, str(reader))
        now = timezone.now()
        write_down([organisation_id], lambda: acknowledge([row], actor=actor, now=now))
        said = True
    context = {"row": row, "organisation": row.organisation, "said": said}
    return _in_words_of(reader, request, "answer", context)


@from_letter(AGREE)
def correspondent_agree(
    request: HttpRequest, organisation_id: UUID, correspondent_id: UUID
) -> HttpResponse | None:
    """Let whoever reads at an address outside agree to be told."""
    found = _correspondent(organisation_id, correspondent_id)
    if found is None:
        return None
    done = found.agreed_at is not None
    if request.method == "POST" and not done:
        now = timezone.now()
        done = write_down([organisation_id], lambda: agree(found, now=now))
    context = {"correspondent": found, "organisation": found.organisation, "done": done}
    return _in_words_of(found, request, "agree", context)


@from_letter(STOP)
def correspondent_stop(
    request: HttpRequest, organisation_id: UUID, correspondent_id: UUID
) -> HttpResponse | None:
    """Let whoever reads there end it; ended once, the link says so for good."""
    found = _correspondent(organisation_id, correspondent_id, ended=True)
    if found is None:
        return None
    done = found.ended_at is not None
    if request.method == "POST" and not done:
        now = timezone.now()
        write_down([organisation_id], lambda: end_correspondent(found, actor=None, now=now))
        done = True
    context = {"correspondent": found, "organisation": found.organisation, "done": done}
    return _in_words_of(found, request, "stop", context)


def _correspondent(organisation_id: UUID, key: UUID, *, ended: bool = False) -> Correspondent | None:
    with acting_for([organisation_id], as_platform=True):
        rows = Correspondent.objects.select_related("organisation", "added_by").filter(pk=key)
        return (rows if ended else rows.filter(ended_at=None)).first()


def _in_words_of(
    reader: object, request: HttpRequest, template: str, context: dict[str, object]
) -> HttpResponse:
    """Show a page in the language in which its letter was written."""
    with translation.override(getattr(reader, "language", None) or translation.get_language()):
        return render(request, f"organisations/notices/{template}.html", context)
