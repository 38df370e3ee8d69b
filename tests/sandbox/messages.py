"""Requests as a foreign client would write them: plain text templates, signed with xmlsec, sent over a socket."""

import base64
import copy
import http.client
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity, PrivateKey
from deploy.sandbox.services import ACTIONS, PATHS
from tests.contract.schemas import assert_valid

M = "urn:be:fgov:ehealth:certra:protocol:v2"
K = "urn:be:fgov:ehealth:certra:core:v2"
C = "urn:be:fgov:ehealth:commons:core:v2"
DS = "http://www.w3.org/2000/09/xmldsig#"
NS = {"m": M, "k": K, "c": C, "ds": DS, "e": "urn:be:fgov:ehealth:etee:commons:core:v2"}
SUCCESS = "urn:be:fgov:ehealth:2.0:status:Success"
CONTACT = """<m:ContactData><k:EmailPrivate>an@maasdal.example</k:EmailPrivate>\
<k:PhonePrivate>+32 81 00 00 00</k:PhonePrivate></m:ContactData>"""
HOSPITAL = ("CBE", "0406798006")


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP."""

    status: int
    body: bytes

    @property
    def element(self) -> etree._Element:
        """The element in the SOAP body, on its own."""
        body = etree.fromstring(self.body)[-1]
        return etree.fromstring(etree.tostring(body[0]))

    @property
    def detail(self) -> etree._Element:
        """The platform's error inside a SOAP fault."""
        found = self.element.find("detail")
        assert found is not None
        return etree.fromstring(etree.tostring(found[0]))

    @property
    def code(self) -> str:
        """SUCCESS's last word, the code of the status detail, or the SOA code of a fault."""
        if self.status != 200:
            return self.element.findtext(".//Code") or ""
        value = self.element.find("c:Status/c:StatusCode", NS)
        if value is not None and value.get("Value") == SUCCESS:
            return "success"
        return self.element.findtext("c:Status/c:StatusDetail/e:EteeStatusDetail/Errors/Code", "", NS)

    def parameters(self) -> dict[str, str]:
        """The parameters of the error."""
        found = self.element.iterfind(".//Parameters")
        return {p.findtext("Name", ""): p.findtext("Value", "") for p in found}


def request(operation: str, content: str = "") -> etree._Element:
    """A request element around this content (prefixes m, k, c)."""
    return etree.fromstring(
        f'<m:{operation}Request xmlns:m="{M}" xmlns:k="{K}" xmlns:c="{C}" Id="_{uuid.uuid4()}" '
        f'IssueInstant="{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}">{content}</m:{operation}Request>'
    )


def actor(identifier: tuple[str, str], *names: str) -> str:
    """The content of an actor: first names and last the name."""
    kind, value = identifier
    first = "".join(f"<c:FirstName>{escape(name)}</c:FirstName>" for name in names[:-1])
    return f"<c:Id Type={quoteattr(kind)}>{escape(value)}</c:Id>{first}<c:Name>{escape(names[-1])}</c:Name>"


def contract_request(
    identity: Identity, owner: tuple[str, str] = HOSPITAL, application_id: str | None = None
) -> etree._Element:
    """GenerateContract by the holder of this card; an SSIN as owner asks for their own certificate."""
    person = identity.person
    signer = actor(("SSIN", person.ssin), *person.first_names.split(" "), person.surname)
    who = signer if owner[0] == "SSIN" else actor(owner, "Any name")
    application = "" if application_id is None else f"<k:ApplicationId>{application_id}</k:ApplicationId>"
    return request(
        "GenerateContract",
        f"{CONTACT}<m:Signer>{signer}</m:Signer>"
        f"<m:CertificateIdentifier><k:Actor>{who}</k:Actor>{application}</m:CertificateIdentifier>",
    )


def new_key() -> rsa.RSAPrivateKey:
    """A key for a certificate."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def csr(dn: str, key: rsa.RSAPrivateKey) -> bytes:
    """PKCS#10 for the DN of a contract, in PrintableString where it can be, as the platform's connector does."""
    attributes = []
    for attribute in x509.Name.from_rfc4514_string(dn):
        value = cast("str", attribute.value)
        kind = x509.name._ASN1Type.PrintableString if _printable(value) else x509.name._ASN1Type.UTF8String
        attributes.append(x509.NameAttribute(attribute.oid, value, kind))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _printable(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9 '()+,\-./:=?]*", value) is not None


def certificate_request(
    contract: etree._Element, pkcs10: bytes, services: tuple[str, ...] = ()
) -> etree._Element:
    """GenerateCertificate, unsigned, around a contract as it was received."""
    element = request(
        "GenerateCertificate",
        f"<m:EHealthCSR>{CONTACT.replace('m:', 'k:')}<k:CSR>{base64.b64encode(pkcs10).decode()}</k:CSR>"
        "<k:Contract/></m:EHealthCSR>",
    )
    csr_element = element[0]
    place = csr_element.find("k:Contract", NS)
    assert place is not None
    for child in contract:
        place.append(copy.deepcopy(child))
    for service in services:
        etree.SubElement(csr_element, f"{{{K}}}BaseServiceUsage").text = service
    return element


def sign(
    element: etree._Element,
    key: PrivateKey,
    chain: tuple[x509.Certificate, ...],
    *,
    digest: Any = xmlsec.constants.TransformSha256,
    method: Any = None,
    transforms: tuple[Any, ...] = (
        xmlsec.constants.TransformEnveloped,
        xmlsec.constants.TransformExclC14N,
    ),
) -> etree._Element:
    """Add the enveloped signature of the platform's profile, or a variation of it."""
    if method is None:
        elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
        method = xmlsec.constants.TransformEcdsaSha384 if elliptic else xmlsec.constants.TransformRsaSha256
    signature = xmlsec.template.create(element, xmlsec.constants.TransformExclC14N, method, ns="ds")
    signature.set("Id", f"xmldsig-{uuid.uuid4()}")
    element.append(signature)
    reference = xmlsec.template.add_reference(signature, digest, uri=f"#{element.get('Id')}")
    for transform in transforms:
        xmlsec.template.add_transform(reference, transform)
    key_info = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    data = etree.SubElement(key_info, f"{{{DS}}}X509Data")
    for certificate in chain:
        der = certificate.public_bytes(serialization.Encoding.DER)
        etree.SubElement(data, f"{{{DS}}}X509Certificate").text = base64.b64encode(der).decode()
    context = xmlsec.SignatureContext()
    context.register_id(element, "Id")
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
    context.sign(signature)
    # Names that xmlsec wrote are unknown to lxml until they are read once.
    return etree.fromstring(etree.tostring(element))


def sign_as(element: etree._Element, identity: Identity, purpose: str) -> etree._Element:
    """Signed with the Authentication or the Signature key of a card."""
    pairs = {
        "Authentication": (identity.authentication_key, identity.authentication),
        "Signature": (identity.signature_key, identity.signature),
    }
    key, leaf = pairs[purpose]
    return sign(element, key, (leaf, identity.authority, identity.root))


def envelope(element: etree._Element) -> bytes:
    """The element's bytes, verbatim, in a SOAP envelope."""
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        b"<s:Header/><s:Body>" + etree.tostring(element) + b"</s:Body></s:Envelope>"
    )


def post(
    base: str, body: bytes, headers: dict[str, str], path: str = "/CertRa/v2", *, seconds: float = 180
) -> Reply:
    """One POST to a service, CertRA unless told, on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=seconds)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read())
    finally:
        connection.close()


def call(base: str, element: etree._Element, fault: str | None = None, *, seconds: float = 180) -> Reply:
    """Send a request to an environment, with its own SOAPAction."""
    operation = etree.QName(element).localname.removesuffix("Request")
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIONS[operation]}"'}
    if fault:
        headers["X-Sandbox-Fault"] = fault
    reply = post(base, envelope(element), headers, PATHS[operation], seconds=seconds)
    if fault is None:  # whatever is tested: every answer must be what the schemas say
        assert_valid(reply.detail if reply.status == 500 else reply.element)
    return reply


def name_attribute(certificate: x509.Certificate) -> str:
    """The common name of a certificate."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
