"""XML-DSig as CertRA and EtkRA want it: one enveloped signature, made and checked.

The key is an eID card's, or an eHealth certificate's own. Profile: one Reference to the root's Id, transforms
enveloped-signature then exclusive C14N, digest SHA-256, rsa-sha256 or ecdsa-sha384 (raw r‖s, RFC 6931 2.3.6),
KeyInfo with one X509Data: the chain, leaf first.
"""

import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from agent.wire.encoding import from_base64, to_base64
from agent.wire.errors import MalformedXml, SignatureInvalid
from agent.wire.limits import MAX_CERTIFICATE_BYTES, MAX_CHAIN_CERTIFICATES, MAX_REQUEST_BYTES
from agent.wire.pki.certificates import read_certificate
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.xml.safe import parse_xml

DSIG = "http://www.w3.org/2000/09/xmldsig#"
ENVELOPED = DSIG + "enveloped-signature"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
METHODS = {
    "rsa-sha256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "ecdsa-sha384": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
}
_ALGORITHMS = {uri: name for name, uri in METHODS.items()}
_SIGNATURE = f"{{{DSIG}}}Signature"
_NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,127}\Z")
_ID_ATTRIBUTES = ("id", "{http://www.w3.org/xml/1998/namespace}id")
_CONFIGURATION = SignatureConfiguration(
    require_x509=True,
    location="./",
    expect_references=1,
    signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA384}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)
# At debug level the library writes whole documents into the log; they hold national numbers.
logging.getLogger("signxml").setLevel(logging.WARNING)


_UNVERIFIED: tuple[type[BaseException], ...] = (SignXMLException, etree.LxmlError, *UNREADABLE)


@dataclass(frozen=True)
class VerifiedRequest:
    """What was really signed, and by which certificate. Whether that certificate is trusted is not said."""

    root: etree._Element
    data: bytes
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    algorithm: str


def algorithm_for(certificate: x509.Certificate) -> str:
    """The signature algorithm of a certificate's key. Raises SignatureInvalid for another kind of key."""
    try:
        key = certificate.public_key()
    except UNREADABLE:
        raise SignatureInvalid("the key in the certificate cannot be read") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return "rsa-sha256"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp384r1":
        return "ecdsa-sha384"
    raise SignatureInvalid("not a key of an eID card or an eHealth certificate")


def key_signer(key: rsa.RSAPrivateKey) -> Callable[[bytes, str], bytes]:
    """What `sign_enveloped` calls when the key is here and not on a card: an eHealth certificate's own."""

    def sign(to_be_signed: bytes, algorithm: str) -> bytes:
        if algorithm != "rsa-sha256":
            raise SignatureInvalid("the algorithm does not fit the key")
        return key.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())

    return sign


def sign_enveloped(
    data: bytes, *, chain: Sequence[x509.Certificate], sign: Callable[[bytes, str], bytes]
) -> bytes:
    """Put an enveloped signature into the element `data` as its last child, leaving every other byte alone.

    `chain` is leaf first: root included for a card; for an eHealth certificate it may be left out.
    `sign(to_be_signed, algorithm)` gets the canonical SignedInfo and returns the raw signature value. The outcome
    is verified before it is returned: a card or reader that signs wrongly raises SignatureInvalid here. Raises
    MalformedXml when `data` cannot be signed.
    """
    root = parse_xml(data, limit=MAX_REQUEST_BYTES)
    identifier = root.get("Id", "")
    stray = [node for node in root.iter() if not isinstance(node.tag, str) or node.tag == _SIGNATURE]
    if not _NCNAME.match(identifier) or stray or not data.endswith(b">") or data.endswith(b"/>"):
        raise MalformedXml("this element cannot be signed")
    if root.getprevious() is not None or root.getnext() is not None:
        raise MalformedXml("a comment outside the request")
    algorithm = algorithm_for(chain[0])
    digest = hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True, with_comments=False)).digest()
    signed_info = (
        f'<ds:SignedInfo xmlns:ds="{DSIG}"><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE_C14N}"/>'
        f'<ds:SignatureMethod Algorithm="{METHODS[algorithm]}"/><ds:Reference URI="#{identifier}">'
        f'<ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"/>'
        f'<ds:Transform Algorithm="{EXCLUSIVE_C14N}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{to_base64(digest)}</ds:DigestValue>'
        "</ds:Reference></ds:SignedInfo>"
    )
    canonical = etree.tostring(
        etree.fromstring(signed_info), method="c14n", exclusive=True, with_comments=False
    )
    value = sign(canonical, algorithm)
    certificates = "".join(
        f"<ds:X509Certificate>{to_base64(certificate.public_bytes(Encoding.DER))}</ds:X509Certificate>"
        for certificate in chain
    )
    signature = (
        f'<ds:Signature xmlns:ds="{DSIG}" Id="xmldsig-{uuid.uuid4()}">'
        f"{signed_info}"
        f"<ds:SignatureValue>{to_base64(value)}</ds:SignatureValue>"
        f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
    end = data.rindex(b"</")
    signed = data[:end] + signature.encode() + data[end:]
    verify_enveloped(signed)
    return signed


def verify_enveloped(data: bytes) -> VerifiedRequest:
    """Check the one signature of a request and return only what it signs.

    Raises SignatureInvalid or MalformedXml. Everything that lets a signature sign something else than what is
    read is refused before any cryptography: a second signature, another place, another reference, other
    transforms or algorithms, an Id twice, a comment.
    """
    root = parse_xml(data, limit=MAX_REQUEST_BYTES)
    signature = _only_signature(root)
    method = _check_signed_info(root, signature)
    chain = _chain(signature)
    if algorithm_for(chain[0]) != _ALGORITHMS[method]:
        raise SignatureInvalid("the algorithm does not fit the certificate's key")
    # Validity in time is the caller's question (card_expired): ask the library about a moment that has it.
    configuration = replace(_CONFIGURATION, verification_time=chain[0].not_valid_before_utc)
    try:
        result = XMLVerifier().verify(
            data, x509_cert=chain[0], expect_config=configuration, id_attribute="Id"
        )
    except _UNVERIFIED:
        raise SignatureInvalid("the signature does not verify") from None
    if isinstance(result, list):
        raise SignatureInvalid("more than one thing is signed")
    signed = parse_xml(result.signed_data, limit=2 * MAX_REQUEST_BYTES)
    if signed.tag != root.tag or signed.get("Id") != root.get("Id"):
        raise SignatureInvalid("something else than the request is signed")
    return VerifiedRequest(signed, result.signed_data, chain[0], chain, _ALGORITHMS[method])


def _only_signature(root: etree._Element) -> etree._Element:
    if root.getprevious() is not None or root.getnext() is not None:
        raise SignatureInvalid("a comment outside the request")
    seen: set[str] = set()
    for node in root.iter():
        if not isinstance(node.tag, str):
            raise SignatureInvalid("comments and instructions are refused in what is signed")
        for name, value in node.attrib.items():
            if name.lower() in _ID_ATTRIBUTES:
                if value in seen:
                    raise SignatureInvalid("an Id stands there twice")
                seen.add(value)
    signatures = list(root.iter(_SIGNATURE))
    if len(signatures) != 1 or root[-1] is not signatures[0]:
        raise SignatureInvalid("exactly one signature is expected, as the last child of the request")
    return signatures[0]


def _children(element: etree._Element, *names: str) -> list[etree._Element]:
    if [child.tag for child in element] != [f"{{{DSIG}}}{name}" for name in names]:
        raise SignatureInvalid("the signature is not built as the profile says")
    return list(element)


def _algorithm(element: etree._Element, expected: frozenset[str]) -> str:
    if dict(element.attrib).keys() != {"Algorithm"} or len(element):
        raise SignatureInvalid("an algorithm with parameters")
    uri = element.attrib["Algorithm"]
    if uri not in expected:
        raise SignatureInvalid("an algorithm that is not accepted")
    return uri


def _check_signed_info(root: etree._Element, signature: etree._Element) -> str:
    signed_info, _, _ = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
    canonicalisation, method, reference = _children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    _algorithm(canonicalisation, frozenset({EXCLUSIVE_C14N}))
    uri = _algorithm(method, frozenset(_ALGORITHMS))
    identifier = root.get("Id", "")
    if not _NCNAME.match(identifier) or dict(reference.attrib) != {"URI": f"#{identifier}"}:
        raise SignatureInvalid("the reference is not to the request itself")
    transforms, digest, _ = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    enveloped, exclusive = _children(transforms, "Transform", "Transform")
    _algorithm(enveloped, frozenset({ENVELOPED}))
    _algorithm(exclusive, frozenset({EXCLUSIVE_C14N}))
    _algorithm(digest, frozenset({SHA256}))
    return uri


def _chain(signature: etree._Element) -> tuple[x509.Certificate, ...]:
    (data,) = _children(signature[2], "X509Data")
    if not 1 <= len(data) <= MAX_CHAIN_CERTIFICATES:
        raise SignatureInvalid("no certificate, or too many")
    chain = []
    for element in _children(data, *["X509Certificate"] * len(data)):
        text = "".join((element.text or "").split())
        if len(element) or len(text) > 2 * MAX_CERTIFICATE_BYTES:
            raise SignatureInvalid("a certificate is too large")
        try:
            chain.append(read_certificate(from_base64(text)))
        except ValueError:
            raise SignatureInvalid("a certificate cannot be read") from None
    return tuple(chain)
