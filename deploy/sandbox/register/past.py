"""Certificates with a past: issued as of an earlier day, so that a demo or a test has an inventory of every age.

Their keys are made here and thrown away: such a certificate can be looked at, renewed around, revoked, but not used.
Whoever holds a key of their own names its public half, and can use and renew what is issued for it.
"""

from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from deploy.sandbox.authorities.names import APPLICATION_ID, Subject
from deploy.sandbox.authorities.pki import ENVIRONMENTS
from deploy.sandbox.register.requests import Register
from deploy.sandbox.soap import Refusal

OLDEST = timedelta(days=7 * 365)
"""The issuing authorities are eight years old."""


class PastError(Exception):
    """The order cannot be carried out; the text says why."""


def issue_in_the_past(register: Register, order: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Issue one certificate as of `not_before` (ISO 8601, not in the future) and enter it in the register.

    `order`: environment, identifier {type, value}, name, application_id (or null), not_before, and public_key (PEM)
    where the caller holds the key. Returns its PEM and the identifier of its key. Raises PastError.
    """
    subject, environment, since = _read(order, now)
    key = _key(order.get("public_key"))
    contact = {"EmailPrivate": "past@sandbox.example", "PhonePrivate": "+32 2 000 00 00"}
    try:
        request = register.submit(environment, subject, key, contact, (), past=since)
    except Refusal as reason:
        raise PastError(f"The register refuses: {reason.code}.") from reason
    register.deliver(request, past=since)
    delivered = register.find(environment, request.pki)
    if delivered is None or delivered.certificate is None:
        raise PastError("The certificate was not issued.")
    return {"pki": request.pki, "pem": delivered.certificate.public_bytes(Encoding.PEM).decode()}


def _key(pem: object) -> rsa.RSAPublicKey:
    """Return the caller's key; a new one that nobody holds where none is named."""
    if pem is None:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    try:
        key = load_pem_public_key(str(pem).encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PastError("public_key is an RSA key in PEM.") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise PastError("public_key is an RSA key in PEM.")
    return key


def _read(order: dict[str, Any], now: datetime) -> tuple[Subject, str, datetime]:
    identifier = order.get("identifier")
    texts = [order.get("environment"), order.get("name"), order.get("not_before")]
    if not isinstance(identifier, dict) or not all(isinstance(text, str) for text in texts):
        raise PastError("Tell environment, identifier (type, value), name and not_before.")
    environment, name, not_before = map(str, texts)
    application_id = order.get("application_id")
    if application_id is not None and not APPLICATION_ID.fullmatch(str(application_id)):
        raise PastError("An application_id has 1 to 30 capitals, digits, hyphens or underscores.")
    if environment not in ENVIRONMENTS:
        raise PastError(f"The environment is one of {', '.join(ENVIRONMENTS)}.")
    try:
        since = datetime.fromisoformat(not_before)
    except ValueError as error:
        raise PastError("not_before is a moment like 2024-05-01T08:00:00+00:00.") from error
    if since.tzinfo is None or not now - OLDEST <= since <= now:
        raise PastError("not_before needs a time zone, and lies in the last seven years.")
    return (
        Subject(str(identifier.get("type")), str(identifier.get("value")), name, application_id),
        environment,
        since,
    )
