"""The encryption tokens of all environments: one for each certificate, and which of them the depot hands out."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.sandbox.register.requests import Request, public_key_identifier
from deploy.sandbox.soap import Refusal
from deploy.sandbox.state.store import Store


@dataclass(frozen=True)
class Token:
    """One token; `state` is started, waiting (for activation), active or replaced. `serial` is what was encrypted."""

    environment: str
    pki: str
    state: str
    key: rsa.RSAPublicKey
    serial: bytes
    certificate: x509.Certificate | None
    etk: bytes | None
    to_be_activated: bool

    def status(self, certificate_status: str) -> str:
        """ETKStatus beside the status of its certificate: a token dies with it. A replaced one has had its time."""
        if certificate_status in ("REVOKED", "EXPIRED"):
            return certificate_status
        return {
            "started": "IN_REQUEST",
            "waiting": "WAIT_FOR_ACTIVATION",
            "active": "VALID_ACTIVE",
            "replaced": "EXPIRED",
        }[self.state]


class Tokens:
    """What has become of every certificate's token."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, request: Request) -> Token | None:
        """The token of a certificate."""
        with self._store.reading() as db:
            return _find(db, request.environment, request.pki)

    def start(self, request: Request, key: rsa.RSAPublicKey, serial: bytes) -> None:
        """Remember what was offered and challenged; a second start takes the place of an unfinished first one.

        Raises Refusal: ETK_ALREADY_REGISTERED, KEY_ALREADY_REGISTERED.
        """
        identifier = public_key_identifier(key)
        with self._store.transaction() as db:
            token = _find(db, request.environment, request.pki)
            if token is not None and token.state != "started":
                raise Refusal("ETK_ALREADY_REGISTERED", "This certificate has an encryption token already.")
            query = "SELECT 1 FROM token WHERE environment = ? AND key_identifier = ? AND pki != ?"
            used = db.execute(query, (request.environment, identifier, request.pki)).fetchone()
            query = "SELECT 1 FROM request WHERE environment = ? AND pki = ?"
            if used or db.execute(query, (request.environment, identifier)).fetchone():
                raise Refusal(
                    "KEY_ALREADY_REGISTERED",
                    "An encryption key is new, and used for nothing else.",
                    PublicKeyIdentifier=identifier.upper(),
                )
            db.execute(
                "INSERT OR REPLACE INTO token (environment, pki, state, key_identifier, public_key, serial) "
                "VALUES (?, ?, 'started', ?, ?, ?)",
                (
                    request.environment,
                    request.pki,
                    identifier,
                    key.public_bytes(
                        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                    ),
                    serial.hex(),
                ),
            )

    def register(self, token: Token, certificate: bytes, etk: bytes, others: Iterable[Request]) -> Token:
        """Finish a started token. It is active at once unless one of the `others` of its name has an active token.

        Of two callers with the same certificate at once, both get the token of the first. Raises Refusal
        ETK_REGISTRATION_NOT_STARTED when it was finished with another one, or started anew, meanwhile.
        """
        with self._store.transaction() as db:
            waits = any((t := _find(db, r.environment, r.pki)) and t.state == "active" for r in others)
            changed = db.execute(
                "UPDATE token SET state = ?, certificate = ?, etk = ?, to_be_activated = ? "
                "WHERE environment = ? AND pki = ? AND state = 'started' AND serial = ?",
                (
                    "waiting" if waits else "active",
                    certificate,
                    etk,
                    waits,
                    token.environment,
                    token.pki,
                    token.serial.hex(),
                ),
            )
            done = _find(db, token.environment, token.pki)
        if done is None or (
            changed.rowcount != 1 and done.certificate != x509.load_der_x509_certificate(certificate)
        ):
            raise Refusal("ETK_REGISTRATION_NOT_STARTED", "No registration is waiting for this certificate.")
        return done

    def activate(self, request: Request, others: Iterable[Request]) -> None:
        """Put a waiting token in the place of the `others` of its name.

        Raises Refusal: ETK_NOT_REGISTERED, ETK_ALREADY_ACTIVE.
        """
        with self._store.transaction() as db:
            token = _find(db, request.environment, request.pki)
            if token is None or token.state == "started":
                raise Refusal("ETK_NOT_REGISTERED", "This certificate has no encryption token yet.")
            if token.state != "waiting":
                raise Refusal("ETK_ALREADY_ACTIVE", "The encryption token was activated before.")
            change = "UPDATE token SET state = ? WHERE environment = ? AND pki = ? AND state = ?"
            for other in others:
                db.execute(change, ("replaced", other.environment, other.pki, "active"))
            db.execute(change, ("active", request.environment, request.pki, "waiting"))


def _find(db: sqlite3.Connection, environment: str, pki: str) -> Token | None:
    row = db.execute("SELECT * FROM token WHERE environment = ? AND pki = ?", (environment, pki)).fetchone()
    if row is None:
        return None
    key = serialization.load_der_public_key(row["public_key"])
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("Encryption keys are RSA keys.")
    return Token(
        row["environment"],
        row["pki"],
        row["state"],
        key,
        bytes.fromhex(row["serial"]),
        x509.load_der_x509_certificate(row["certificate"]) if row["certificate"] else None,
        row["etk"],
        bool(row["to_be_activated"]),
    )
