"""Trust stores for software that asks by itself: public material, told by its tag whether it is another one.

What stands here is no secret and of nobody, so nobody signs in. A password of one's own goes in a header, since
addresses end up in logs; without it the store has the one that everybody knows.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags
from django.views.decorators.http import require_safe

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import SHELVES, Purpose
from certificates.errors.trusted import NoListYet
from certificates.services.trusted.stores import Store, bytes_of, password_for, settings_lines, store_of
from certificates.trust.lists.acceptance import digest_of
from certificates.trust.stores.building import Form
from certificates.trust.stores.names import subject_of
from organisations.errors import DomainError

HEADER = "Trust-Store-Password"
FRESH = 300
"""Seconds for which nobody need ask again."""
JSON, LINES = "json", "properties"
TYPES = {
    Form.PEM: "application/x-pem-file",
    Form.JKS: "application/x-java-keystore",
    Form.PKCS12: "application/x-pkcs12",
    Form.OLD_PKCS12: "application/x-pkcs12",
    LINES: "text/plain; charset=utf-8",
}


def _open(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that needs nobody signed in, and no organisation."""
    view.untenanted = True  # type: ignore[attr-defined]  # see TenancyMiddleware
    view.no_second_factor = True  # type: ignore[attr-defined]  # see SecondFactorMiddleware
    return view


@_open
@require_safe
def store(request: HttpRequest, environment: str, purpose: str, form: str) -> HttpResponse:
    """Return a trust store, 304 where the caller has this very one, 404 where no list was verified so far."""
    if environment not in set(Environment) or purpose not in set(Purpose) or form not in {*Form, JSON, LINES}:
        return _problem(404, "There is no such store.")
    given = request.headers.get(HEADER)
    try:
        found = store_of(Environment(environment), Purpose(purpose), timezone.now())
        password = password_for(found.purpose, given)
        tag = found.etag(form, "" if form in {JSON, Form.PEM} else password)
        if _has(request, tag):
            response: HttpResponse = HttpResponseNotModified()
        else:
            response = _whole(found, form, password)
    except NoListYet as refusal:
        return _problem(404, str(refusal.title))
    except DomainError as refusal:
        return _problem(400, str(refusal.title))
    response.headers["ETag"] = tag
    response.headers["Last-Modified"] = http_date(found.issued_at.timestamp())
    who = "private" if given else "public"
    response.headers["Cache-Control"] = f"{who}, max-age={FRESH}"
    patch_vary_headers(response, [HEADER])
    return response


def _has(request: HttpRequest, tag: str) -> bool:
    """Return whether the caller named this tag (RFC 9110 13.1.2: compared weakly)."""
    named = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in named or tag.removeprefix("W/") in {one.removeprefix("W/") for one in named}


def _whole(found: Store, form: str, password: str) -> HttpResponse:
    if form == JSON:
        return JsonResponse(described(found))
    if form == LINES:
        content = "\n".join(settings_lines(found, "", password)).encode() + b"\n"
    else:
        content = bytes_of(found, Form(form), password)
    stem = SHELVES[found.purpose].file.removesuffix(".jks")
    response = HttpResponse(content, content_type=TYPES[form if form == LINES else Form(form)])
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.{form}"'
    return response


def described(found: Store) -> dict[str, object]:
    """Return what a store holds, for software that makes its own of it."""
    return {
        "environment": found.environment,
        "purpose": found.purpose,
        "sequence": found.sequence,
        "issued_at": _moment(found.issued_at),
        "next_update": _moment(found.next_update) if found.next_update else None,
        "entries": [
            {
                "alias": one.alias,
                "subject": subject_of(one.der),
                "sha256": digest_of(one.der),
                "past": one.past,
            }
            for one in found.entries
        ],
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _problem(status: int, title: str) -> HttpResponse:
    response = JsonResponse({"title": title, "status": status}, status=status)
    response.headers["Content-Type"] = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    return response
