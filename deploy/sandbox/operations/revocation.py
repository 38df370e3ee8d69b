"""GenerateRevocationContract and Revoke: the end of a certificate, and of its encryption token with it."""

from lxml import etree

from deploy.sandbox.authorities import revocation, signer
from deploy.sandbox.contracts import issuance as contracts
from deploy.sandbox.contracts import revocation as revocation_contracts
from deploy.sandbox.operations.contract import check_authority
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.register.requests import Request
from deploy.sandbox.soap import NAMESPACES, Call, Refusal, success
from deploy.sandbox.state.organisation_types import is_ssin


def contract(call: Call, scene: Scene) -> etree._Element:
    """A contract for the end of an active certificate, for a signer who may end it today.

    Raises Refusal: INVALID_ACTOR, INVALID_IDENTIFIER, CERT_REQUEST_NOT_FOUND, SIGNER_NOT_AUTHORIZED,
    CERT_NOT_REVOCABLE.
    """
    (kind, ssin), first_names, name = contracts.actor(_part(call, "m:Signer"))
    if kind != "SSIN" or not is_ssin(ssin):
        raise Refusal("INVALID_IDENTIFIER", "A signer is identified by a valid SSIN.", Type=kind)
    request = _request(call, scene)
    check_authority(scene, ssin, request.subject)
    _check_revocable(request, scene)
    owner = (request.subject.identifier_type, request.subject.identifier)
    organisation = scene.source.organisation(owner)
    made = revocation_contracts.write(
        request,
        (ssin, first_names, name),
        call.text("m:RevocationReason"),
        organisation.names if organisation else {},
        scene.now,
    )
    revocation_contracts.keep(scene.store, scene.environment, made, scene.now)
    result = success(call, scene.now)
    revocation_contracts.to_xml(result, made)
    return result


def revoke(call: Call, scene: Scene) -> etree._Element:
    """Revoke at once; whoever asks about the certificate from now on hears of it.

    Raises Refusal with the codes of signer.authenticate, and CONTRACT_MISMATCH, SIGNER_MISMATCH,
    CERT_REQUEST_NOT_FOUND, SIGNER_NOT_AUTHORIZED, CERT_NOT_REVOCABLE.
    """
    holder = signer.authenticate(call.element, "Signature", scene.pki, scene.store, scene.now)
    agreed = revocation_contracts.recognise(scene.store, scene.environment, _part(call, "m:Contract"))
    names = (agreed.signer_ssin, " ".join(agreed.signer_first_names), agreed.signer_name)
    if names != (holder.ssin, holder.first_names, holder.name):
        raise Refusal("SIGNER_MISMATCH", "The contract names another signer than the identity card.")
    request = _request(call, scene)
    if request.pki != agreed.pki:
        raise Refusal("CONTRACT_MISMATCH", "The contract is about another certificate.")
    check_authority(scene, holder.ssin, request.subject)
    serial = _check_revocable(request, scene)
    authority = f"{scene.environment}-issuing"
    if not revocation.revoke(scene.store, authority, serial, agreed.reason, scene.now):
        raise _not_revocable("REVOKED")  # another caller was faster
    return success(call, scene.now)


def _request(call: Call, scene: Scene) -> Request:
    pki = call.text("m:PublicKeyIdentifier").strip()
    request = scene.register.find(scene.environment, pki)
    if request is None:
        raise Refusal("CERT_REQUEST_NOT_FOUND", "No request for this public key.", PublicKeyIdentifier=pki)
    return request


def _check_revocable(request: Request, scene: Scene) -> str:
    """The serial number in hex of a certificate that can still be revoked."""
    status = request.status(scene.now)
    if request.certificate is None or status != "VALID_ACTIVE":
        raise _not_revocable(status)
    return f"{request.certificate.serial_number:x}"


def _not_revocable(status: str) -> Refusal:
    return Refusal("CERT_NOT_REVOCABLE", "Only an active certificate can be revoked.", Status=status)


def _part(call: Call, name: str) -> etree._Element:
    part = call.element.find(name, NAMESPACES)
    if part is None:
        raise AssertionError(f"the schema asks for {name}")
    return part
