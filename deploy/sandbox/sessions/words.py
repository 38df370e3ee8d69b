"""What both ways of asking have in common: namespaces, how a request is declined, and reading without guessing."""

import base64
import binascii
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree

PROTOCOL = "urn:be:fgov:ehealth:sts:protocol:v1"
ISSUE_ACTIONS = (f"{PROTOCOL}:RequestSecureToken", f"{PROTOCOL}:RequestSecurityToken")
"""The connector sends the first, the WSDL says the second; what is meant stands in the body."""
CHALLENGE_ACTION = f"{PROTOCOL}:Challenge"
PATHS = (
    "/IAM/Saml11TokenService/v1",
    "/IAM/SecurityTokenService/v1",
    "/IAM/Saml11TokenService/Legacy/v1",
    "/sts_1_1/SecureTokenService",
)

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SAML = "urn:oasis:names:tc:SAML:1.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:1.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{_WSS}wssecurity-secext-1.0.xsd"
WSU = f"{_WSS}wssecurity-utility-1.0.xsd"
X509V3 = f"{_WSS}x509-token-profile-1.0#X509v3"
BASE64 = f"{_WSS}soap-message-security-1.0#Base64Binary"
WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
AUTH = "http://docs.oasis-open.org/wsfed/authorization/200706"
HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:1.0:cm:holder-of-key"
X509_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
NS = {
    "soap": SOAP,
    "saml": SAML,
    "samlp": SAMLP,
    "ds": DS,
    "wsse": WSSE,
    "wsu": WSU,
    "wst": WST,
    "auth": AUTH,
}


class Declined(Exception):
    """A request that gets no token: a reason of this sandbox's own, a sentence, and how the platform wraps it.

    `wss` is the WS-Security code of a SOAP fault; empty for a refusal in the words of the way that was taken.
    """

    def __init__(self, reason: str, sentence: str, *, wss: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.sentence = f"{reason}: {sentence}"
        self.wss = wss


def tag(name: str) -> str:
    """A name with a prefix of NS in lxml's form."""
    prefix, _, local = name.partition(":")
    return f"{{{NS[prefix]}}}{local}"


def children(element: etree._Element) -> list[etree._Element]:
    """The child elements, without comments and instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def only(element: etree._Element, path: str) -> etree._Element:
    """The one element at this path. Raises Declined."""
    found = element.findall(path, NS)
    if len(found) != 1:
        raise malformed(f"exactly one {path.rpartition('/')[2]} is expected")
    return found[0]


def certificate_in(element: etree._Element) -> x509.Certificate:
    """The certificate in the base64 text of an element, line breaks or not. Raises Declined."""
    try:
        return x509.load_der_x509_certificate(base64.b64decode("".join((element.text or "").split())))
    except (ValueError, binascii.Error):
        raise malformed("a certificate cannot be read") from None


def moment_in(text: str | None) -> datetime:
    """An xs:dateTime with its zone. Raises Declined."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise malformed("a moment cannot be read") from None
    if moment.tzinfo is None:
        raise malformed("a moment has no zone")
    return moment.astimezone(UTC)


def malformed(what: str) -> Declined:
    """The message is not what its way prescribes."""
    return Declined("MALFORMED_REQUEST", f"The request is not understood: {what}.")
