"""Who calls: the secret of a connection, or an access token, in the Authorization header (RFC 6750)."""

import re
from datetime import datetime

from django.http import HttpRequest

from organisations.api.frame.refusals import CredentialsRefused, ScopeMissing, Unidentified
from organisations.services.credentials.access_tokens import open_token
from organisations.services.credentials.opening import Caller, open_by_secret

BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,1000})", re.IGNORECASE)
"""RFC 6750 2.1."""
REALM = 'Bearer realm="ehportal"'


def caller_of(request: HttpRequest, now: datetime) -> Caller:
    """Return who calls. Raises Unidentified, CredentialsRefused."""
    given = request.headers.get("Authorization", "")
    if not given:
        raise Unidentified
    found = BEARER.fullmatch(given.strip())
    caller = found and (open_by_secret(found[1], now) or open_token(found[1], now))
    if not caller:
        raise CredentialsRefused
    return caller


def challenge(error: Exception) -> dict[str, str]:
    """Return the WWW-Authenticate header of a refusal (RFC 6750 3); empty where it is none of who calls."""
    if isinstance(error, Unidentified):
        return {"WWW-Authenticate": REALM}
    if isinstance(error, CredentialsRefused):
        return {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
    if isinstance(error, ScopeMissing):
        return {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{error.extra["scope"]}"'}
    return {}
