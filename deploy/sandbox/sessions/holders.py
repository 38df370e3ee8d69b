"""Whose certificate it is that asks for a session, and whether the platform takes it."""

import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from deploy.sandbox.authorities.names import SHORT, meaning
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.authorities.revocation import revoked_at
from deploy.sandbox.register.requests import Register, public_key_identifier
from deploy.sandbox.sessions.words import Declined
from deploy.sandbox.state.store import Store

_LABELS = {
    **{short: oid for oid, short in SHORT.items()},
    **{"SN": NameOID.SURNAME, "SURNAME": NameOID.SURNAME, "G": NameOID.GIVEN_NAME},
    **{"GIVENNAME": NameOID.GIVEN_NAME, "GN": NameOID.GIVEN_NAME},
}
_PART = re.compile(r'\s*([A-Za-z0-9.]+)\s*=\s*("(?:[^"\\]|\\.)*"|(?:[^,"\\]|\\.)*)\s*(?:,|$)')


@dataclass(frozen=True)
class Holder:
    """A certificate that the platform knows, and the identifier it is for."""

    certificate: x509.Certificate
    identifier_type: str
    identifier: str


class Holders:
    """Tells holders of one environment apart from everybody else."""

    def __init__(self, environment: str, pki: Pki, register: Register, store: Store, now: datetime) -> None:
        self._environment, self._pki, self._register = environment, pki, register
        self._store, self._now = store, now

    def of(self, certificate: x509.Certificate, *, card: bool) -> Holder:
        """Whose certificate this is; an identity card's counts where `card` says so.

        Raises Declined CERTIFICATE_NOT_TRUSTED, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED.
        """
        if card and self._issued("citizen-ca", certificate):
            number = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
            revoked = revoked_at(self._store, "citizen-ca", certificate.serial_number) is not None
            holder = Holder(certificate, "SSIN", str(number[0].value) if number else "")
        else:
            holder, revoked = self._registered(certificate)
        if revoked:
            raise _refused("REVOKED", "has been revoked")
        if not certificate.not_valid_before_utc <= self._now <= certificate.not_valid_after_utc:
            raise _refused("EXPIRED", "is not valid at this moment")
        return holder

    def _registered(self, certificate: x509.Certificate) -> tuple[Holder, bool]:
        issuing = f"{self._environment}-issuing"
        request = None
        if self._issued(issuing, certificate):
            request = self._register.find(self._environment, public_key_identifier(certificate.public_key()))  # type: ignore[arg-type]  # RSA: that authority signs no other keys
        if request is None or request.certificate != certificate:
            raise _refused("NOT_TRUSTED", "is none of this environment")
        return Holder(
            certificate, request.subject.identifier_type, request.subject.identifier
        ), request.revoked

    def _issued(self, authority: str, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self._pki[authority].certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


def names_same(text: str, name: x509.Name) -> bool:
    """Whether a name written as RFC 1779, 2253 or 4514 say means the same as a certificate's."""
    pairs, at = [], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return False
        at = part.end()
        label, value = part[1].upper().removeprefix("OID."), part[2].strip()
        if value.startswith('"'):
            value = value[1:-1]
        try:
            oid = _LABELS[label] if label in _LABELS else x509.ObjectIdentifier(label)
            pairs.append(x509.NameAttribute(oid, re.sub(r"\\(.)", r"\1", value), _validate=False))
        except ValueError:
            return False
    return meaning(x509.Name(reversed(pairs))) == meaning(name)


def _refused(kind: str, what: str) -> Declined:
    return Declined(f"CERTIFICATE_{kind}", f"The certificate {what}.", wss="InvalidSecurityToken")
