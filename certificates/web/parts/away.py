"""What pages say while a service of the government is away: since when, and that everything goes on by itself."""

from dataclasses import dataclass
from datetime import datetime

from certificates.domain.lifecycle import Environment
from certificates.selectors.probes import open_incidents
from certificates.web.parts.words import ENVIRONMENTS

NAMES = {
    "certra": "CertRA",
    "etkra": "EtkRA",
    "etkdepot": "ETKDepot",
    "sts": "STS",
    "ocsp": "OCSP",
    "tsl": "TSL",
}
"""The platform's own; any other is called by the name of its row."""


@dataclass(frozen=True)
class Away:
    """One service that is away."""

    name: str
    environment: str
    acceptance: bool
    since: datetime
    never: bool
    """True where it was never reached from here: its address may be wrong."""


def away_in(*environments: str) -> list[Away]:
    """Return what is away in these environments, or in all; one query."""
    return [
        Away(
            name_of(one.service.name),
            str(ENVIRONMENTS[Environment(one.service.environment)]),
            one.service.environment == Environment.ACCEPTANCE,
            one.began_at,
            one.service.available_at is None,
        )
        for one in open_incidents(*environments)
    ]


def name_of(service: str) -> str:
    """Return what a service is called."""
    return NAMES.get(service, service)
