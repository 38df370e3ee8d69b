"""Passwords of key stores: how strong a new one is, and the system's keyring for unfinished work."""

from dataclasses import dataclass

import keyring
from keyring.errors import KeyringError
from zxcvbn import zxcvbn

from agent.config import Config

SERVICE = "ehportal-agent"
MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 72
"""zxcvbn reads no further, and no software tested here refuses that many."""
LEAST_SCORE = 3
"""A key store can be carried off and tried offline, so only what resists that will do."""

EVERYDAY = (
    *("ehealth", "ehportal", "keystore", "certificaat", "certificat", "zertifikat", "sleutel", "connector"),
    *(
        "ziekenhuis",
        "hopital",
        "krankenhaus",
        "kliniek",
        "clinique",
        "apotheek",
        "pharmacie",
        "dokter",
        "medecin",
    ),
    *(
        "welkom",
        "bienvenue",
        "willkommen",
        "wachtwoord",
        "motdepasse",
        "passwort",
        "geheim",
        "bonjour",
        "hallo",
    ),
    *(
        "lente",
        "zomer",
        "herfst",
        "printemps",
        "automne",
        "hiver",
        "sommer",
        "januari",
        "janvier",
        "december",
    ),
    *(
        "brussel",
        "bruxelles",
        "antwerpen",
        "anvers",
        "gent",
        "gand",
        "luik",
        "liege",
        "leuven",
        "namur",
        "belgie",
    ),
)
"""What people here reach for first, and what the strength meter's English word lists do not know."""


@dataclass(frozen=True)
class Strength:
    """How strong a password is: 0 (none) to 4, and whether it may be used."""

    score: int
    acceptable: bool
    reason: str


def strength_of(password: str) -> Strength:
    """Judge a new password. `reason` is a key under `password.`: ok, short, long, ascii, weak.

    Characters outside ASCII are refused: software disagrees on how to put them into a PKCS#12 password.
    """
    if not password.isascii() or not password.isprintable():
        return Strength(0, False, "ascii")
    if len(password) > MAXIMUM_LENGTH:
        return Strength(0, False, "long")
    if len(password) < MINIMUM_LENGTH:
        return Strength(0, False, "short")
    score = int(zxcvbn(password, user_inputs=list(EVERYDAY))["score"])
    return Strength(score, score >= LEAST_SCORE, "ok" if score >= LEAST_SCORE else "weak")


def looks_like_pin(password: str) -> bool:
    """Return whether what was typed has the shape of a card's PIN: 4 to 12 digits, in the wrong field perhaps."""
    return password.isdecimal() and password.isascii() and 4 <= len(password) <= 12


def remember(config: Config, job_id: str, password: str) -> None:
    """Keep the password of unfinished work in the system's keyring, when the settings say so."""
    if config.use_keyring:
        try:
            keyring.set_password(SERVICE, job_id, password)
        except KeyringError:
            return  # a prompt will do the same later


def recall(config: Config, job_id: str) -> str | None:
    """The password kept for unfinished work, if any."""
    if not config.use_keyring:
        return None
    try:
        return keyring.get_password(SERVICE, job_id)
    except KeyringError:
        return None


def forget(config: Config, job_id: str) -> None:
    """Take it out of the keyring again."""
    if config.use_keyring:
        try:
            keyring.delete_password(SERVICE, job_id)
        except KeyringError:
            return
