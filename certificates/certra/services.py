"""The platform's three services: where each answers, and which of our documents describe it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lxml import etree

CONTRACT = Path(__file__).parent / "contract"


@dataclass(frozen=True)
class Service:
    """One service of the platform.

    `path` follows the environment's endpoint; `stamped` says whether requests carry Id and IssueInstant (the second
    generation of messages does, the depot's do not).
    """

    name: str
    path: str
    namespace: str
    binding: str
    stamped: bool = True

    @property
    def description(self) -> Path:
        """Our WSDL."""
        return CONTRACT / f"{self.name}.wsdl"

    @property
    def schema(self) -> etree.XMLSchema:
        """Our schema of its messages, read once."""
        return _schema(self.name)


@lru_cache(maxsize=8)
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(CONTRACT / f"{name}-protocol.xsd")))


CERTRA = Service(
    "certra", "/CertRa/v2", "urn:be:fgov:ehealth:certra:protocol:v2", "{urn:ehportal:certra:v2}CertRaSoap11"
)
ETKRA = Service(
    "etkra", "/EtkRa/v2", "urn:be:fgov:ehealth:etkra:protocol:v2", "{urn:ehportal:etkra:v2}EtkRaSoap11"
)
DEPOT = Service(
    "etkdepot",
    "/EtkDepot/v1",
    "urn:be:fgov:ehealth:etkdepot:1_0:protocol",
    "{urn:ehportal:etkdepot:v1}EtkDepotSoap11",
    stamped=False,
)

SIGNED: dict[str, Service] = {
    "GetActorQualitiesRequest": CERTRA,
    "GenerateCertificateRequest": CERTRA,
    "GetCertificateInfoForCitizenRequest": CERTRA,
    "GetCertificateInfoForAuthenticationCertificateRequest": CERTRA,
    "RevokeRequest": CERTRA,
    "StartETKRegistrationRequest": ETKRA,
    "CompleteETKRegistrationRequest": ETKRA,
    "ActivateETKRequest": ETKRA,
}
"""The requests that a workstation signs, and who takes them."""
