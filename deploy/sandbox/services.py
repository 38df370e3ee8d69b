"""The platform's services: where each answers, which schema holds its messages, and its SOAPActions."""

from dataclasses import dataclass

_PLAIN = "urn:be:fgov:ehealth:certra:protocol:v2:"
_ETEE = "urn:be:fgov:ehealth:etee:certra:protocol:v2:"
_TOKENS = "urn:be:fgov:ehealth:etee:etkra:protocol:v2:"


@dataclass(frozen=True)
class Service:
    """One address. An empty action means that the service uses none."""

    path: str
    namespace: str
    schema: str
    actions: dict[str, str]


CERTRA = Service(
    "/CertRa/v2",
    "urn:be:fgov:ehealth:certra:protocol:v2",
    "certra-protocol.xsd",
    {
        "GetActorQualities": _PLAIN + "getActorQualities",
        "GetGenericOrganizationTypes": _PLAIN + "getGenericOrganizationTypes",
        "GetExistingApplicationIds": _ETEE + "getexistingapplicationids",
        "GenerateContract": _PLAIN + "generateContract",
        "GenerateCertificate": _ETEE + "generatecertificate",
        "GetCertificate": _ETEE + "getcertificate",
        "GetCertificateInfoForCitizen": _PLAIN + "getCertificateInfoForCitizen",
        "GetCertificateInfoForAuthenticationCertificate": _ETEE
        + "getCertificateInfoForAuthenticationCertificate",
        "GenerateRevocationContract": _PLAIN + "generateRevocationContract",
        "Revoke": _ETEE + "revoke",
        "SubmitCSRForForeigner": _PLAIN + "submitCSRForForeigner",
    },
)
ETKRA = Service(
    "/EtkRa/v2",
    "urn:be:fgov:ehealth:etkra:protocol:v2",
    "etkra-protocol.xsd",
    {
        "StartETKRegistration": _TOKENS + "startETKRegistration",
        "CompleteETKRegistration": _TOKENS + "completeETKregistration",
        "ActivateETK": _TOKENS + "activateETK",
    },
)
DEPOT = Service(
    "/EtkDepot/v1", "urn:be:fgov:ehealth:etkdepot:1_0:protocol", "etkdepot-protocol.xsd", {"GetEtk": ""}
)
SERVICES = {service.path: service for service in (CERTRA, ETKRA, DEPOT)}
ACTIONS = {name: action for service in SERVICES.values() for name, action in service.actions.items()}
SESSION_OPERATIONS = ("RequestSecureToken", "RequestSecurityToken", "Challenge")
"""Of the token service: the SAML way, and both steps of WS-Trust."""
PATHS = {name: service.path for service in SERVICES.values() for name in service.actions}
