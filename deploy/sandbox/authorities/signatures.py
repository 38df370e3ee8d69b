"""Enveloped XML signatures of requests, checked with xmlsec (the product uses another library).

The profile is narrow on purpose: exactly one way to sign is accepted, and the place of every part is checked
before a digest is computed, so that a moved or second signature can never be the one that counts.
"""

import base64
import binascii

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from deploy.sandbox.soap import Refusal

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
METHODS = {
    RSA_SHA256: rsa.RSAPublicKey,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": ec.EllipticCurvePublicKey,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": ec.EllipticCurvePublicKey,
}
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


def verify(request: etree._Element) -> list[x509.Certificate]:
    """The certificates of a request's signature, leaf first, once that signature has been found good.

    Says nothing about who the leaf is or whether it can be trusted. Raises Refusal INVALID_SIGNATURE.
    """
    signature = _the_signature(request)
    _check_references(request, signature)
    chain = _certificates(signature)
    method = _algorithm(signature, "SignedInfo/SignatureMethod")
    if method not in METHODS or not isinstance(chain[0].public_key(), METHODS[method]):
        raise _invalid("the signature method is not accepted for this key")
    context = xmlsec.SignatureContext()
    # Only the root's Id is made known: a reference can resolve to nothing else.
    context.register_id(request, "Id")
    context.enable_reference_transform(xmlsec.constants.TransformEnveloped)
    context.enable_reference_transform(xmlsec.constants.TransformExclC14N)
    context.enable_reference_transform(xmlsec.constants.TransformSha256)
    context.key = xmlsec.Key.from_memory(
        chain[0].public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem
    )
    try:
        context.verify(signature)
    except xmlsec.Error:
        raise _invalid("the signature does not match the request") from None
    return chain


def _the_signature(request: etree._Element) -> etree._Element:
    found = list(request.iter(f"{{{DS}}}Signature"))
    if len(found) != 1 or request[-1] is not found[0]:
        raise _invalid("one signature is expected, as the last child of the request")
    identifiers = [e.get("Id") for e in request.iter(etree.Element) if e.get("Id") is not None]
    if len(identifiers) != len(set(identifiers)) or any(e.get(XML_ID) for e in request.iter(etree.Element)):
        raise _invalid("identifiers are ambiguous")
    allowed = [f"{{{DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
    if [child.tag for child in found[0]] != allowed:
        raise _invalid("a signature holds SignedInfo, SignatureValue and KeyInfo only")
    return found[0]


def _check_references(request: etree._Element, signature: etree._Element) -> None:
    references = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if len(references) != 1 or not request.get("Id") or references[0].get("URI") != f"#{request.get('Id')}":
        raise _invalid("the signature must cover the whole request, by its Id")
    transforms = references[0].findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    if [t.get("Algorithm") for t in transforms] != [ENVELOPED, EXCLUSIVE] or any(len(t) for t in transforms):
        raise _invalid("the transforms must be enveloped-signature, then exclusive canonicalisation")
    if _algorithm(signature, "SignedInfo/CanonicalizationMethod") != EXCLUSIVE:
        raise _invalid("the canonicalisation must be exclusive")
    if _algorithm(signature, "SignedInfo/Reference/DigestMethod") != SHA256:
        raise _invalid("the digest must be SHA-256")


def _algorithm(signature: etree._Element, path: str) -> str | None:
    element = signature.find("/".join(f"{{{DS}}}{step}" for step in path.split("/")))
    if element is None or len(element):
        raise _invalid("algorithm parameters are not accepted")
    return element.get("Algorithm")


def _certificates(signature: etree._Element) -> list[x509.Certificate]:
    data = signature.findall(f"{{{DS}}}KeyInfo/*")
    if [d.tag for d in data] != [f"{{{DS}}}X509Data"] or any(
        c.tag != f"{{{DS}}}X509Certificate" for c in data[0]
    ):
        raise _invalid("KeyInfo holds one X509Data with certificates only")
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(c.text or "")) for c in data[0]]
    except (ValueError, binascii.Error):
        raise _invalid("a certificate cannot be read") from None


def _invalid(reason: str) -> Refusal:
    return Refusal("INVALID_SIGNATURE", f"The signature is not valid: {reason}.")
