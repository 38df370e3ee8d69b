"""Requests of care providers without a Belgian identity card: they wait until the person has confirmed who they are.

The real confirmation goes through a government login (CSAM). Here a page asks for the number, which its address does
not hold.
"""

import html
import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.sandbox.authorities.names import Subject
from deploy.sandbox.contracts.issuance import written_day
from deploy.sandbox.register.requests import Register, public_key_identifier
from deploy.sandbox.soap import Refusal
from deploy.sandbox.state.store import Store, to_moment, to_text

DEADLINE = timedelta(days=14)
PAGE = Path(__file__).with_name("texts") / "foreigner.html"
SAID = {
    "ask": ("Bevestig uw aanvraag vóór {end}.", "Confirmez votre demande avant le {end}."),
    "wrong": (
        "Dit nummer hoort niet bij deze aanvraag. Er is niets bevestigd.",
        "Ce numéro ne correspond pas à cette demande. Rien n'a été confirmé.",
    ),
    "done": (
        "Uw aanvraag is bevestigd. Het certificaat volgt.",
        "Votre demande est confirmée. Le certificat suivra.",
    ),
    "late": (
        "De termijn is voorbij. Dien een nieuwe aanvraag in.",
        "Le délai est dépassé. Introduisez une nouvelle demande.",
    ),
    "refused": (
        "De aanvraag kan niet meer worden aanvaard ({code}). Dien een nieuwe aanvraag in.",
        "La demande ne peut plus être acceptée ({code}). Introduisez une nouvelle demande.",
    ),
}


@dataclass(frozen=True)
class Submission:
    """One submitted CSR and what is needed to make a request of it."""

    ticket: str
    environment: str
    pki: str
    subject: Subject
    contact: dict[str, str]
    key: rsa.RSAPublicKey
    expires_at: datetime
    confirmed: bool


class Foreigners:
    """The submissions of all environments."""

    def __init__(self, store: Store, register: Register) -> None:
        self._store, self._register = store, register

    def submit(
        self,
        environment: str,
        subject: Subject,
        key: rsa.RSAPublicKey,
        contact: dict[str, str],
        now: datetime,
    ) -> Submission:
        """Enter a submission; raises Refusal KEY_ALREADY_REGISTERED."""
        pki, ticket = public_key_identifier(key), secrets.token_urlsafe(24)
        document = {
            "ssin": subject.identifier,
            "name": subject.name,
            "first_names": subject.first_names,
            "surname_first": subject.surname_first,
            "contact": contact,
        }
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        with self._store.transaction() as db:
            for table in ("foreigner", "request"):
                query = f"SELECT 1 FROM {table} WHERE environment = ? AND pki = ?"  # noqa: S608  two constants
                if db.execute(query, (environment, pki)).fetchone():
                    raise Refusal(
                        "KEY_ALREADY_REGISTERED",
                        "A request for this public key was received before.",
                        PublicKeyIdentifier=pki.upper(),
                    )
            db.execute(
                "INSERT INTO foreigner (ticket, environment, pki, document, public_key, expires_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    ticket,
                    environment,
                    pki,
                    json.dumps(document, ensure_ascii=False),
                    der,
                    to_text(now + DEADLINE),
                ),
            )
            return _from_row(db.execute("SELECT * FROM foreigner WHERE ticket = ?", (ticket,)).fetchone())

    def with_key(self, environment: str, pki: str) -> Submission | None:
        """The submission of this key (hex in either case)."""
        return self._one("environment = ? AND pki = ?", (environment, pki.lower()))

    def page(self, environment: str, ticket: str, number: str | None, now: datetime) -> tuple[int, str]:
        """Status and HTML of the page behind a ticket; a `number` that was filled in confirms, when it is right."""
        submission = self._one("environment = ? AND ticket = ?", (environment, ticket))
        if submission is None:
            return 404, _written("late", now, "")
        if submission.confirmed:
            return 200, _written("done", submission.expires_at, "")
        if now >= submission.expires_at:
            return 410, _written("late", submission.expires_at, "")
        if number is None:
            return 200, _written("ask", submission.expires_at, _form(submission))
        if number.replace(" ", "").replace(".", "").replace("-", "") != submission.subject.identifier:
            return 403, _written("wrong", submission.expires_at, _form(submission))
        try:
            self._confirm(submission, now)
        except Refusal as reason:
            return 409, _written("refused", submission.expires_at, "", code=reason.code)
        return 200, _written("done", submission.expires_at, "")

    def _confirm(self, submission: Submission, now: datetime) -> None:
        """Make a request of a submission, once: of two hands at once, the register's own check stops one."""
        try:
            self._register.submit(
                submission.environment, submission.subject, submission.key, submission.contact, ()
            )
        except Refusal as reason:
            if (
                reason.code != "KEY_ALREADY_REGISTERED"
            ):  # else a confirmation was cut short after its first half
                raise
        with self._store.transaction() as db:
            db.execute(
                "UPDATE foreigner SET confirmed_at = ? WHERE ticket = ?", (to_text(now), submission.ticket)
            )

    def _one(self, condition: str, values: tuple[str, ...]) -> Submission | None:
        with self._store.reading() as db:
            row = db.execute(f"SELECT * FROM foreigner WHERE {condition}", values).fetchone()  # noqa: S608  constants
        return _from_row(row) if row else None


def _from_row(row: sqlite3.Row) -> Submission:
    document: dict[str, Any] = json.loads(row["document"])
    key = serialization.load_der_public_key(row["public_key"])
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("The register holds RSA keys only.")
    return Submission(
        row["ticket"],
        row["environment"],
        row["pki"],
        Subject(
            "SSIN",
            document["ssin"],
            document["name"],
            None,
            tuple(document["first_names"]),
            document.get("surname_first", False),
        ),
        document["contact"],
        key,
        to_moment(row["expires_at"]),
        row["confirmed_at"] is not None,
    )


def _form(submission: Submission) -> str:
    name = html.escape(submission.subject.full_name)
    return (
        f"<p><strong>{name}</strong></p>\n"
        '<form method="post"><p><label>BIS-nummer / numéro BIS '
        '<input name="number" inputmode="numeric" autocomplete="off" required></label>\n'
        '<button type="submit">Bevestigen / Confirmer</button></p></form>\n'
    )


def _written(what: str, end: datetime, content: str, code: str = "") -> str:
    dutch, french = (
        html.escape(text.format(end=f"{written_day(end, language)}, {end:%H:%M} UTC", code=code))
        for language, text in zip(("nl", "fr"), SAID[what], strict=True)
    )
    return PAGE.read_text(encoding="utf-8").format(dutch=dutch, french=french, content=content)
