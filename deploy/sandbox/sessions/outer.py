"""The envelope of a request: its WS-Security header, and the body that this header signs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from lxml import etree

from deploy.sandbox.sessions import proofs
from deploy.sandbox.sessions.words import (
    BASE64,
    CHALLENGE_ACTION,
    ISSUE_ACTIONS,
    NS,
    SOAP,
    X509V3,
    Declined,
    certificate_in,
    children,
    moment_in,
    tag,
)
from deploy.sandbox.soap import SoapFault, parse

SKEW = timedelta(minutes=5)
LONGEST = timedelta(minutes=10)
"""Between Created and Expires."""
_ROOTS = {
    tag("samlp:Request"): ("RequestSecureToken", ISSUE_ACTIONS),
    tag("wst:RequestSecurityToken"): ("RequestSecurityToken", ISSUE_ACTIONS),
    tag("wst:RequestSecurityTokenResponse"): ("Challenge", (CHALLENGE_ACTION,)),
}


@dataclass(frozen=True)
class Message:
    """One request as it came in: what it asks, and the parts of its envelope. Nothing is checked yet."""

    operation: str
    body: etree._Element
    element: etree._Element
    security: etree._Element


@dataclass(frozen=True)
class Outer:
    """What a good outer signature says: which key spoke, and the value that makes this message one of its kind."""

    certificate: x509.Certificate
    signature_value: str


def open_message(data: bytes, action: str) -> Message:
    """Take a message apart; which way it takes is decided by its body, on whichever address. Raises SoapFault."""
    root = parse(data)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise SoapFault("SOA-03002")
    if [child.tag for child in children(root)] != [tag("soap:Header"), tag("soap:Body")]:
        raise SoapFault("SOA-03004", "an envelope holds one header and one body")
    header, body = children(root)
    if len(children(body)) != 1:
        raise SoapFault("SOA-03003" if not children(body) else "SOA-03004")
    element = children(body)[0]
    if element.tag not in _ROOTS:
        raise SoapFault("SOA-03005", "unknown operation")
    operation, actions = _ROOTS[element.tag]
    if action not in [f'"{one}"' for one in actions]:
        raise SoapFault("SOA-03005", "SOAPAction does not belong to this message")
    blocks = children(header)
    if len(blocks) != 1 or blocks[0].tag != tag("wsse:Security"):
        raise SoapFault("SOA-03004", "the header holds one wsse:Security")
    if blocks[0].get(tag("soap:mustUnderstand")) != "1":
        raise SoapFault("SOA-03004", "wsse:Security must be understood")
    return Message(operation, body, element, blocks[0])


def check(message: Message, now: datetime) -> Outer:
    """Check timestamp and signature of a message.

    Raises Declined INVALID_SECURITY, MESSAGE_EXPIRED, INVALID_SIGNATURE.
    """
    parts = children(message.security)
    if [part.tag for part in parts] != [
        tag("wsu:Timestamp"),
        tag("wsse:BinarySecurityToken"),
        tag("ds:Signature"),
    ]:
        raise _wrong("the header holds a timestamp, a security token and a signature, in this order")
    timestamp, token, signature = parts
    if (token.get("ValueType"), token.get("EncodingType")) != (X509V3, BASE64):
        raise _wrong("the security token is an X.509 certificate in base64")
    reference = signature.find("ds:KeyInfo/wsse:SecurityTokenReference/wsse:Reference", NS)
    if reference is None or (reference.get("URI"), reference.get("ValueType")) != (
        f"#{token.get(tag('wsu:Id'))}",
        X509V3,
    ):
        raise _wrong("the signature refers to the security token")
    proofs.unambiguous(message.body.getroottree().getroot())
    certificate = certificate_in(token)
    value = proofs.check_outer(signature, certificate, [message.body, timestamp, token])
    created = moment_in(timestamp.findtext("wsu:Created", None, NS))
    expires = moment_in(timestamp.findtext("wsu:Expires", None, NS))
    if not created < expires <= created + LONGEST:
        raise _wrong("the timestamp lasts too long, or not at all")
    if not created - SKEW <= now < expires + SKEW:
        raise Declined("MESSAGE_EXPIRED", "The message is not of this moment.", wss="MessageExpired")
    return Outer(certificate, value)


def _wrong(what: str) -> Declined:
    return Declined(
        "INVALID_SECURITY", f"The WS-Security header is not accepted: {what}.", wss="InvalidSecurity"
    )
