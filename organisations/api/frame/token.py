"""The token endpoint of OAuth 2: client credentials (RFC 6749 4.4) for a short-lived access token.

A grant of one form and four errors: a library for it would bring tables and flows of people that this house does not
have, outside its row-level security.
"""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from organisations.domain.scopes import Scope, scopes_in
from organisations.services.credentials.access_tokens import LIVES, give_token
from organisations.services.credentials.counting import count_outcome, take_one
from organisations.services.credentials.opening import Caller, open_by_secret

GRANT = "client_credentials"
MOST_BYTES = 8 * 1024


@dataclass(frozen=True)
class Client:
    """What a client says of itself."""

    id: str
    secret: str


@csrf_exempt
@require_POST
@sensitive_post_parameters("client_secret")
def token(request: HttpRequest) -> HttpResponse:
    """Return an access token for the connection whose id and secret are given."""
    if request.content_type != "application/x-www-form-urlencoded" or len(request.body) > MOST_BYTES:
        return _refusal("invalid_request")
    if any(len(values) > 1 for _name, values in request.POST.lists()):
        return _refusal("invalid_request")
    client = _client(request)
    if client is None:
        return _refusal("invalid_client", 401)
    now = timezone.now()
    caller = open_by_secret(client.secret, now)
    if caller is None or client.id != str(caller.connection.pk):
        return _refusal("invalid_client", 401)
    allowance = take_one(caller.connection.pk, now)
    answer = _refusal("temporarily_unavailable", 429) if allowance.over else _granted(request, caller)
    for name, value in allowance.headers.items():
        answer.headers[name] = value
    count_outcome(caller.connection.pk, answer.status_code, now)
    return answer


token.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
token.no_second_factor = True  # type: ignore[attr-defined]  # read by SecondFactorMiddleware


def _granted(request: HttpRequest, caller: Caller) -> HttpResponse:
    grant = request.POST.get("grant_type", "")
    if grant != GRANT:
        return _refusal("unsupported_grant_type" if grant else "invalid_request")
    asked = request.POST.get("scope", "").split()
    scopes: frozenset[Scope] = scopes_in(asked) if asked else caller.scopes
    if not scopes <= caller.scopes or len(scopes) != len(set(asked) or scopes):
        return _refusal("invalid_scope")
    return _never_kept(
        {
            "access_token": give_token(caller, scopes, timezone.now()),
            "token_type": "Bearer",
            "expires_in": int(LIVES.total_seconds()),
            "scope": " ".join(sorted(scopes)),
        }
    )


def _client(request: HttpRequest) -> Client | None:
    """Return what the client says of itself, in the Authorization header or in the form, never in both (2.3)."""
    given = request.headers.get("Authorization", "")
    in_form = request.POST.get("client_secret")
    if given and in_form is None:
        kind, _space, text = given.partition(" ")
        try:
            pair = base64.b64decode(text.strip(), validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return None
        name, colon, secret = pair.partition(":")
        known = kind.lower() == "basic" and colon
        return Client(unquote_plus(name).lower(), unquote_plus(secret)) if known else None
    if in_form is not None and not given:
        return Client(request.POST.get("client_id", "").lower(), in_form)
    return None


def _refusal(code: str, status: int = 400) -> HttpResponse:
    """Return an error of RFC 6749 5.2."""
    answer = _never_kept({"error": code}, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="ehportal", charset="UTF-8"'
    return answer


def _never_kept(body: dict[str, object], status: int = 200) -> HttpResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
