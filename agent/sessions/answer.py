"""The answer to a request for a session: taken apart, its token verified, and only then read.

The platform's own connector verifies none of this. What a signature covers and what is read are the same bytes: one
assertion in the whole answer, in its place, and everything comes out of the canonical form that was signed.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from agent.sessions.request import HOLDER_OF_KEY, SAML, SAMLP, SOAP, WSSE, SessionRequest
from agent.wire.encoding import from_base64
from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_SESSION_ATTRIBUTES, MAX_SESSION_BYTES
from agent.wire.link.sessions import CERTIFIED, IDENTIFICATION
from agent.wire.pki.certificates import read_certificate
from agent.wire.pki.keys import certificate_fingerprint
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.xml.safe import parse_answer, parse_xml
from agent.wire.xml.signature import DSIG, ENVELOPED, EXCLUSIVE_C14N, SHA256

ISSUER: Final = "urn:be:fgov:ehealth:sts:1_0"
_NS = {"soap": SOAP, "saml": SAML, "samlp": SAMLP, "ds": DSIG}
_ASSERTION, _SIGNATURE = f"{{{SAML}}}Assertion", f"{{{DSIG}}}Signature"
_IDENTIFIERS = frozenset({"id", "assertionid", "responseid", "requestid"})
_NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,127}\Z")
_SHA1, _RSA_SHA1 = f"{DSIG}sha1", f"{DSIG}rsa-sha1"
_CONFIGURATION = SignatureConfiguration(
    require_x509=True,
    location="./",
    expect_references=1,
    # The platform's own tokens were signed with SHA-1 once: taken, and told.
    signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA1}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA1}),
)
_UNVERIFIED: tuple[type[BaseException], ...] = (SignXMLException, etree.LxmlError, *UNREADABLE)


class NotTaken(Exception):
    """An answer without a session, or with a token that is not to be trusted.

    `verdict` is one of agent.wire.link.sessions; `said` the platform's sentence, for the person in front of it only.
    """

    def __init__(self, verdict: str, said: str = "") -> None:
        super().__init__(verdict)
        self.verdict = verdict
        self.said = said


@dataclass(frozen=True)
class Token:
    """What a verified token says; the identity in it is the one that was asked for. `certified` by name."""

    not_before: datetime
    not_on_or_after: datetime
    signer: str
    digest: str
    weak_signature: bool
    certified: dict[str, str]


def read_answer(
    body: bytes,
    request: SessionRequest,
    holder: x509.Certificate,
    signers: tuple[x509.Certificate, ...],
    *,
    now: datetime,
) -> Token:
    """Verify the answer to `request` and return what its token says. Raises NotTaken.

    Success, InResponseTo, exactly one assertion in its place, the issuer, a signature over that very element by one of
    `signers`, the key of `holder` alone, the period, and every asked identity with our values.
    """
    try:
        root = parse_answer(body, limit=MAX_SESSION_BYTES)
    except MalformedXml:
        raise NotTaken("answer_malformed") from None
    assertion = _assertion_of(_response_of(root), root, request)
    signer = _signer_of(assertion, signers, now)
    signed = _verified(assertion, signer)
    document = parse_xml(signed, limit=2 * MAX_SESSION_BYTES)
    if document.tag != _ASSERTION or document.get("AssertionID") != assertion.get("AssertionID"):
        raise NotTaken("signature_invalid")
    weak = _SHA1 in _algorithms(assertion) or _RSA_SHA1 in _algorithms(assertion)
    return replace(_read(document, signed, signer, request, holder, now), weak_signature=weak)


def _response_of(root: etree._Element) -> etree._Element:
    """Return the samlp:Response of an envelope. Raises NotTaken for a fault and a status that is no success."""
    bodies = [child for child in root if child.tag == f"{{{SOAP}}}Body"]
    if root.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise NotTaken("answer_malformed")
    content = bodies[0][0]
    if content.tag == f"{{{SOAP}}}Fault":
        raise _fault(content)
    if content.tag != f"{{{SAMLP}}}Response":
        raise NotTaken("answer_malformed")
    codes = content.findall("samlp:Status/samlp:StatusCode", _NS)
    if len(codes) != 1:
        raise NotTaken("answer_malformed")
    if not _is_named(codes[0], codes[0].get("Value", ""), SAMLP, "Success"):
        raise NotTaken("refused", content.findtext("samlp:Status/samlp:StatusMessage", "", _NS).strip())
    return content


def _fault(fault: etree._Element) -> NotTaken:
    said = fault.findtext("faultstring", "").strip()
    code = fault.find("faultcode")
    text = "" if code is None else (code.text or "").strip()
    named = fault.findtext("detail/*/Code", "")
    if named.startswith("SOA-02") or said.startswith("SOA-02"):
        return NotTaken("unavailable", said)
    if code is not None:
        if any(_is_named(code, text, WSSE, one) for one in ("InvalidSecurityToken", "FailedAuthentication")):
            return NotTaken("certificate_refused", said)
        if _is_named(code, text, WSSE, "MessageExpired"):
            return NotTaken("clock", said)
    return NotTaken("fault", said)


def _is_named(element: etree._Element, text: str, namespace: str, name: str) -> bool:
    """Whether a QName in a text means this name, by the prefixes that hold where it stands."""
    prefix, _, local = text.strip().rpartition(":")
    return local == name and element.nsmap.get(prefix or None) == namespace


def _assertion_of(response: etree._Element, root: etree._Element, request: SessionRequest) -> etree._Element:
    if response.get("InResponseTo") != request.id:
        raise NotTaken("other_answer")
    assertions = list(root.iter(_ASSERTION))
    if len(assertions) != 1 or assertions[0].getparent() is not response:
        raise NotTaken("token_malformed")
    assertion = assertions[0]
    seen: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.rpartition("}")[2].lower() in _IDENTIFIERS:
                if value in seen:
                    raise NotTaken("token_malformed")
                seen.add(value)
    signatures = [one for one in root.iter(_SIGNATURE) if one.getparent() is not response]
    if len(signatures) != 1 or assertion[-1] is not signatures[0]:
        raise NotTaken("token_malformed")
    _check_shape(assertion, signatures[0])
    return assertion


def _check_shape(assertion: etree._Element, signature: etree._Element) -> None:
    """Raise NotTaken unless the signature is the profile's: one reference, to this assertion, nothing beside it."""
    parts = [f"{{{DSIG}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
    info = signature[0] if len(signature) else signature
    steps = [f"{{{DSIG}}}{name}" for name in ("CanonicalizationMethod", "SignatureMethod", "Reference")]
    if [one.tag for one in signature] != parts or [one.tag for one in info] != steps:
        raise NotTaken("token_malformed")
    identifier = assertion.get("AssertionID", "")
    transforms = info[2].findall("ds:Transforms/ds:Transform", _NS)
    digests = info[2].findall("ds:DigestMethod", _NS)
    if (
        not _NCNAME.match(identifier)
        or info[2].get("URI") != f"#{identifier}"
        or info[0].get("Algorithm") != EXCLUSIVE_C14N
        or [one.get("Algorithm") for one in transforms] != [ENVELOPED, EXCLUSIVE_C14N]
        or any(len(one) for one in (*transforms, *digests, info[0], info[1]))
        or [one.get("Algorithm") for one in digests] not in ([SHA256], [_SHA1])
    ):
        raise NotTaken("token_malformed")


def _signer_of(
    assertion: etree._Element, signers: tuple[x509.Certificate, ...], now: datetime
) -> x509.Certificate:
    named = _certificates(assertion[-1], "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
    if len(named) != 1:
        raise NotTaken("token_malformed")
    if named[0] not in signers:
        raise NotTaken("signer_unknown")
    if not named[0].not_valid_before_utc <= now <= named[0].not_valid_after_utc:
        raise NotTaken("signer_ended")
    return named[0]


def _verified(assertion: etree._Element, signer: x509.Certificate) -> bytes:
    """Return the canonical form of the assertion that the signature covers."""
    alone = etree.tostring(assertion, with_tail=False)
    # The signer's validity is judged by our own clock, before: ask the library about a moment that has it.
    configuration = replace(_CONFIGURATION, verification_time=signer.not_valid_before_utc)
    try:
        result = XMLVerifier().verify(
            alone, x509_cert=signer, expect_config=configuration, id_attribute="AssertionID"
        )
    except _UNVERIFIED:
        raise NotTaken("signature_invalid") from None
    if isinstance(result, list):
        raise NotTaken("token_malformed")
    return result.signed_data


def _read(
    document: etree._Element,
    signed: bytes,
    signer: x509.Certificate,
    request: SessionRequest,
    holder: x509.Certificate,
    now: datetime,
) -> Token:
    if document.get("Issuer") != ISSUER or document.get("MajorVersion") != "1":
        raise NotTaken("issuer_unknown")
    confirmations = list(document.iter(f"{{{SAML}}}SubjectConfirmation"))
    for confirmation in confirmations:
        methods = [one.text for one in confirmation.findall("saml:ConfirmationMethod", _NS)]
        keys = _certificates(confirmation, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
        if methods != [HOLDER_OF_KEY] or keys != [holder]:
            raise NotTaken("other_key")
    if not confirmations:
        raise NotTaken("other_key")
    conditions = document.findall("saml:Conditions", _NS)
    if len(conditions) != 1:
        raise NotTaken("token_malformed")
    begin, end = (_moment(conditions[0].get(name)) for name in ("NotBefore", "NotOnOrAfter"))
    if not begin <= now < end:
        raise NotTaken("not_valid_now")
    said = _attributes(document)
    identity = {
        name: said[IDENTIFICATION, name] for name in request.identity if (IDENTIFICATION, name) in said
    }
    if set(identity) != set(request.identity):
        raise NotTaken("attributes_missing")
    if any(values != [request.identity[name]] for name, values in identity.items()):
        raise NotTaken("other_identity")
    certified = {
        name: "false" if "false" in said[CERTIFIED, name] else said[CERTIFIED, name][0]
        for name in request.certified
        if said.get((CERTIFIED, name))
    }
    return Token(
        begin,
        end,
        certificate_fingerprint(signer),
        hashlib.sha256(signed).hexdigest(),
        weak_signature=False,
        certified=certified,
    )


def _algorithms(assertion: etree._Element) -> set[str]:
    info = assertion[-1][0]
    return {str(one.get("Algorithm")) for one in info.iter() if one.get("Algorithm") is not None}


def _attributes(document: etree._Element) -> dict[tuple[str, str], list[str]]:
    """Return the values by namespace and name, of all statements together."""
    found = document.findall("saml:AttributeStatement/saml:Attribute", _NS)
    if len(found) > MAX_SESSION_ATTRIBUTES:
        raise NotTaken("token_malformed")
    said: dict[tuple[str, str], list[str]] = {}
    for attribute in found:
        named = (attribute.get("AttributeNamespace", ""), attribute.get("AttributeName", ""))
        values = attribute.findall("saml:AttributeValue", _NS)
        said.setdefault(named, []).extend((one.text or "").strip() for one in values)
    return said


def _certificates(element: etree._Element, path: str) -> list[x509.Certificate]:
    try:
        found = ["".join((one.text or "").split()) for one in element.findall(path, _NS)]
        return [read_certificate(from_base64(text)) for text in found]
    except ValueError:
        raise NotTaken("token_malformed") from None


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise NotTaken("token_malformed") from None
    if moment.tzinfo is None:
        raise NotTaken("token_malformed")
    return moment.astimezone(UTC)
