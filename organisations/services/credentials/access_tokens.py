"""Access tokens of OAuth 2: signed, short-lived, and good only while the secret that they were given for is.

A token names the secret by its id and the scopes that were asked for; what it allows today is asked anew at each call,
so ending a secret or a connection ends its tokens in the same moment.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing

from organisations.domain.scopes import Scope, scopes_in
from organisations.services.credentials.opening import Caller, open_secret

PREFIX = "eha_"
LIVES = timedelta(minutes=15)
MOST = 1_000
"""Longer than any token we hand out."""
SALT = "ehportal.access-token"


def give_token(caller: Caller, scopes: Iterable[Scope], now: datetime) -> str:
    """Return an access token that allows `scopes`, or what the connection still allows of them, from `now` on."""
    content = {
        "secret": caller.secret.hex,
        "organisation": caller.organisation.pk.hex,
        "scopes": sorted(one.value for one in scopes),
        "until": int((now + LIVES).timestamp()),
    }
    return PREFIX + _signer().sign_object(content)


def open_token(text: str, now: datetime) -> Caller | None:
    """Return who comes with an access token; None where it opens nothing, whatever the reason."""
    if not text.startswith(PREFIX) or len(text) > MOST:
        return None
    try:
        content = _signer().unsign_object(text.removeprefix(PREFIX))
        secret, organisation = UUID(content["secret"]), UUID(content["organisation"])
        scopes, until = scopes_in(content["scopes"]), int(content["until"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    if now.timestamp() >= until:
        return None
    caller = open_secret(secret, organisation, now)
    return replace(caller, scopes=caller.scopes & scopes) if caller is not None else None


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep="~", salt=SALT)
