"""The operations that the sandbox holds."""

from collections.abc import Callable

from lxml import etree

from deploy.sandbox.operations import (
    certificate,
    contract,
    depot,
    foreigner,
    organisations,
    qualities,
    registry,
    revocation,
    tokens,
)
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import Call, Refusal, refusal

Handler = Callable[[Call, Scene], etree._Element]
HANDLERS: dict[str, Handler] = {
    "GetActorQualities": qualities.answer,
    "GetGenericOrganizationTypes": organisations.types,
    "GetExistingApplicationIds": organisations.application_ids,
    "GenerateContract": contract.answer,
    "GenerateCertificate": certificate.generate,
    "GetCertificate": certificate.fetch,
    "GetCertificateInfoForCitizen": registry.for_citizen,
    "GetCertificateInfoForAuthenticationCertificate": registry.for_certificate,
    "GenerateRevocationContract": revocation.contract,
    "Revoke": revocation.revoke,
    "SubmitCSRForForeigner": foreigner.submit,
    "StartETKRegistration": tokens.start,
    "CompleteETKRegistration": tokens.complete,
    "ActivateETK": tokens.activate,
    "GetEtk": depot.get,
}


def perform(call: Call, scene: Scene) -> tuple[etree._Element, str]:
    """The answer to a call that the schema accepted, and its outcome in one word: success, or a code."""
    try:
        return HANDLERS[call.operation](call, scene), "success"
    except Refusal as reason:
        return refusal(call, scene.now, reason), reason.code
