"""A request for a session in SAML 1.1, with its envelope: header certificate and holder of the key are the same.

WS-Security: timestamp, certificate and signature over both and the body (exclusive C14N, SHA-256, rsa-sha256). No inner
signature, which is for a header of another key.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from agent.stores.contents import AuthenticationEntry
from agent.wire.encoding import to_base64
from agent.wire.link.sessions import CERTIFIED, IDENTIFICATION, certified_names, identity_names
from agent.wire.pki.names import certificate_name
from agent.wire.xml.signature import DSIG, EXCLUSIVE_C14N, METHODS, SHA256

ACTION: Final = "urn:be:fgov:ehealth:sts:protocol:v1:RequestSecurityToken"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SAML: Final = "urn:oasis:names:tc:SAML:1.0:assertion"
SAMLP: Final = "urn:oasis:names:tc:SAML:1.0:protocol"
HOLDER_OF_KEY: Final = "urn:oasis:names:tc:SAML:1.0:cm:holder-of-key"
FRESH: Final = timedelta(seconds=60)
"""For how long a request may be taken."""
ASKED_FOR: Final = timedelta(hours=1)
"""How long a session is asked for."""
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE: Final = f"{_WSS}wssecurity-secext-1.0.xsd"
_WSU = f"{_WSS}wssecurity-utility-1.0.xsd"
_X509V3 = f"{_WSS}x509-token-profile-1.0#X509v3"
_BASE64 = f"{_WSS}soap-message-security-1.0#Base64Binary"
_NAME_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
_LABELS = {"2.5.4.5": "OID.2.5.4.5", "2.5.4.4": "OID.2.5.4.4", "2.5.4.42": "OID.2.5.4.42"}
_QUOTED = frozenset(',=+<>#;"\\\n')


@dataclass(frozen=True)
class SessionRequest:
    """What is asked; `identity` are the values that the answer has to repeat, by name."""

    id: str
    identity: dict[str, str]
    certified: tuple[str, ...]
    envelope: bytes


def build_request(entry: AuthenticationEntry, *, now: datetime) -> SessionRequest | None:
    """Build and sign a request with a certificate's key; None for a holder whose attributes are not known."""
    name = certificate_name(entry.certificate.subject)
    names, certified = identity_names(name.type), certified_names(name.type)
    if not names:
        return None
    identity, number = dict.fromkeys(names, name.value), uuid.uuid4()
    query = _query(entry.certificate, identity, certified, number, now)
    return SessionRequest(f"request-{number}", identity, certified, _enveloped(query, entry, now))


def rfc1779(name: x509.Name) -> str:
    """Return a name as the platform's connector writes it: most specific first, quoted where a value needs it."""
    parts = []
    for attribute in reversed(list(name)):
        label = _LABELS.get(attribute.oid.dotted_string, attribute.rfc4514_attribute_name)
        value = (
            attribute.value
            if isinstance(attribute.value, str)
            else attribute.value.decode("utf-8", "replace")
        )
        if _QUOTED & set(value) or value != value.strip():
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        parts.append(f"{label}={value}")
    return ", ".join(parts)


def _query(
    certificate: x509.Certificate,
    identity: dict[str, str],
    certified: tuple[str, ...],
    number: uuid.UUID,
    now: datetime,
) -> etree._Element:
    issued = {"IssueInstant": _stamp(now), "MajorVersion": "1", "MinorVersion": "1"}
    request = etree.Element(f"{{{SAMLP}}}Request", nsmap={"samlp": SAMLP, "saml": SAML, "ds": DSIG})
    request.attrib.update({"RequestID": f"request-{number}", **issued})
    query = _add(request, SAMLP, "AttributeQuery")
    subject = _add(query, SAML, "Subject")
    _named(subject, certificate)
    confirmation = _add(subject, SAML, "SubjectConfirmation")
    _add(confirmation, SAML, "ConfirmationMethod", HOLDER_OF_KEY)
    assertion = _add(_add(confirmation, SAML, "SubjectConfirmationData"), SAML, "Assertion")
    assertion.attrib.update(
        {"AssertionID": f"assertion-{number}", "Issuer": rfc1779(certificate.subject), **issued}
    )
    conditions = _add(assertion, SAML, "Conditions")
    conditions.attrib.update({"NotBefore": _stamp(now), "NotOnOrAfter": _stamp(now + ASKED_FOR)})
    statement = _add(assertion, SAML, "AttributeStatement")
    _named(_add(statement, SAML, "Subject"), certificate)
    for name, value in identity.items():
        attribute = _add(statement, SAML, "Attribute")
        attribute.attrib.update({"AttributeName": name, "AttributeNamespace": IDENTIFICATION})
        _add(attribute, SAML, "AttributeValue", value)
    data = _add(_add(confirmation, DSIG, "KeyInfo"), DSIG, "X509Data")
    _add(data, DSIG, "X509Certificate", _encoded(certificate))
    for name, namespace in [*((n, IDENTIFICATION) for n in identity), *((n, CERTIFIED) for n in certified)]:
        designator = _add(query, SAML, "AttributeDesignator")
        designator.attrib.update({"AttributeName": name, "AttributeNamespace": namespace})
    return request


def _enveloped(content: etree._Element, entry: AuthenticationEntry, now: datetime) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    header, body = _add(envelope, SOAP, "Header"), _add(envelope, SOAP, "Body")
    body.append(content)
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": _WSU})
    security.set(f"{{{SOAP}}}mustUnderstand", "1")
    timestamp = _add(security, _WSU, "Timestamp")
    _add(timestamp, _WSU, "Created", _stamp(now))
    _add(timestamp, _WSU, "Expires", _stamp(now + FRESH))
    token = _add(security, WSSE, "BinarySecurityToken", _encoded(entry.certificate))
    token.attrib.update({"ValueType": _X509V3, "EncodingType": _BASE64})
    signature = etree.SubElement(security, f"{{{DSIG}}}Signature", nsmap={"ds": DSIG})
    info = _add(signature, DSIG, "SignedInfo")
    _add(info, DSIG, "CanonicalizationMethod").set("Algorithm", EXCLUSIVE_C14N)
    _add(info, DSIG, "SignatureMethod").set("Algorithm", METHODS["rsa-sha256"])
    for part in (body, timestamp, token):
        identifier = f"id-{uuid.uuid4()}"
        part.set(f"{{{_WSU}}}Id", identifier)
        reference = _add(info, DSIG, "Reference")
        reference.set("URI", f"#{identifier}")
        transforms = _add(reference, DSIG, "Transforms")
        _add(transforms, DSIG, "Transform").set("Algorithm", EXCLUSIVE_C14N)
        _add(reference, DSIG, "DigestMethod").set("Algorithm", SHA256)
        _add(reference, DSIG, "DigestValue", to_base64(hashlib.sha256(_canonical(part)).digest()))
    value = entry.key.sign(_canonical(info), padding.PKCS1v15(), hashes.SHA256())
    _add(signature, DSIG, "SignatureValue", to_base64(value))
    place = _add(_add(signature, DSIG, "KeyInfo"), WSSE, "SecurityTokenReference")
    named = _add(place, WSSE, "Reference")
    named.attrib.update({"URI": f"#{token.get(f'{{{_WSU}}}Id')}", "ValueType": _X509V3})
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _named(subject: etree._Element, certificate: x509.Certificate) -> None:
    name = _add(subject, SAML, "NameIdentifier", rfc1779(certificate.subject))
    name.attrib.update({"Format": _NAME_FORMAT, "NameQualifier": rfc1779(certificate.issuer)})


def _add(parent: etree._Element, namespace: str, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    child.text = text
    return child


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _encoded(certificate: x509.Certificate) -> str:
    return to_base64(certificate.public_bytes(Encoding.DER))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
