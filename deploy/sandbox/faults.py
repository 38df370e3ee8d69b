"""Faults that can be switched on: for one request by a header, or for many over the control address."""

import re
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from lxml import etree

from deploy.sandbox.authorities.pki import ENVIRONMENTS
from deploy.sandbox.services import ACTIONS, SESSION_OPERATIONS
from deploy.sandbox.soap import PROTOCOL, SOA_MESSAGES, Refusal, SoapFault
from deploy.sandbox.state.store import Store

KINDS = {
    "slow": "wait before the work is done; slow:SECONDS, 5 unless told, at most 120",
    "drip": "do the work, then answer byte by byte; one every drip:SECONDS, 1 unless told, at most 120",
    "hang": "do nothing and say nothing until the caller leaves, at most 120 seconds",
    "drop-before-commit": "close the connection without doing anything",
    "drop-after-commit": "do the work, then close the connection without an answer",
    "refused": "an answer whose Status holds REQUEST_REFUSED, or the code of refused:CODE; nothing is done",
    "http-502": "a gateway's HTML page with status 502; nothing is done",
    "http-503": "a gateway's HTML page with status 503; nothing is done",
    "not-xml": "do the work, answer an HTML page with status 200",
    "wrong-element": "do the work, answer another operation's element",
    "dtd-bomb": "do the work, answer a document with nested entities",
    "oversized": "do the work, answer 32 MiB",
    "truncated": "do the work, answer half of the bytes that were announced",
    "wrong-certificate": "GetCertificate hands over a certificate for another key",
    "revoked": "the token service says that the certificate was revoked; nothing is done",
    "wss-fault": "the token service answers a fault with a code of WS-Security; nothing is done",
    "expired-token": "a token that has ended",
    "wrong-signer": "a token signed by a stranger with the name of the I.AM certificate",
    "wrong-hok": "a token for another key",
    "changed-value": "a token whose value was changed after it was signed",
    "other-identity": "a token that is signed well and names another holder",
    "no-attributes": "a token without all that was asked",
    "wrong-in-response-to": "the answer to another request",
    "two-tokens": "an answer with two tokens",
    "wrapped-token": "a false token around the signed one",
    "sha1-token": "a token signed with SHA-1, as the platform's own were once",
    **{code.lower(): f"a SOAP fault {code} ({text}); nothing is done" for code, text in SOA_MESSAGES.items()},
}
TIMED = ("slow", "drip")
CODE = re.compile(r"[A-Z][A-Z0-9_]{2,59}")
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE bomb [<!ENTITY a "ha!"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;">]>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>&f;</soap:Body></soap:Envelope>
"""
PAGE = b"<html><head><title>Gateway</title></head><body><h1>The service cannot be reached</h1></body></html>"
OVERSIZED = 32 * 1024 * 1024


class FaultError(Exception):
    """A fault was asked for that does not exist."""


@dataclass(frozen=True)
class Fault:
    """One fault with its argument, ready to happen."""

    kind: str
    argument: str

    def before_work(self) -> None:
        """What happens before an operation runs: a wait, a SOAP fault, a refusal, or nothing."""
        if self.kind == "slow":
            time.sleep(float(self.argument or 5))
        elif self.kind.startswith("soa-"):
            raise SoapFault(self.kind.upper(), "asked for by the caller")
        elif self.kind == "refused":
            raise Refusal(self.argument or "REQUEST_REFUSED", "Refused, because this was asked for.")

    @property
    def seconds(self) -> float:
        """Between two bytes of an answer that drips."""
        return float(self.argument or 1)


NONE = Fault("", "")
LONGEST = 120.0
"""Seconds for which anybody is kept waiting."""


def another_element(operation: str) -> etree._Element:
    """An empty answer of an operation that was not asked for."""
    other = "GetCertificate" if operation == "Revoke" else "Revoke"
    return etree.Element(f"{{{PROTOCOL}}}{other}Response")


def parse(text: str) -> Fault:
    """`kind` or `kind:argument`; raises FaultError."""
    kind, _, argument = text.strip().partition(":")
    if kind not in KINDS:
        raise FaultError(f"There is no such fault; known are: {', '.join(KINDS)}.")
    if (
        kind in TIMED
        and argument
        and not (argument.replace(".", "", 1).isdigit() and float(argument) <= LONGEST)
    ):
        raise FaultError(f"{kind} takes a number of seconds up to {LONGEST:.0f}.")
    if kind == "refused" and argument and not CODE.fullmatch(argument):
        raise FaultError("refused takes a code of capitals, digits and underscores.")
    if argument and kind not in (*TIMED, "refused"):
        raise FaultError(f"{kind} takes no argument.")
    return Fault(kind, argument)


class Faults:
    """The faults that are switched on for an environment, an operation, and a number of times."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, document: Any) -> dict[str, Any]:
        """Switch one on: {"kind", "environment"?, "operation"?, "times"?}; raises FaultError."""
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise FaultError("A fault needs a kind.")
        parse(document["kind"])
        environment, operation = document.get("environment"), document.get("operation")
        times = document.get("times")
        if environment not in (None, *ENVIRONMENTS) or operation not in (None, *ACTIONS, *SESSION_OPERATIONS):
            raise FaultError("The environment or the operation is not known.")
        if times is not None and not (isinstance(times, int) and times > 0):
            raise FaultError("times is a whole number above zero.")
        with self._store.transaction() as db:
            row = db.execute(
                "INSERT INTO fault (kind, environment, operation, remaining) VALUES (?, ?, ?, ?) RETURNING *",
                (document["kind"], environment, operation, times),
            ).fetchone()
        return _as_json(row)

    def all(self) -> list[dict[str, Any]]:
        """Those that are on, oldest first."""
        with self._store.reading() as db:
            return [_as_json(row) for row in db.execute("SELECT * FROM fault ORDER BY id").fetchall()]

    def clear(self, identifier: int | None = None) -> int:
        """Switch off one, or all; returns how many were on."""
        condition, values = ("id = ?", (identifier,)) if identifier is not None else ("1 = 1", ())
        with self._store.transaction() as db:
            return db.execute(f"DELETE FROM fault WHERE {condition}", values).rowcount  # noqa: S608  two constants

    def take(self, environment: str, operation: str, header: str | None) -> Fault:
        """The fault for this request: the header's, else the oldest that fits, counted down; or NONE."""
        if header:
            return parse(header)
        if not self.all():  # the usual case should not wait for a writer
            return NONE
        with self._store.transaction() as db:
            row = db.execute(
                "SELECT * FROM fault WHERE (environment IS NULL OR environment = ?) "
                "AND (operation IS NULL OR operation = ?) ORDER BY id LIMIT 1",
                (environment, operation),
            ).fetchone()
            if row is None:
                return NONE
            if row["remaining"] == 1:
                db.execute("DELETE FROM fault WHERE id = ?", (row["id"],))
            elif row["remaining"] is not None:
                db.execute("UPDATE fault SET remaining = remaining - 1 WHERE id = ?", (row["id"],))
        return parse(row["kind"])


def _as_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "environment": row["environment"],
        "operation": row["operation"],
        "times": row["remaining"],
    }
