"""Signatures of requests, checked with xmlsec: the outer one of WS-Security, and the inner one of the holder's key."""

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from deploy.sandbox.sessions.words import DS, WSU, Declined, certificate_in, children, tag

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
SHA1, SHA256 = f"{DS}sha1", "http://www.w3.org/2001/04/xmlenc#sha256"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
RSA_SHA1, RSA_SHA256, ECDSA_SHA256 = f"{DS}rsa-sha1", f"{_MORE}rsa-sha256", f"{_MORE}ecdsa-sha256"
ECDSA_SHA384 = f"{_MORE}ecdsa-sha384"
IDENTIFIERS = frozenset({"id", "requestid", "assertionid", "responseid"})


def check_outer(signature: etree._Element, certificate: x509.Certificate, parts: list[etree._Element]) -> str:
    """Check that the header key signed exactly these parts, each by its wsu:Id; returns the signature value.

    Raises Declined INVALID_SIGNATURE.
    """
    identifiers = [part.get(tag("wsu:Id")) for part in parts]
    if None in identifiers or len(set(identifiers)) != len(parts):
        raise _invalid("each signed part has a wsu:Id of its own")
    references = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if sorted(r.get("URI", "") for r in references) != sorted(f"#{one}" for one in identifiers):
        raise _invalid("body, timestamp and security token are signed, and nothing else")
    for reference in references:
        _check_reference(reference, [EXCLUSIVE], {SHA256})
    _check_method(signature, certificate, {RSA_SHA256, ECDSA_SHA256, ECDSA_SHA384})
    context = xmlsec.SignatureContext()
    for part in parts:
        context.register_id(part, "Id", WSU)
    _verify(context, signature, certificate)
    return "".join((signature.findtext(f"{{{DS}}}SignatureValue") or "").split())


def check_inner(request: etree._Element, signature: etree._Element, holder: x509.Certificate) -> str:
    """Check the holder-of-key's enveloped signature over a samlp:Request; returns its digest's name.

    SHA-1 is taken here and nowhere else: the platform's own connector cannot do better. Raises Declined.
    """
    found = signature.findall(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    if len(found) != 1 or certificate_in(found[0]) != holder:
        raise _invalid("the inner signature is not by the holder of the key")
    references = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if len(references) != 1 or references[0].get("URI") != f"#{request.get('RequestID')}":
        raise _invalid("the inner signature does not cover the request")
    digest = _check_reference(references[0], [ENVELOPED, EXCLUSIVE], {SHA1, SHA256})
    _check_method(signature, holder, {RSA_SHA1, RSA_SHA256})
    context = xmlsec.SignatureContext()
    context.register_id(request, "RequestID")
    _verify(context, signature, holder)
    return digest.rpartition("#")[2]


def check_old_token(assertion: etree._Element, signers: list[x509.Certificate]) -> None:
    """Check that one of our I.AM certificates signed a token that is to be renewed. Raises Declined."""
    signatures = list(assertion.iter(f"{{{DS}}}Signature"))
    if len(signatures) != 1 or children(assertion)[-1] is not signatures[0]:
        raise _invalid("the token to renew has one signature, as its last child")
    references = signatures[0].findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if len(references) != 1 or references[0].get("URI") != f"#{assertion.get('AssertionID')}":
        raise _invalid("the signature does not cover the token to renew")
    found = signatures[0].findall(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    if len(found) != 1 or certificate_in(found[0]) not in signers:
        raise _invalid("the token to renew is not one of ours")
    context = xmlsec.SignatureContext()
    context.register_id(assertion, "AssertionID")
    _verify(context, signatures[0], certificate_in(found[0]))


def unambiguous(root: etree._Element) -> None:
    """Raise Declined where an identifier of any kind stands twice in a message."""
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2].lower() in IDENTIFIERS:
                if value in seen:
                    raise _invalid("an identifier stands there twice")
                seen.add(str(value))


def _check_reference(reference: etree._Element, transforms: list[str], digests: set[str]) -> str:
    found = reference.findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    if [one.get("Algorithm") for one in found] != transforms or any(len(one) for one in found):
        raise _invalid("a reference has other transforms than the profile's")
    digest = reference.find(f"{{{DS}}}DigestMethod")
    algorithm = "" if digest is None else digest.get("Algorithm", "")
    if algorithm not in digests:
        raise _invalid("a digest is not accepted")
    return algorithm


def _check_method(signature: etree._Element, certificate: x509.Certificate, methods: set[str]) -> None:
    canonical = signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}CanonicalizationMethod")
    if canonical is None or canonical.get("Algorithm") != EXCLUSIVE or len(canonical):
        raise _invalid("the canonicalisation must be exclusive")
    method = signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod")
    algorithm = "" if method is None else method.get("Algorithm", "")
    fits = isinstance(certificate.public_key(), rsa.RSAPublicKey) == ("rsa" in algorithm)
    if algorithm not in methods or not fits:
        raise _invalid("the signature method is not accepted for this key")


def _verify(
    context: xmlsec.SignatureContext, signature: etree._Element, certificate: x509.Certificate
) -> None:
    context.key = xmlsec.Key.from_memory(
        certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem
    )
    try:
        context.verify(signature)
    except xmlsec.Error:
        raise _invalid("it does not match the message") from None


def _invalid(reason: str) -> Declined:
    return Declined("INVALID_SIGNATURE", f"A signature is not valid: {reason}.", wss="FailedCheck")
