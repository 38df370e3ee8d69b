"""The people of the demo: invented, and known to the sandbox's authentic source."""

import json
import secrets
from base64 import b32encode
from dataclasses import asdict, dataclass
from pathlib import Path

PASSWORD = "kies-een-certificaat"  # noqa: S105  # the demo's own, on a loopback address
PIN = "1234"


@dataclass(frozen=True)
class Account:
    """Someone who can sign in, with the secret of the TOTP generator (base32)."""

    email: str
    full_name: str
    roles: tuple[str, ...]
    language: str
    totp_secret: str = ""


@dataclass(frozen=True)
class DemoHospital:
    """A tenant of the demo; numbers as in the sandbox's authentic source."""

    name: str
    language: str
    identifiers: tuple[tuple[str, str], ...]
    ssin: str
    first_names: str
    surname: str
    card: str
    holder_email: str
    accounts: tuple[Account, ...]


MAASDAL = DemoHospital(
    name="AZ Sint-Elisabeth Maasdal",
    language="nl",
    identifiers=(("CBE", "0406798006"), ("NIHII-HOSPITAL", "71000436")),
    ssin="85073003328",
    first_names="An Marie",
    surname="Peeters",
    card="rsa",
    holder_email="an.peeters@maasdal.example",
    accounts=(
        Account("els.wouters@maasdal.example", "Els Wouters", ("administrator",), "nl"),
        Account("an.peeters@maasdal.example", "An Peeters", ("holder",), "nl"),
        Account("bart.claes@maasdal.example", "Bart Claes", ("auditor",), "nl"),
    ),
)
TILLEULS = DemoHospital(
    name="Clinique Notre-Dame des Tilleuls",
    language="fr",
    identifiers=(("CBE", "0809394427"), ("NIHII-HOSPITAL", "71072393")),
    ssin="93051822361",
    first_names="Luc",
    surname="Dubois",
    card="p384",
    holder_email="luc.dubois@tilleuls.example",
    accounts=(Account("luc.dubois@tilleuls.example", "Luc Dubois", ("administrator", "holder"), "fr"),),
)
HOSPITALS = (MAASDAL, TILLEULS)


def with_secrets(path: Path) -> dict[str, Account]:
    """Return all accounts by e-mail with their TOTP secrets, made once and kept in `path`."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    accounts = {}
    for hospital in HOSPITALS:
        for account in hospital.accounts:
            secret = known.setdefault(account.email, b32encode(secrets.token_bytes(20)).decode())
            accounts[account.email] = Account(**asdict(account) | {"totp_secret": secret})
    path.write_text(json.dumps(known, indent=1))
    path.chmod(0o600)
    return accounts
