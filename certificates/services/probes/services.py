"""Which services are asked, where each stands, and the small harmless call by which it is found out.

None of these calls changes anything: questions to which anybody gets an answer, and a request without a signature,
which no service can carry out. A further service is one line of `SERVICES`.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings

from agent.wire.jobs import Identifier
from agent.wire.xml.frame import frame_request
from certificates.certra.services import CERTRA as REGISTRATION
from certificates.certra.services import DEPOT, ETKRA, Service
from certificates.domain.lifecycle import Environment
from certificates.services.signing.gateways import depot_of, gateway_of, token_gateway_of
from outside.http import exchange
from outside.sockets import Limits

EHEALTH = Identifier("CBE", "0809394427")
"""The eHealth platform itself, whose token anybody may ask for."""
SECONDS = 20.0
"""That a probe may take in all: later is no answer."""
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Probed:
    """One service: its addresses by environment, empty where none is configured, and how it is asked."""

    addresses: Callable[[], Mapping[str, str]]
    ask: Callable[[str], object] | None = None
    """Makes the call in an environment; None where its address is simply fetched."""
    soap: Service | None = None
    """By whose description it is told apart among calls that work makes."""

    def address_in(self, environment: str) -> str:
        """Return where it answers in `environment`; empty where nobody configured it."""
        address = self.addresses().get(environment, "")
        return address.rstrip("/") + self.soap.path if self.soap is not None and address else address


def _government() -> Mapping[str, str]:
    endpoints: Mapping[str, str] = settings.CERTRA_ENDPOINTS
    return endpoints


def unsigned() -> bytes:
    """Return a request for a token as the schema has it, without certificate and signature: nobody can carry it out."""
    return frame_request(
        ETKRA.namespace,
        "CompleteETKRegistrationRequest",
        request_id=f"_{uuid.uuid4()}",
        issue_instant=datetime.now(UTC),
    )


def _lists() -> Mapping[str, str]:
    """Return where the digest of a trusted list lies: some bytes, whoever asks."""
    bases: Mapping[str, str] = settings.TSL_ADDRESSES
    return {where: f"{base}/tsl-ehpbe-transport.sha2" for where, base in bases.items() if base}


SERVICES: Mapping[str, Probed] = {
    "certra": Probed(_government, lambda where: gateway_of(where).organisation_types(), REGISTRATION),
    "etkra": Probed(_government, lambda where: token_gateway_of(where).complete_token(unsigned()), ETKRA),
    "etkdepot": Probed(_government, lambda where: depot_of(where).token_of(EHEALTH), DEPOT),
    "sts": Probed(lambda: settings.STS_ENDPOINTS),
    "ocsp": Probed(lambda: settings.OCSP_ENDPOINTS),
    "tsl": Probed(_lists),
}
"""By the name that stands in the rows. Services of the platform that are only fetched need no more than an address."""


def configured() -> list[tuple[str, str]]:
    """Return name and environment of each service that has an address."""
    return [
        (name, where.value)
        for name, service in SERVICES.items()
        for where in Environment
        if service.address_in(where)
    ]


def found_at(address: str) -> tuple[str, str] | None:
    """Return name and environment of the service that answers SOAP at `address`; None for any other address."""
    return next(
        (
            (name, where.value)
            for name, service in SERVICES.items()
            for where in Environment
            if service.soap is not None and service.address_in(where) == address
        ),
        None,
    )


def fetched_from(address: str) -> tuple[str, str] | None:
    """Return name and environment of the one service that is fetched and stands on the host of `address`.

    None where no service or several share that host: nobody could tell which of them was there.
    """
    host = urlsplit(address).netloc
    there = [
        (name, where.value, service.soap is None)
        for name, service in SERVICES.items()
        for where in Environment
        if urlsplit(service.address_in(where)).netloc == host
    ]
    return there[0][:2] if host and len(there) == 1 and there[0][2] else None


def fetch(address: str) -> int:
    """Fetch an address and return the HTTP status. Raises CallFailed."""
    limits = Limits(connecting=SECONDS, silence=SECONDS, total=SECONDS)
    return exchange("GET", address, headers={}, limits=limits, most_bytes=MOST_BYTES).status
