"""The register: requests and what became of them, one table for each environment's life of certificates.

A request is pending until its certificate is delivered or refused. An automatic one is delivered by whoever
looks at it first after its time has come, so that no thread has to wait for it and a restart loses nothing.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.sandbox.authorities.names import Subject, meaning
from deploy.sandbox.authorities.pki import Authority, Pki, key_usage, record
from deploy.sandbox.soap import Refusal, timestamp
from deploy.sandbox.state.store import Clock, Store, to_moment, to_text

REPLACEMENT_WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class Request:
    """One line of the register; `state` is pending, delivered or refused, `pki` the key in lower case hex."""

    environment: str
    pki: str
    state: str
    mode: str
    submitted_at: datetime
    due_at: datetime
    subject: Subject
    contact: dict[str, str]
    services: tuple[str, ...]
    public_key: rsa.RSAPublicKey
    replaces: str | None
    refusal: str | None
    certificate: x509.Certificate | None
    revoked: bool

    def status(self, now: datetime) -> str:
        """AuthenticationCertificateStatus at this moment."""
        if self.certificate is None:
            return "REFUSED" if self.state == "refused" else "IN_PROGRESS"
        if self.revoked:
            return "REVOKED"
        return "VALID_ACTIVE" if now <= self.certificate.not_valid_after_utc else "EXPIRED"

    @property
    def replaceable_from(self) -> datetime | None:
        """ReplacementPeriodStartDate, once there is a certificate."""
        return self.certificate.not_valid_after_utc - REPLACEMENT_WINDOW if self.certificate else None


class Register:
    """The requests of all environments, and the hand that issues certificates for them."""

    def __init__(self, store: Store, pki: Pki, clock: Clock) -> None:
        self._store, self._pki, self._clock = store, pki, clock

    def issuance(self) -> dict[str, Any]:
        """How new requests are handled: `mode` automatic or manual, `delay_seconds` before delivery."""
        return dict(self._store.setting("issuance", {"mode": "automatic", "delay_seconds": 2.0}))

    def submit(
        self,
        environment: str,
        subject: Subject,
        public_key: rsa.RSAPublicKey,
        contact: dict[str, str],
        services: tuple[str, ...],
        *,
        past: datetime | None = None,
    ) -> Request:
        """Enter a request; one of the `past` waits for its delivery to be made by hand, with that date.

        Raises Refusal: KEY_ALREADY_REGISTERED, DN_REQUEST_IN_PROGRESS, DN_ALREADY_ACTIVE.
        """
        now, policy = self._clock.now(), self.issuance()
        if past is not None:
            now, policy = past, {"mode": "manual", "delay_seconds": 0}
        pki = public_key_identifier(public_key)
        name = meaning(replace(subject, surname_first=False).x509())
        document = {
            "name": subject.name,
            "first_names": subject.first_names,
            "surname_first": subject.surname_first,
            "contact": contact,
            "services": services,
        }
        self.deliver_due()
        with self._store.transaction() as db:
            if db.execute(
                "SELECT 1 FROM request WHERE environment = ? AND pki = ?", (environment, pki)
            ).fetchone():
                raise Refusal(
                    "KEY_ALREADY_REGISTERED",
                    "A request for this public key was received before.",
                    PublicKeyIdentifier=pki.upper(),
                )
            same_name = _select(db, "environment = ? AND subject = ?", (environment, name))
            replaces = _replaced_by_this(same_name, now)
            db.execute(
                "INSERT INTO request (environment, pki, state, mode, submitted_at, due_at, subject, "
                "actor_type, actor_value, application_id, document, public_key, replaces) "
                "VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    environment,
                    pki,
                    policy["mode"],
                    to_text(now),
                    to_text(now + timedelta(seconds=policy["delay_seconds"])),
                    name,
                    subject.identifier_type,
                    subject.identifier,
                    subject.application_id,
                    json.dumps(document, ensure_ascii=False),
                    public_key.public_bytes(
                        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                    ),
                    replaces,
                ),
            )
            return _select(db, "environment = ? AND pki = ?", (environment, pki))[0]

    def find(self, environment: str, pki: str) -> Request | None:
        """The request for this key (hex in either case), delivered first if its time has come."""
        self.deliver_due()
        found = self._query("environment = ? AND pki = ?", (environment, pki.lower()))
        return found[0] if found else None

    def of_actors(self, environment: str, actors: Iterable[tuple[str, str]]) -> list[Request]:
        """Every request of these identifiers, oldest first."""
        self.deliver_due()
        found = [
            request
            for kind, value in actors
            for request in self._query(
                "environment = ? AND actor_type = ? AND actor_value = ?", (environment, kind, value)
            )
        ]
        return sorted(found, key=lambda request: request.submitted_at)

    def all(self) -> list[Request]:
        """Every request, oldest first."""
        self.deliver_due()
        return self._query("1 = 1 ORDER BY submitted_at", ())

    def deliver_due(self) -> None:
        """Deliver every automatic request whose time has come."""
        due = self._query(
            "state = 'pending' AND mode = 'automatic' AND due_at <= ?", (to_text(self._clock.now()),)
        )
        for request in due:
            self.deliver(request)

    def deliver(self, request: Request, *, past: datetime | None = None) -> bool:
        """Issue the certificate of a pending request, now or as of the `past`; False when it was not pending."""
        certificate = issue(
            self._pki[f"{request.environment}-issuing"],
            request.subject,
            request.public_key,
            past or self._clock.now(),
        )
        with self._store.transaction() as db:
            changed = db.execute(
                "UPDATE request SET state = 'delivered', serial = ?, certificate = ? "
                "WHERE environment = ? AND pki = ? AND state = 'pending'",
                (
                    f"{certificate.serial_number:x}",
                    certificate.public_bytes(serialization.Encoding.DER),
                    request.environment,
                    request.pki,
                ),
            )
            if changed.rowcount == 1:
                record(db, f"{request.environment}-issuing", certificate, "ehealth", request.pki)
            return changed.rowcount == 1

    def refuse(self, request: Request, reason: str) -> bool:
        """Refuse a pending request; False when it was no longer pending."""
        with self._store.transaction() as db:
            changed = db.execute(
                "UPDATE request SET state = 'refused', refusal = ? WHERE environment = ? AND pki = ? "
                "AND state = 'pending'",
                (reason, request.environment, request.pki),
            )
            return changed.rowcount == 1

    def _query(self, condition: str, values: tuple[str, ...]) -> list[Request]:
        with self._store.reading() as db:
            return _select(db, condition, values)


def public_key_identifier(public_key: rsa.RSAPublicKey) -> str:
    """SHA-1 over the subjectPublicKey bits (RFC 5280 4.2.1.2, method 1), in lower case hex."""
    return x509.SubjectKeyIdentifier.from_public_key(public_key).digest.hex()


def issue(authority: Authority, subject: Subject, key: rsa.RSAPublicKey, now: datetime) -> x509.Certificate:
    """A certificate shaped like the platform's: 36 months and a day."""
    begin = now.replace(microsecond=0)
    return authority.sign(
        subject.x509(),
        key,
        (begin, _after_three_years(begin) + timedelta(days=1)),
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (key_usage("digital_signature", "content_commitment", "key_encipherment"), True),
            (
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
                ),
                False,
            ),
        ],
    )


def _after_three_years(moment: datetime) -> datetime:
    if (moment.month, moment.day) == (2, 29):  # the third year after a leap year has no such day
        return moment.replace(year=moment.year + 3, month=3, day=1)
    return moment.replace(year=moment.year + 3)


def _replaced_by_this(same_name: list[Request], now: datetime) -> str | None:
    """The active certificate that a new request for its name replaces; raises Refusal when it may not."""
    replaced = None
    for request in same_name:
        status, opens = request.status(now), request.replaceable_from
        if status == "IN_PROGRESS":
            raise Refusal(
                "DN_REQUEST_IN_PROGRESS",
                "Another request for this DN has not been handled yet.",
                PublicKeyIdentifier=request.pki.upper(),
            )
        if status == "VALID_ACTIVE" and opens is not None:
            if now < opens:
                raise Refusal(
                    "DN_ALREADY_ACTIVE",
                    "Another certificate for this DN is active and not near its end.",
                    PublicKeyIdentifier=request.pki.upper(),
                    ReplacementPeriodStartDate=timestamp(opens),
                )
            replaced = request.pki
    return replaced


def _select(db: sqlite3.Connection, condition: str, values: tuple[str, ...]) -> list[Request]:
    query = (
        "SELECT request.*, issued.revoked_at AS revoked_at FROM request LEFT JOIN issued "
        "ON issued.authority = request.environment || '-issuing' AND issued.serial = request.serial WHERE "
    )
    return [_from_row(row) for row in db.execute(query + condition, values).fetchall()]


def _from_row(row: sqlite3.Row) -> Request:
    document = json.loads(row["document"])
    key = serialization.load_der_public_key(row["public_key"])
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("The register holds RSA keys only.")
    return Request(
        row["environment"],
        row["pki"],
        row["state"],
        row["mode"],
        to_moment(row["submitted_at"]),
        to_moment(row["due_at"]),
        Subject(
            row["actor_type"],
            row["actor_value"],
            document["name"],
            row["application_id"],
            tuple(document["first_names"]),
            document.get("surname_first", False),
        ),
        document["contact"],
        tuple(document["services"]),
        key,
        row["replaces"],
        row["refusal"],
        x509.load_der_x509_certificate(row["certificate"]) if row["certificate"] else None,
        row["revoked_at"] is not None,
    )
