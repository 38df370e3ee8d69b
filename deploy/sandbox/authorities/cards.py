"""Virtual identity cards: SoftHSM tokens with the labels and objects of a real one.

Keys reach the token in a process of its own, through a pipe: SoftHSM reads its configuration once per
process, and no private key or PIN may stand in an argument, an environment variable or a file.
"""

import base64
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from deploy.sandbox.authorities.citizens import Identity, Person, PrivateKey, make_identity
from deploy.sandbox.authorities.pki import Pki, SandboxNotStarted
from deploy.sandbox.state.organisation_types import mod97
from deploy.sandbox.state.store import FILE, Clock, Store

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL = "BELPIC"
ROOT = Path(__file__).resolve().parents[3]


class CardError(Exception):
    """The token could not be written; the message says why."""


@dataclass(frozen=True)
class Card:
    """A finished card: use it with SOFTHSM2_CONF=`configuration` and the module `module`."""

    configuration: Path
    module: Path
    label: str
    identity: Identity


def make_card(
    state: Path,
    softhsm: Path,
    *,
    ssin: str,
    first_names: str,
    surname: str,
    algorithm: str = "rsa",
    pin: str = "1234",
    expired: bool = False,
    without_nonrepudiation: bool = False,
    revoked: str | None = None,
) -> Card:
    """Write a token labelled BELPIC into the folder `softhsm`, for the sandbox whose folder is `state`.

    Options as in citizens.make_identity. Raises SandboxNotStarted, ValueError, or CardError.
    """
    if not (state / FILE).exists():
        raise SandboxNotStarted("There is no sandbox in this folder: start it once before making cards.")
    store = Store(state)
    now = Clock(store).now()
    identity = make_identity(
        Pki.load(state, store),
        store,
        Person(ssin, first_names, surname),
        now,
        algorithm=algorithm,
        expired=expired,
        without_nonrepudiation=without_nonrepudiation,
        revoked=revoked,
    )
    configuration = _prepare(softhsm)
    order = {"module": str(MODULE), "label": LABEL, "pin": pin, "objects": _objects(identity, now)}
    finished = subprocess.run(
        [sys.executable, "-m", "deploy.sandbox.authorities.card_writer"],
        input=json.dumps(order).encode(),
        env={**os.environ, "SOFTHSM2_CONF": str(configuration)},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if finished.returncode != 0:
        raise CardError(
            f"The token could not be written: {finished.stderr.decode(errors='replace').strip()[-300:]}"
        )
    return Card(configuration, MODULE, LABEL, identity)


def read_pin(path: Path) -> str:
    """The PIN in a file that only its owner can read; raises CardError."""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CardError("The PIN file must be readable by its owner only (chmod 600).")
    pin = path.read_text(encoding="utf-8").strip()
    if not (pin.isdigit() and 4 <= len(pin) <= 12):
        raise CardError("A PIN is 4 to 12 digits.")
    return pin


def _prepare(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens = folder.resolve() / "tokens"
    tokens.mkdir(mode=0o700, exist_ok=True)
    configuration = folder.resolve() / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\n"
        "objectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    return configuration


def _objects(identity: Identity, now: datetime) -> list[dict[str, str | int]]:
    """What is written, in a real card's order; identifiers follow the government's middleware."""
    objects: list[dict[str, str | int]] = [
        _key("Authentication", 2, identity.authentication_key),
        _key("Signature", 3, identity.signature_key),
        _certificate("Authentication", 2, identity.authentication),
        _certificate("Signature", 3, identity.signature),
        _certificate("CA", 4, identity.authority),
        _certificate("Root", 6, identity.root),
    ]
    for label, text in _identity_data(identity, now).items():
        objects.append({"type": "data", "label": label, "group": "id", "value": _b64(text.encode())})
    return objects


def _identity_data(identity: Identity, now: datetime) -> dict[str, str]:
    person, born = identity.person, _birth(identity.person.ssin)
    begin, end = identity.signature.not_valid_before_utc, identity.signature.not_valid_after_utc
    return {
        "card_number": f"592{identity.signature.serial_number % 10**9:09d}",
        "validity_begin_date": f"{begin:%d.%m.%Y}",
        "validity_end_date": f"{end:%d.%m.%Y}",
        "issuing_municipality": "Maasdal",
        "national_number": person.ssin,
        "surname": person.surname,
        "firstnames": person.first_names,
        "nationality": "Belg",
        "location_of_birth": "Maasdal",
        "date_of_birth": f"{born:%d %b %Y}".upper() if born and born <= now.date() else "",
        "gender": "M" if int(person.ssin[6:9]) % 2 else "F",
        "document_type": "1",
    }


def _birth(ssin: str) -> date | None:
    """The day of birth in a national number; None for a BIS number or an unknown day."""
    century = 1900 if mod97(ssin) else 2000
    try:
        return date(century + int(ssin[:2]), int(ssin[2:4]), int(ssin[4:6]))
    except ValueError:
        return None


def _key(label: str, identifier: int, key: PrivateKey) -> dict[str, str | int]:
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"type": "key", "label": label, "id": identifier, "value": _b64(der)}


def _certificate(label: str, identifier: int, certificate: x509.Certificate) -> dict[str, str | int]:
    der = certificate.public_bytes(serialization.Encoding.DER)
    return {"type": "certificate", "label": label, "id": identifier, "value": _b64(der)}


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
