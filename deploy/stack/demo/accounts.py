"""The people of the demo: invented, and known to the sandbox's authentic source."""

import json
from dataclasses import dataclass, replace
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
    """Return all accounts by e-mail with the TOTP secrets that `path` keeps; an empty one before somebody came in."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    everybody = [account for hospital in HOSPITALS for account in hospital.accounts]
    return {one.email: replace(one, totp_secret=known.get(one.email, "")) for one in everybody}


def keep_secret(path: Path, email: str, secret: str) -> None:
    """Keep the TOTP secret that the set-up page showed to somebody, as an authenticator app would."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    path.touch(mode=0o600)
    path.write_text(json.dumps(known | {email: secret}, indent=1))
