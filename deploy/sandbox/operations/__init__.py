"""The operations of CertRA v2 that the sandbox holds, each with its irregular SOAPAction."""

from collections.abc import Callable

from lxml import etree

from deploy.sandbox.operations import certificate, contract, organisations, qualities, registry
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import Call, Refusal, SoapFault, refusal

PLAIN = "urn:be:fgov:ehealth:certra:protocol:v2:"
ETEE = "urn:be:fgov:ehealth:etee:certra:protocol:v2:"

Handler = Callable[[Call, Scene], etree._Element]
HANDLERS: dict[str, Handler] = {
    "GetActorQualities": qualities.answer,
    "GetGenericOrganizationTypes": organisations.types,
    "GetExistingApplicationIds": organisations.application_ids,
    "GenerateContract": contract.answer,
    "GenerateCertificate": certificate.generate,
    "GetCertificate": certificate.fetch,
    "GetCertificateInfoForCitizen": registry.for_citizen,
}
ACTIONS = {
    "GetActorQualities": PLAIN + "getActorQualities",
    "GetGenericOrganizationTypes": PLAIN + "getGenericOrganizationTypes",
    "GetExistingApplicationIds": ETEE + "getexistingapplicationids",
    "GenerateContract": PLAIN + "generateContract",
    "GenerateCertificate": ETEE + "generatecertificate",
    "GetCertificate": ETEE + "getcertificate",
    "GetCertificateInfoForCitizen": PLAIN + "getCertificateInfoForCitizen",
    "GetCertificateInfoForAuthenticationCertificate": ETEE + "getCertificateInfoForAuthenticationCertificate",
    "GenerateRevocationContract": PLAIN + "generateRevocationContract",
    "Revoke": ETEE + "revoke",
    "SubmitCSRForForeigner": PLAIN + "submitCSRForForeigner",
}


def perform(call: Call, scene: Scene) -> tuple[etree._Element, str]:
    """The answer to a call that the schema accepted, and its outcome in one word: success, or a code."""
    handler = HANDLERS.get(call.operation)
    if handler is None:
        raise SoapFault("SOA-02001", "the sandbox does not hold this operation")
    try:
        return handler(call, scene), "success"
    except Refusal as reason:
        return refusal(call, scene.now, reason), reason.code
