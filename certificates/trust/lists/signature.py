"""The signature of a trusted list: enveloped XAdES over the root (ETSI TS 119 612 5.7.1 and annex B).

Everything that lets a signature sign something else than what is read is refused before any cryptography: a second
signature, another place, a reference to something else than the root, other transforms, an Id twice. What is read
afterwards is what the library says was signed, never the document that came.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from agent.wire.errors import MalformedXml
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.xml.safe import parse_xml
from certificates.domain.trusted import Refusal
from certificates.trust.lists.refused import ListRefused
from certificates.trust.lists.signer import check_signer

TSL = "http://uri.etsi.org/02231/v2#"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ROOT = f"{{{TSL}}}TrustServiceStatusList"
MOST_BYTES = 16 * 1024 * 1024
MOST_ELEMENTS = 400_000
"""The largest national lists hold some ten thousand."""
MOST_NAMESPACES = 5_000
"""Software that writes lists likes to declare them again on each service."""
ENVELOPED = DSIG + "enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = {
    DigestAlgorithm.SHA256: hashes.SHA256(),
    DigestAlgorithm.SHA384: hashes.SHA384(),
    DigestAlgorithm.SHA512: hashes.SHA512(),
}
_CONFIGURATION = SignatureConfiguration(
    require_x509=True,
    location="./",
    expect_references=2,
    signature_methods=METHODS,
    digest_algorithms=frozenset(DIGESTS),
)
_SIGNATURE = f"{{{DSIG}}}Signature"
_NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,255}\Z")
_ID_ATTRIBUTES = ("id", "{http://www.w3.org/xml/1998/namespace}id")
_UNREAD: tuple[type[BaseException], ...] = (binascii.Error, *UNREADABLE)
_UNVERIFIED: tuple[type[BaseException], ...] = (SignXMLException, etree.LxmlError, *UNREADABLE)


@dataclass(frozen=True)
class SignedList:
    """What an operator really signed, and with which certificate."""

    data: bytes
    """The list in canonical form, without its signature."""
    signer: x509.Certificate

    @property
    def signer_der(self) -> bytes:
        """The operator's certificate."""
        return self.signer.public_bytes(Encoding.DER)


def verify(content: bytes, anchors: Iterable[bytes], now: datetime) -> SignedList:
    """Check a list's one signature by one of the operators in `anchors` (DER), and return what it signs.

    An operator is known by its whole certificate, never by its key or name alone. Raises ListRefused.
    """
    try:
        root = parse_xml(content, limit=MOST_BYTES, elements=MOST_ELEMENTS, namespaces=MOST_NAMESPACES)
    except MalformedXml as error:
        raise ListRefused(Refusal.MALFORMED, str(error)) from None
    if root.tag != ROOT:
        raise ListRefused(Refusal.SHAPE, "the document is no trusted list")
    signature = _only_signature(root)
    _check_signed_info(root, signature)
    signer = _signer(signature, frozenset(anchors))
    _check_properties(signature, signer)
    check_signer(signer, now)
    # Its validity was judged above: the library is asked about a moment that lies within it.
    configuration = replace(_CONFIGURATION, verification_time=signer.not_valid_before_utc)
    try:
        results = XMLVerifier().verify(
            content, x509_cert=signer, expect_config=configuration, id_attribute="Id"
        )
    except _UNVERIFIED:
        raise ListRefused(Refusal.SIGNATURE, "the signature does not verify") from None
    signed = results[0] if isinstance(results, list) and len(results) == 2 else None
    if signed is None or signed.signed_xml is None or signed.signed_xml.tag != ROOT:
        raise ListRefused(Refusal.SIGNATURE, "something else than the list is signed")
    if signed.signed_xml.get("Id") != root.get("Id"):
        raise ListRefused(Refusal.SIGNATURE, "another list is signed")
    return SignedList(signed.signed_data, signer)


def _only_signature(root: etree._Element) -> etree._Element:
    seen: set[str] = set()
    for node in root.iter(etree.Element):
        for name, value in node.attrib.items():
            if str(name).lower() in _ID_ATTRIBUTES:
                if value in seen:
                    raise ListRefused(Refusal.SIGNATURE, "an Id stands there twice")
                seen.add(str(value))
    signatures = list(root.iter(_SIGNATURE))
    if not signatures:
        raise ListRefused(Refusal.UNSIGNED, "the list is not signed")
    if len(signatures) != 1 or root[-1] is not signatures[0]:
        raise ListRefused(Refusal.SIGNATURE, "one signature is expected, as the last child of the list")
    if sum(1 for _ in root.iter(ROOT)) != 1:
        raise ListRefused(Refusal.SIGNATURE, "a list within the list")
    return signatures[0]


def _children(element: etree._Element, *names: str) -> list[etree._Element]:
    children = list(element.iterchildren(etree.Element))
    if [child.tag for child in children] != [f"{{{DSIG}}}{name}" for name in names]:
        raise ListRefused(Refusal.SIGNATURE, "the signature is not built as the standard says")
    return children


def _algorithm(element: etree._Element) -> str:
    if set(element.attrib) != {"Algorithm"} or len(element):
        raise ListRefused(Refusal.SIGNATURE, "an algorithm with parameters")
    return str(element.get("Algorithm"))


def _strong(element: etree._Element, accepted: Iterable[SignatureMethod | DigestAlgorithm]) -> None:
    if _algorithm(element) not in {one.value for one in accepted}:
        raise ListRefused(Refusal.WEAK, "an algorithm that is not accepted")


def _check_signed_info(root: etree._Element, signature: etree._Element) -> None:
    info, _value, _keys, _object = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo", "Object")
    canonical, method, whole, properties = _children(
        info, "CanonicalizationMethod", "SignatureMethod", "Reference", "Reference"
    )
    _strong(method, METHODS)
    identifier = str(root.get("Id", ""))
    signed = signature.find(f"{{{DSIG}}}Object/{{{XADES}}}QualifyingProperties/{{{XADES}}}SignedProperties")
    if signed is None or _algorithm(canonical) != EXCLUSIVE:
        raise ListRefused(
            Refusal.SIGNATURE, "the signature lacks its properties or is canonicalised otherwise"
        )
    if properties.get("Type") != SIGNED_PROPERTIES:
        whole, properties = properties, whole
    named = bool(_NCNAME.match(identifier)) and whole.get("URI") == f"#{identifier}"
    # The empty address is the document as a whole, of which the list is the root: nothing else can be meant either.
    if not (named or whole.get("URI") == "") or whole.get("Type"):
        raise ListRefused(Refusal.SIGNATURE, "the reference is not to the list itself")
    if properties.get("Type") != SIGNED_PROPERTIES or properties.get("URI") != f"#{signed.get('Id')}":
        raise ListRefused(Refusal.SIGNATURE, "the properties of the signature are not signed")
    if whole.getprevious() is properties:
        raise ListRefused(Refusal.SIGNATURE, "the list stands after its properties")
    for reference, transforms in ((whole, [ENVELOPED, EXCLUSIVE]), (properties, [EXCLUSIVE])):
        steps, digest, _digest_value = _children(reference, "Transforms", "DigestMethod", "DigestValue")
        if [_algorithm(one) for one in _children(steps, *["Transform"] * len(steps))] != transforms:
            raise ListRefused(Refusal.SIGNATURE, "other transforms than the standard's")
        _strong(digest, DIGESTS)


def _signer(signature: etree._Element, anchors: frozenset[bytes]) -> x509.Certificate:
    """Return the operator's certificate, which stands in the signature and is one that we know, byte for byte."""
    path = f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate"
    first = signature.find(path)
    if first is None:
        raise ListRefused(Refusal.STRANGER, "no certificate stands in the signature")
    try:
        der = base64.b64decode("".join((first.text or "").split()), validate=True)
        if der not in anchors:
            raise ListRefused(Refusal.STRANGER, "signed by somebody whom we do not know as operator")
        return x509.load_der_x509_certificate(der)
    except _UNREAD:
        raise ListRefused(Refusal.STRANGER, "the certificate in the signature cannot be read") from None


def _check_properties(signature: etree._Element, signer: x509.Certificate) -> None:
    """Check that the signed properties say when, and name the certificate that signs."""
    signed = signature.find(
        f"{{{DSIG}}}Object/{{{XADES}}}QualifyingProperties/{{{XADES}}}SignedProperties/"
        f"{{{XADES}}}SignedSignatureProperties"
    )
    found = [] if signed is None else list(signed.iterchildren(etree.Element))
    names = [etree.QName(one).localname for one in found]
    certificates = [one for one in found if etree.QName(one).localname.startswith("SigningCertificate")]
    if "SigningTime" not in names or len(certificates) != 1:
        raise ListRefused(Refusal.SIGNATURE, "the signature does not say when, or with which certificate")
    digest = certificates[0].find(f"{{{XADES}}}Cert/{{{XADES}}}CertDigest")
    method = None if digest is None else digest.find(f"{{{DSIG}}}DigestMethod")
    value = None if digest is None else digest.findtext(f"{{{DSIG}}}DigestValue")
    if method is None or value is None:
        raise ListRefused(Refusal.SIGNATURE, "the certificate that signs is not named")
    _strong(method, DIGESTS)
    used = DIGESTS[DigestAlgorithm(_algorithm(method))]
    try:
        named = base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error:
        named = b""
    if named != signer.fingerprint(used):
        raise ListRefused(Refusal.SIGNATURE, "another certificate is named than the one that signs")
