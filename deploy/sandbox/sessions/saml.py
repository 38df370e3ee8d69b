"""The SAML 1.1 way: one request, one answer."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from deploy.sandbox.sessions import proofs
from deploy.sandbox.sessions.holders import names_same
from deploy.sandbox.sessions.words import (
    HOLDER_OF_KEY,
    NS,
    SAMLP,
    X509_NAME,
    Declined,
    certificate_in,
    malformed,
    moment_in,
    only,
    tag,
)
from deploy.sandbox.soap import timestamp

_SUBJECT = "samlp:AttributeQuery/saml:Subject"


@dataclass(frozen=True)
class Asked:
    """What a request asks for, in either way. `asserted` and `asked` are by (name, namespace)."""

    holder: x509.Certificate
    not_before: datetime
    not_on_or_after: datetime
    asserted: dict[tuple[str, str], str]
    asked: tuple[tuple[str, str], ...]


def read(request: etree._Element, header: x509.Certificate) -> tuple[Asked, str]:
    """What a request that its schema accepted asks for, and the digest of its inner signature, empty without one.

    Raises Declined.
    """
    if (request.get("MajorVersion"), request.get("MinorVersion")) != ("1", "1"):
        raise malformed("only version 1.1 is spoken")
    subject = only(request, _SUBJECT)
    confirmation = only(subject, "saml:SubjectConfirmation")
    method = only(confirmation, "saml:ConfirmationMethod").text or ""
    if method.strip() != HOLDER_OF_KEY:
        raise malformed("the confirmation is by the holder of a key")
    assertion = only(confirmation, "saml:SubjectConfirmationData/saml:Assertion")
    statement = only(assertion, "saml:AttributeStatement")
    for name in (only(subject, "saml:NameIdentifier"), only(statement, "saml:Subject/saml:NameIdentifier")):
        _check_name(name, header)
    holder = certificate_in(only(confirmation, "ds:KeyInfo/ds:X509Data/ds:X509Certificate"))
    signature = request.find("ds:Signature", NS)
    if signature is None and holder != header:
        raise Declined("HOLDER_NOT_PROVEN", "Who holds the key has not signed the request.")
    digest = "" if signature is None else proofs.check_inner(request, signature, holder)
    conditions = only(assertion, "saml:Conditions")
    asserted = {_named(one): _value(one) for one in statement.findall("saml:Attribute", NS)}
    designators = request.findall("samlp:AttributeQuery/saml:AttributeDesignator", NS)
    asked = Asked(
        holder,
        moment_in(conditions.get("NotBefore")),
        moment_in(conditions.get("NotOnOrAfter")),
        asserted,
        tuple(_named(one) for one in designators),
    )
    return asked, digest


def response(request_id: str, now: datetime) -> etree._Element:
    """A good answer, still without its token."""
    answer = _answer(request_id, now)
    etree.SubElement(etree.SubElement(answer, tag("samlp:Status")), tag("samlp:StatusCode")).set(
        "Value", "samlp:Success"
    )
    return answer


def refusal(request_id: str, now: datetime, reason: Declined) -> etree._Element:
    """An answer without a token: a status of two levels, and always a message, without which the connector dies."""
    answer = _answer(request_id, now)
    status = etree.SubElement(answer, tag("samlp:Status"))
    code = etree.SubElement(status, tag("samlp:StatusCode"))
    code.set("Value", "samlp:Requester")
    etree.SubElement(code, tag("samlp:StatusCode")).set("Value", "samlp:RequestDenied")
    etree.SubElement(status, tag("samlp:StatusMessage")).text = reason.sentence
    return answer


def _answer(request_id: str, now: datetime) -> etree._Element:
    answer = etree.Element(tag("samlp:Response"), nsmap={"samlp": SAMLP})
    answer.set("ResponseID", f"_{uuid.uuid4().hex}")
    answer.set("InResponseTo", request_id)
    answer.set("IssueInstant", timestamp(now))
    answer.set("MajorVersion", "1")
    answer.set("MinorVersion", "1")
    return answer


def _check_name(name: etree._Element, header: x509.Certificate) -> None:
    same = names_same(name.text or "", header.subject) and names_same(
        name.get("NameQualifier", ""), header.issuer
    )
    if name.get("Format") != X509_NAME or not same:
        raise Declined(
            "NAME_MISMATCH", "The name in the request is not that of the certificate that signed it."
        )


def _named(element: etree._Element) -> tuple[str, str]:
    return element.get("AttributeName", ""), element.get("AttributeNamespace", "")


def _value(attribute: etree._Element) -> str:
    return (only(attribute, "saml:AttributeValue").text or "").strip()
