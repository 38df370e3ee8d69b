"""GenerateCertificate and GetCertificate: from a signed request to the certificate."""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from deploy.sandbox.authorities import signer
from deploy.sandbox.authorities.names import Subject, meaning
from deploy.sandbox.contracts import issuance as contracts
from deploy.sandbox.operations.contract import check_authority
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.register.requests import Request
from deploy.sandbox.soap import NAMESPACES, Call, Refusal, add, success
from deploy.sandbox.state.organisation_types import BY_TYPE, SERVICES


def generate(call: Call, scene: Scene) -> etree._Element:
    """Check a request from the signature down to the key, and enter it in the register.

    Raises Refusal with the codes of signer.authenticate and Register.submit, and CONTRACT_MISMATCH,
    SIGNER_MISMATCH, SIGNER_NOT_AUTHORIZED, INVALID_CONTACT_DATA, INVALID_CSR, DN_MISMATCH,
    BASE_SERVICE_NOT_AVAILABLE.
    """
    holder = signer.authenticate(call.element, "Signature", scene.pki, scene.store, scene.now)
    contract = contracts.recognise(scene.store, scene.environment, _part(call, "k:Contract"))
    agreed = (contract.signer_ssin, " ".join(contract.signer_first_names), contract.signer_name)
    if agreed != (holder.ssin, holder.first_names, holder.name):
        raise Refusal("SIGNER_MISMATCH", "The contract names another signer than the identity card.")
    check_authority(scene, holder.ssin, contract.subject)
    contact = contracts.contact(_part(call, "k:ContactData"))
    key, _owner = key_of_request(_part(call, "k:CSR").text or "", contract.subject)
    services = tuple(
        s.text or "" for s in call.element.iterfind("m:EHealthCSR/k:BaseServiceUsage", NAMESPACES)
    )
    kind = BY_TYPE.get(contract.subject.identifier_type)
    for service in services:
        if service not in (kind.services if kind else SERVICES):
            raise Refusal(
                "BASE_SERVICE_NOT_AVAILABLE", "Not open to this type of holder.", BaseService=service[:100]
            )
    request = scene.register.submit(scene.environment, contract.subject, key, contact, services)
    result = success(call, scene.now)
    add(result, "m:PublicKeyIdentifier", request.pki.upper())
    add(result, "m:AutomaticallyValidated", "true" if request.mode == "automatic" else "false")
    if request.replaces:
        add(result, "m:ReplacesCertificate", request.replaces.upper())
    return result


def fetch(call: Call, scene: Scene) -> etree._Element:
    """The certificate and its issuer.

    Raises Refusal: CERT_REQUEST_NOT_FOUND, CERT_REQUEST_REFUSED, CERT_NOT_YET_DELIVERED.
    """
    pki = call.text("m:PublicKeyIdentifier").strip()
    request = scene.register.find(scene.environment, pki)
    if request is None:
        raise _without_request(scene, pki)
    return deliver(call, scene, request, request.certificate)


def deliver(
    call: Call, scene: Scene, request: Request, certificate: x509.Certificate | None
) -> etree._Element:
    """The answer that hands over a certificate, or says why there is none."""
    pki = request.pki.upper()
    if request.state == "refused":
        raise Refusal(
            "CERT_REQUEST_REFUSED",
            "The request was refused.",
            PublicKeyIdentifier=pki,
            Reason=request.refusal or "",
        )
    if certificate is None:
        raise Refusal(
            "CERT_NOT_YET_DELIVERED", "The certificate is not delivered yet.", PublicKeyIdentifier=pki
        )
    result = success(call, scene.now)
    for link in (certificate, scene.pki[f"{scene.environment}-issuing"].certificate):
        der = link.public_bytes(serialization.Encoding.DER)
        add(result, "m:X509Certificate", base64.b64encode(der).decode())
    return result


def _without_request(scene: Scene, pki: str) -> Refusal:
    """What GetCertificate says of a key without a request: a foreigner may still have to confirm it."""
    submission = scene.foreigners.with_key(scene.environment, pki)
    if submission is None:
        return Refusal("CERT_REQUEST_NOT_FOUND", "No request for this public key.", PublicKeyIdentifier=pki)
    if scene.now < submission.expires_at:
        return Refusal(
            "CERT_NOT_YET_DELIVERED", "The identity is not confirmed yet.", PublicKeyIdentifier=pki
        )
    reason = "The identity was not confirmed in time."
    return Refusal("CERT_REQUEST_REFUSED", "The request was refused.", PublicKeyIdentifier=pki, Reason=reason)


def _part(call: Call, name: str) -> etree._Element:
    part = call.element.find(f"m:EHealthCSR/{name}", NAMESPACES)
    if part is None:
        raise AssertionError(f"the schema asks for {name}")
    return part


def key_of_request(encoded: str, *owners: Subject) -> tuple[rsa.RSAPublicKey, Subject]:
    """The public key of a PKCS#10 request that is what the platform asks for, and whose name of `owners` it bears.

    Raises Refusal: INVALID_CSR, DN_MISMATCH.
    """
    try:
        csr = x509.load_der_x509_csr(base64.b64decode(encoded))
        signed, algorithm = csr.is_signature_valid, csr.signature_hash_algorithm
        bare = not list(csr.attributes) and not list(csr.extensions)
        key, subject = csr.public_key(), csr.subject
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        raise Refusal("INVALID_CSR", "The certificate signing request cannot be read.") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 2048 or key.public_numbers().e != 65537:
        raise Refusal("INVALID_CSR", "The key must be RSA of 2048 bits with exponent 65537.")
    if not isinstance(algorithm, hashes.SHA256) or not signed:
        raise Refusal("INVALID_CSR", "The request must be signed by its own key with SHA-256.")
    if not bare:
        raise Refusal("INVALID_CSR", "The request must not hold attributes.")
    for owner in owners:
        if meaning(subject) == meaning(owner.x509()):
            return key, owner
    raise Refusal("DN_MISMATCH", "The subject of the request is not the DN that belongs to its owner.")
