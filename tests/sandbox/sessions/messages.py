"""Requests for sessions as a foreign client would write them: text templates, signed with xmlsec."""

import base64
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity, PrivateKey
from deploy.sandbox.sessions.words import NS, PROTOCOL, WSU
from tests.sandbox.messages import Reply, post
from tests.sandbox.tokens.messages import System

SAML_PATH, TRUST_PATH = "/IAM/Saml11TokenService/v1", "/IAM/SecurityTokenService/v1"
CBE_PAIR = (
    "urn:be:fgov:kbo-bce:organization:cbe-number",
    "urn:be:fgov:ehealth:1.0:certificateholder:enterprise:cbe-number",
)
HOSPITAL_PAIR = (
    "urn:be:fgov:ehealth:1.0:hospital:nihii-number",
    "urn:be:fgov:ehealth:1.0:certificateholder:hospital:nihii-number",
)
SSIN_PAIR = ("urn:be:fgov:person:ssin", "urn:be:fgov:ehealth:1.0:certificateholder:person:ssin")
IDENTIFICATION = "urn:be:fgov:identification-namespace"
CERTIFIED = "urn:be:fgov:certified-namespace:ehealth"


@dataclass(frozen=True)
class Key:
    """A key with its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @classmethod
    def of(cls, system: System) -> "Key":
        """That of an eHealth certificate."""
        return cls(system.key, system.chain[0])

    @classmethod
    def on(cls, card: Identity) -> "Key":
        """The authentication key of a card."""
        return cls(card.authentication_key, card.authentication)

    @property
    def encoded(self) -> str:
        """The certificate in base64, in lines of 76 as Java writes it."""
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return base64.encodebytes(der).decode()


@dataclass
class Ask:
    """What a client asks for; every part can be made wrong."""

    header: Key
    holder: Key
    values: dict[str, str]
    more: tuple[str, ...] = ()
    """Certified names."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    hours: float = 1
    request_id: str = field(default_factory=lambda: f"request-{uuid.uuid4()}")
    name: str = ""
    expires: timedelta = timedelta(seconds=60)
    inner: bool | None = None
    sha1: bool = True

    def saml(self) -> etree._Element:
        """The samlp:Request, with its inner signature where one is needed."""
        end, certificate = self.now + timedelta(hours=self.hours), self.header.certificate
        names = (
            f'<saml:NameIdentifier Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName" '
            f"NameQualifier={quoteattr(java(certificate.issuer))}>"
            f"{escape(self.name or java(certificate.subject))}</saml:NameIdentifier>"
        )
        values = "".join(
            f'<saml:Attribute AttributeName="{name}" AttributeNamespace="{IDENTIFICATION}">'
            f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue></saml:Attribute>"
            for name, value in self.values.items()
        )
        asked = [(name, IDENTIFICATION) for name in self.values] + [(name, CERTIFIED) for name in self.more]
        designators = "".join(
            f'<saml:AttributeDesignator AttributeName="{name}" AttributeNamespace="{space}"/>'
            for name, space in asked
        )
        identifier = self.request_id.removeprefix("request-")
        text = (
            f'<samlp:Request xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" xmlns:ds="{NS["ds"]}" '
            f'RequestID="{self.request_id}" IssueInstant="{stamp(self.now)}" MajorVersion="1" MinorVersion="1">'
            f"<samlp:AttributeQuery><saml:Subject>{names}<saml:SubjectConfirmation>"
            "<saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:holder-of-key</saml:ConfirmationMethod>"
            f'<saml:SubjectConfirmationData><saml:Assertion AssertionID="assertion-{identifier}" '
            f'IssueInstant="{stamp(self.now)}" Issuer="a client" MajorVersion="1" MinorVersion="1">'
            f'<saml:Conditions NotBefore="{stamp(self.now)}" NotOnOrAfter="{stamp(end)}"/>'
            f"<saml:AttributeStatement><saml:Subject>{names}</saml:Subject>{values}</saml:AttributeStatement>"
            f"</saml:Assertion></saml:SubjectConfirmationData><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
            f"{self.holder.encoded}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></saml:SubjectConfirmation>"
            f"</saml:Subject>{designators}</samlp:AttributeQuery></samlp:Request>"
        )
        request = etree.fromstring(text)
        if self.inner if self.inner is not None else self.header != self.holder:
            self._sign_inner(request)
        return request

    def trust(self, context: str) -> etree._Element:
        """The wst:RequestSecurityToken."""
        claims = "".join(
            f'<auth:ClaimType Uri="{name}"><auth:Value>{value}</auth:Value></auth:ClaimType>'
            for name, value in self.values.items()
        ) + "".join(f'<auth:ClaimType Uri="{name}"/>' for name in self.more)
        body = (
            f'<wst:Claims Dialect="{NS["auth"]}/authclaims" xmlns:auth="{NS["auth"]}">{claims}</wst:Claims>'
        )
        return self.trusting(context, "Issue", body)

    def trusting(self, context: str, kind: str, body: str) -> etree._Element:
        """A wst:RequestSecurityToken of a kind, with its own part."""
        end = self.now + timedelta(hours=self.hours)
        return etree.fromstring(
            f'<wst:RequestSecurityToken xmlns:wst="{NS["wst"]}" xmlns:wsu="{WSU}" xmlns:wsse="{NS["wsse"]}" '
            f'xmlns:ds="{NS["ds"]}" Context="{context}">'
            "<wst:TokenType>http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1</wst:TokenType>"
            f"<wst:RequestType>{NS['wst']}/{kind}</wst:RequestType>{body}"
            f"<wst:Lifetime><wsu:Created>{stamp(self.now)}</wsu:Created>"
            f"<wsu:Expires>{stamp(end)}</wsu:Expires></wst:Lifetime>"
            "<wst:KeyType>http://docs.oasis-open.org/ws-sx/wstrust/200512/PublicKey</wst:KeyType>"
            "<wst:UseKey><wsse:SecurityTokenReference><ds:X509Data><ds:X509Certificate>"
            f"{self.holder.encoded}</ds:X509Certificate></ds:X509Data></wsse:SecurityTokenReference></wst:UseKey>"
            "</wst:RequestSecurityToken>"
        )

    def _sign_inner(self, request: etree._Element) -> None:
        method = xmlsec.constants.TransformRsaSha1 if self.sha1 else xmlsec.constants.TransformRsaSha256
        digest = xmlsec.constants.TransformSha1 if self.sha1 else xmlsec.constants.TransformSha256
        node = xmlsec.template.create(request, xmlsec.constants.TransformExclC14N, method, ns="ds")
        request.insert(0, node)
        reference = xmlsec.template.add_reference(node, digest, uri=f"#{self.request_id}")
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        data = etree.SubElement(etree.SubElement(node, f"{{{NS['ds']}}}KeyInfo"), f"{{{NS['ds']}}}X509Data")
        etree.SubElement(data, f"{{{NS['ds']}}}X509Certificate").text = self.holder.encoded
        context = xmlsec.SignatureContext()
        context.register_id(request, "RequestID")
        context.key = loaded(self.holder.key)
        context.sign(node)


def answered(context: str, text: str) -> etree._Element:
    """The second step of WS-Trust: the challenge brought back."""
    return etree.fromstring(
        f'<wst:RequestSecurityTokenResponse xmlns:wst="{NS["wst"]}" Context="{context}"><wst:SignChallengeResponse>'
        f"<wst:Challenge>{text}</wst:Challenge></wst:SignChallengeResponse></wst:RequestSecurityTokenResponse>"
    )


def enveloped(
    element: etree._Element,
    signer: Key,
    now: datetime | None = None,
    expires: timedelta = timedelta(seconds=60),
    signed: tuple[str, ...] = ("body", "timestamp", "token"),
) -> bytes:
    """A message with its outer signature over these parts."""
    now = now or datetime.now(UTC)
    wsse, base = NS["wsse"], NS["wsse"].rpartition("oasis-200401-wss-wssecurity")[0]
    envelope = etree.fromstring(
        f'<s:Envelope xmlns:s="{NS["soap"]}"><s:Header><wsse:Security xmlns:wsse="{wsse}" xmlns:wsu="{WSU}" '
        f's:mustUnderstand="1"><wsu:Timestamp wsu:Id="TS-1"><wsu:Created>{stamp(now)}</wsu:Created>'
        f"<wsu:Expires>{stamp(now + expires)}</wsu:Expires></wsu:Timestamp>"
        f'<wsse:BinarySecurityToken wsu:Id="X509-1" '
        f'ValueType="{base}oasis-200401-wss-x509-token-profile-1.0#X509v3" '
        f'EncodingType="{base}oasis-200401-wss-soap-message-security-1.0#Base64Binary">{signer.encoded}'
        f'</wsse:BinarySecurityToken></wsse:Security></s:Header><s:Body xmlns:wsu="{WSU}" wsu:Id="id-1"/>'
        "</s:Envelope>"
    )
    envelope[1].append(element)
    security = envelope[0][0]
    elliptic = isinstance(signer.key, ec.EllipticCurvePrivateKey)
    method = xmlsec.constants.TransformEcdsaSha384 if elliptic else xmlsec.constants.TransformRsaSha256
    node = xmlsec.template.create(security, xmlsec.constants.TransformExclC14N, method, ns="ds")
    security.append(node)
    parts = {"body": envelope[1], "timestamp": security[0], "token": security[1]}
    context = xmlsec.SignatureContext()
    for name in signed:
        uri = f"#{parts[name].get(f'{{{WSU}}}Id')}"
        reference = xmlsec.template.add_reference(node, xmlsec.constants.TransformSha256, uri=uri)
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        context.register_id(parts[name], "Id", WSU)
    place = etree.SubElement(
        etree.SubElement(node, f"{{{NS['ds']}}}KeyInfo"), f"{{{wsse}}}SecurityTokenReference"
    )
    reference = etree.SubElement(place, f"{{{wsse}}}Reference")
    reference.set("URI", "#X509-1")
    reference.set("ValueType", f"{base}oasis-200401-wss-x509-token-profile-1.0#X509v3")
    context.key = loaded(signer.key)
    context.sign(node)
    return etree.tostring(envelope)


def send(
    base: str,
    body: bytes,
    fault: str | None = None,
    *,
    path: str = SAML_PATH,
    action: str = "RequestSecurityToken",
) -> Reply:
    """One POST to the token service."""
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{PROTOCOL}:{action}"'}
    if fault:
        headers["X-Sandbox-Fault"] = fault
    return post(base, body, headers, path)


def ask(base: str, asked: Ask, fault: str | None = None) -> Reply:
    """A session by the SAML way."""
    return send(base, enveloped(asked.saml(), asked.header, asked.now, asked.expires), fault)


def outcome(reply: Reply) -> str:
    """`success`, the sandbox's own reason of a refusal, with the fault's code before it where it is a fault."""
    element = reply.element
    if reply.status == 500:
        code, text = element.findtext("faultcode", ""), element.findtext("faultstring", "")
        return f"{code} {text.partition(':')[0]}"
    message = element.findtext("samlp:Status/samlp:StatusMessage", None, NS)
    return "success" if message is None else message.partition(":")[0]


def token(reply: Reply) -> etree._Element:
    """The one assertion of an answer in either way."""
    (found,) = reply.element.findall(".//saml:Assertion", NS)
    return found


def said(reply: Reply) -> dict[str, str]:
    """What the token says, by name."""
    return {
        one.get("AttributeName", ""): one.findtext("saml:AttributeValue", "", NS)
        for one in token(reply).iterfind("saml:AttributeStatement/saml:Attribute", NS)
    }


def java(name: x509.Name) -> str:
    """A name as Java's X500Principal prints it in RFC 1779."""
    labels = {"2.5.4.5": "OID.2.5.4.5", "2.5.4.4": "OID.2.5.4.4", "2.5.4.42": "OID.2.5.4.42"}
    return ", ".join(
        f"{labels.get(a.oid.dotted_string, a.rfc4514_attribute_name)}="
        + (f'"{a.value!s}"' if set(str(a.value)) & set(",=+") else str(a.value))
        for a in reversed(list(name))
    )


def stamp(moment: datetime) -> str:
    """In milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def loaded(key: PrivateKey) -> xmlsec.Key:
    """A key as xmlsec wants it."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
