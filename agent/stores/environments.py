"""For care or for testing only: what a certificate tells, and the file name that fits it."""

from typing import Final

from cryptography import x509

from agent.stores.file_names import SUFFIXES, environment_of
from agent.wire.jobs import Environment
from agent.wire.pki.reading.loaded import name_of

_SUFFIX: Final[dict[Environment, str]] = {"production": ".p12", "acceptance": ".acc-p12"}


def environment_told_by(certificate: x509.Certificate) -> Environment | None:
    """Return the environment that the issuer's name tells; None for an authority of neither.

    A hint that keeps people from mistakes, not a proof: nobody gave this workstation anchors for it.
    """
    issuer = name_of(certificate, "issuer").rfc4514.casefold()
    if "accept" in issuer:
        return "acceptance"
    return "production" if "ehealth" in issuer and "test" not in issuer else None


def fitting_name(name: str, environment: Environment | None) -> str:
    """Return the file name with the suffix of its environment; unchanged where that is not known or fits already."""
    if environment is None or environment_of(name) == environment:
        return name
    endings = sorted((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), key=len)
    stem = name[: -len(endings[-1])] if endings else name
    return stem + _SUFFIX[environment]
