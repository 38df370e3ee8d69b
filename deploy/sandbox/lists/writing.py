"""A trusted list as XML (ETSI TS 119 612 v2.1.1), and its enveloped XAdES signature, made with xmlsec."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree

from deploy.sandbox.lists.operators import NAME, TERRITORY, Operator
from deploy.sandbox.soap import timestamp

TSL = "http://uri.etsi.org/02231/v2#"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XML = "http://www.w3.org/XML/1998/namespace"
STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


@dataclass(frozen=True)
class Issue:
    """One version of a list, before it is signed. `services` are as the store keeps them (`published.Service`)."""

    environment: str
    kind: str
    sequence: int
    issued_at: datetime
    next_update: datetime | None
    services: list[dict[str, Any]]
    scheme: str = ""


def write(issue: Issue) -> etree._Element:
    """The list without a signature."""
    root = etree.Element(_t("TrustServiceStatusList"), nsmap={None: TSL})
    root.set("Id", f"tsl-{issue.environment}-{issue.kind}-{issue.sequence}")
    root.set("TSLTag", "http://uri.etsi.org/19612/TSLTag")
    scheme = _add(root, "SchemeInformation")
    _add(scheme, "TSLVersionIdentifier", "5")
    _add(scheme, "TSLSequenceNumber", str(issue.sequence))
    _add(scheme, "TSLType", "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric")
    _name(scheme, "SchemeOperatorName", NAME)
    _name(scheme, "SchemeName", issue.scheme or f"BE: Sandbox eHealth {issue.environment} {issue.kind}")
    _add(scheme, "SchemeTerritory", TERRITORY)
    _add(scheme, "HistoricalInformationPeriod", "65535")
    _add(scheme, "ListIssueDateTime", timestamp(issue.issued_at))
    update = _add(scheme, "NextUpdate")
    if issue.next_update is not None:
        _add(update, "dateTime", timestamp(issue.next_update))
    providers = _add(root, "TrustServiceProviderList")
    for name in dict.fromkeys(one["provider"] for one in issue.services):
        provider = _add(providers, "TrustServiceProvider")
        _name(_add(provider, "TSPInformation"), "TSPName", name)
        services = _add(provider, "TSPServices")
        for one in issue.services:
            if one["provider"] == name:
                _service(_add(services, "TSPService"), one)
    return root


def _service(parent: etree._Element, service: dict[str, Any]) -> None:
    information = _add(parent, "ServiceInformation")
    certificate = x509.load_pem_x509_certificate(service["pem"].encode())
    _described(information, service, service["status"], service["since"], certificate, whole=True)
    if service.get("extension"):
        extension = _add(_add(information, "ServiceInformationExtensions"), "Extension")
        extension.set("Critical", "false")
        _add(extension, "AdditionalServiceInformation")
        _add(extension[0], "URI", service["extension"]).set(f"{{{XML}}}lang", "en")
    if service["history"]:
        history = _add(parent, "ServiceHistory")
        for status, since in service["history"]:
            _described(
                _add(history, "ServiceHistoryInstance"), service, status, since, certificate, whole=False
            )


def _described(
    parent: etree._Element,
    service: dict[str, Any],
    status: str,
    since: str,
    certificate: x509.Certificate,
    *,
    whole: bool,
) -> None:
    _add(parent, "ServiceTypeIdentifier", service["type"])
    _name(parent, "ServiceName", service["name"])
    identity = _add(parent, "ServiceDigitalIdentity")
    if whole:
        der = certificate.public_bytes(serialization.Encoding.DER)
        _add(_add(identity, "DigitalId"), "X509Certificate", base64.b64encode(der).decode())
    key = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    _add(_add(identity, "DigitalId"), "X509SKI", base64.b64encode(key).decode())
    _add(parent, "ServiceStatus", STATUS + status)
    _add(parent, "StatusStartingTime", since)


def sign(
    root: etree._Element, operator: Operator, now: datetime, *, weak: bool = False, by_id: bool = True
) -> bytes:
    """The list with its signature; `weak` signs with SHA-1, which must be refused.

    Without `by_id` the reference is to the document as a whole, as some software writes it.
    """
    reference = f"#{root.get('Id')}" if by_id else ""
    digest = SHA1 if weak else SHA256
    method = DS + "rsa-sha1" if weak else "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    der = operator.certificate.public_bytes(serialization.Encoding.DER)
    named = base64.b64encode(hashlib.sha256(der).digest()).decode()
    c14n = "http://www.w3.org/2001/10/xml-exc-c14n#"
    signature = etree.fromstring(
        f'<ds:Signature xmlns:ds="{DS}" Id="id-signature"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{c14n}"/><ds:SignatureMethod Algorithm="{method}"/>'
        f'<ds:Reference URI="{reference}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{DS}enveloped-signature"/><ds:Transform Algorithm="{c14n}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'
        '<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#id-properties"><ds:Transforms>'
        f'<ds:Transform Algorithm="{c14n}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>'
        "<ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
        f"{base64.b64encode(der).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>"
        f'<xades:QualifyingProperties xmlns:xades="{XADES}" Target="#id-signature">'
        '<xades:SignedProperties Id="id-properties"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{timestamp(now)}</xades:SigningTime><xades:SigningCertificate><xades:Cert>"
        f'<xades:CertDigest><ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{named}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificate></xades:SignedSignatureProperties>"
        "</xades:SignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>"
    )
    root.append(signature)
    context = xmlsec.SignatureContext()
    pem = operator.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
    for identified in (root, signature[3][0][0]):
        context.register_id(identified, "Id")
    context.sign(signature)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _t(name: str) -> str:
    return f"{{{TSL}}}{name}"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    made = etree.SubElement(parent, _t(name))
    made.text = text
    return made


def _name(parent: etree._Element, element: str, text: str) -> None:
    _add(_add(parent, element), "Name", text).set(f"{{{XML}}}lang", "en")
