"""Mail that a server took and that came back later: which letter it was, and whose address it was sent to.

Each letter leaves with an envelope sender of its own (`bounces+TOKEN@…`), where the token is a keyed hash of the
address that it goes to. What comes back there counts only when it names an address that the token fits: nobody can mark
an address without having got a letter there.
"""

import base64
import email
import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses

import structlog
from django.conf import settings
from django.db import transaction

from organisations.domain.identifiers import mask_ssins
from organisations.models import ReturnedMail

log = structlog.get_logger(__name__)

MOST_BYTES = 1024 * 1024
"""What comes back holds at most one of our letters, which have some 30 KiB."""
TOKEN_BYTES = 10
_TOKEN = re.compile(r"\+([a-z2-7]{16})@", re.IGNORECASE)
_ARRIVED_AT = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
"""Headers in which mail servers say for whom something came."""
_NAMED = ("Original-Recipient", "Final-Recipient")


def envelope_sender(address: str) -> str | None:
    """Return the address to which a letter to `address` comes back; None where no such address was set."""
    local, at, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{_token(address)}@{domain}" if at else None


def _token(address: str, secret: str | None = None) -> str:
    secret = str(settings.SECRET_KEY) if secret is None else secret
    key = hashlib.sha256(b"returned mail" + secret.encode()).digest()
    made = hmac.digest(key, address.strip().lower().encode(), "sha256")[:TOKEN_BYTES]
    return base64.b32encode(made).decode().lower()


def take_returned_mail(raw: bytes, *, now: datetime) -> bool:
    """Mark the address that a delivery status notification (RFC 3464) says to have failed; True when it did so.

    What is something else (an answer of a person, a delay, a notification about another's letter) is left alone. Never
    raises for what a message holds.
    """
    if len(raw) > MOST_BYTES:
        return False
    try:
        message = email.message_from_bytes(raw)
        tokens = set(_tokens(message))
        for address, answer in _failed(message):
            if _fits(address, tokens):
                _mark(address, answer, now)
                return True
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        log.info("returned_mail_unreadable", error=type(error).__name__)
    return False


def _fits(address: str, tokens: set[str]) -> bool:
    """Tell whether a letter to `address` left with one of `tokens`, under this SECRET_KEY or one before it."""
    made = [_token(address, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return any(hmac.compare_digest(one, token) for one in made for token in tokens)


@transaction.atomic
def _mark(address: str, answer: str, now: datetime) -> None:
    told = mask_ssins(" ".join(answer.replace("\x00", "").split()))[:200]
    ReturnedMail.objects.update_or_create(
        address=address.strip().lower(), defaults={"returned_at": now, "answer": told}
    )
    log.info("mail_returned")


def _tokens(message: Message) -> Iterator[str]:
    for name in _ARRIVED_AT:
        for value in message.get_all(name, []):
            yield from (found.lower() for found in _TOKEN.findall(str(value)))


def _failed(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each address that the notification may mean, with what was said; the letter's own header comes last."""
    if message.get_content_type() != "multipart/report":
        return
    parts = list(message.walk())
    answer: str | None = None
    for part in parts:
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            if not isinstance(block, Message) or str(block.get("Action", "")).strip().lower() != "failed":
                continue
            kind, _semicolon, said = str(block.get("Diagnostic-Code") or block.get("Status") or "").partition(
                ";"
            )
            answer = (said or kind).strip()
            for name in _NAMED:
                if value := block.get(name):
                    yield str(value).rpartition(";")[2].strip().strip("<>"), answer
    if answer is None:
        return
    for part in parts:
        if part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            letter: Message = email.message_from_string(str(part.get_payload()))
        elif part.get_content_type() == "message/rfc822" and part.get_payload():
            letter = part.get_payload()[0]  # type: ignore[index,assignment]  # a list for this type
        else:
            continue
        for _name, address in getaddresses([str(one) for one in letter.get_all("To", [])]):
            yield address, answer
