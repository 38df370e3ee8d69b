"""The token itself: a SAML 1.1 assertion for the holder of a key, signed by the environment's I.AM certificate."""

import base64
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from deploy.sandbox.sessions.attributes import Attribute
from deploy.sandbox.sessions.holders import Holder
from deploy.sandbox.sessions.iam import Signer
from deploy.sandbox.sessions.words import DS, HOLDER_OF_KEY, SAML, X509_NAME, tag
from deploy.sandbox.soap import timestamp

ISSUER = "urn:be:fgov:ehealth:sts:1_0"
BEFORE = timedelta(minutes=5)
"""How much earlier than was asked a token begins."""


@dataclass(frozen=True)
class Grant:
    """What goes into a token."""

    header: Holder
    holder: Holder
    attributes: list[Attribute]
    not_before: datetime
    not_on_or_after: datetime


def written(name: x509.Name) -> str:
    """A name as RFC 1779 says, with the labels that the platform prints."""
    labels = {"2.5.4.5": "SERIALNUMBER", "2.5.4.4": "SURNAME", "2.5.4.42": "GIVENNAME"}
    parts = []
    for attribute in reversed(list(name)):
        oid = attribute.oid.dotted_string
        value = str(attribute.value)
        if set(value) & set(',=+<>#;"\\'):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        parts.append(f"{labels.get(oid, attribute.rfc4514_attribute_name)}={value}")
    return ", ".join(parts)


def make(parent: etree._Element, grant: Grant, now: datetime) -> etree._Element:
    """Put an unsigned assertion into an element of the answer."""
    assertion = etree.SubElement(parent, tag("saml:Assertion"), nsmap={None: SAML})
    assertion.set("AssertionID", f"_{secrets.token_hex(16)}")
    assertion.set("IssueInstant", timestamp(now))
    assertion.set("Issuer", ISSUER)
    assertion.set("MajorVersion", "1")
    assertion.set("MinorVersion", "1")
    conditions = etree.SubElement(assertion, tag("saml:Conditions"))
    conditions.set("NotBefore", timestamp(grant.not_before - BEFORE))
    conditions.set("NotOnOrAfter", timestamp(grant.not_on_or_after))
    authentication = etree.SubElement(assertion, tag("saml:AuthenticationStatement"))
    authentication.set("AuthenticationInstant", timestamp(now))
    authentication.set("AuthenticationMethod", "urn:oasis:names:tc:SAML:1.0:am:X509-PKI")
    confirmation = etree.SubElement(_subject(authentication, grant), tag("saml:SubjectConfirmation"))
    etree.SubElement(confirmation, tag("saml:ConfirmationMethod")).text = HOLDER_OF_KEY
    data = etree.SubElement(
        etree.SubElement(confirmation, tag("ds:KeyInfo"), nsmap={"ds": DS}), tag("ds:X509Data")
    )
    etree.SubElement(data, tag("ds:X509Certificate")).text = _base64(grant.holder.certificate)
    statement = etree.SubElement(assertion, tag("saml:AttributeStatement"))
    _subject(statement, grant)
    for one in grant.attributes:
        attribute = etree.SubElement(statement, tag("saml:Attribute"))
        attribute.set("AttributeName", one.name)
        attribute.set("AttributeNamespace", one.namespace)
        etree.SubElement(attribute, tag("saml:AttributeValue")).text = one.value
    return assertion


def sign(assertion: etree._Element, signer: Signer, *, sha1: bool = False) -> None:
    """Put the signature into an assertion as its last child."""
    method = xmlsec.constants.TransformRsaSha1 if sha1 else xmlsec.constants.TransformRsaSha256
    digest = xmlsec.constants.TransformSha1 if sha1 else xmlsec.constants.TransformSha256
    node = xmlsec.template.create(assertion, xmlsec.constants.TransformExclC14N, method, ns="ds")
    assertion.append(node)
    reference = xmlsec.template.add_reference(node, digest, uri=f"#{assertion.get('AssertionID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    data = etree.SubElement(etree.SubElement(node, tag("ds:KeyInfo")), tag("ds:X509Data"))
    etree.SubElement(data, tag("ds:X509Certificate")).text = _base64(signer.certificate)
    context = xmlsec.SignatureContext()
    context.register_id(assertion, "AssertionID")
    key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(key, xmlsec.constants.KeyDataFormatPem)
    context.sign(node)


def spoiled(grant: Grant, kind: str, now: datetime, stranger: Signer) -> Grant:
    """The same grant as a fault of this kind wants it, before it is signed."""
    if kind == "expired-token":
        return replace(grant, not_before=now - timedelta(hours=2), not_on_or_after=now - timedelta(hours=1))
    if kind == "wrong-hok":
        return replace(grant, holder=replace(grant.holder, certificate=stranger.certificate))
    if kind == "other-identity":
        changed = [replace(one, value=_other(one.value)) for one in grant.attributes]
        return replace(grant, attributes=changed)
    if kind == "no-attributes":
        return replace(grant, attributes=grant.attributes[:1])
    return grant


def change_value(assertion: etree._Element) -> None:
    """Change a value that was signed."""
    for value in assertion.iter(tag("saml:AttributeValue")):
        value.text = _other(value.text or "")
        return


def _other(value: str) -> str:
    return value[:-1] + str((int(value[-1]) + 1) % 10) if value[-1:].isdigit() else value


def _subject(parent: etree._Element, grant: Grant) -> etree._Element:
    subject = etree.SubElement(parent, tag("saml:Subject"))
    name = etree.SubElement(subject, tag("saml:NameIdentifier"))
    name.set("Format", X509_NAME)
    name.set("NameQualifier", written(grant.header.certificate.issuer))
    name.text = written(grant.header.certificate.subject)
    return subject


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
