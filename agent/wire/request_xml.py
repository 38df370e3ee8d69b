"""GenerateCertificateRequest of CertRA v2: written as it will be signed, and read back strictly.

Texts survive byte for byte: what a parser would normalise (carriage returns, tabs in attributes) goes out as
character references.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from agent.wire.encoding import from_base64, to_base64
from agent.wire.errors import MalformedXml, NameMalformed
from agent.wire.jobs import CertificateContent, ContactData, Contract, Identifier, LocalisedText, Signer
from agent.wire.limits import MAX_CSR_BYTES, MAX_REQUEST_BYTES
from agent.wire.names import certificate_name
from agent.wire.safe_xml import parse_xml
from agent.wire.strict_json import is_xml_text

PROTOCOL = "urn:be:fgov:ehealth:certra:protocol:v2"
CORE = "urn:be:fgov:ehealth:certra:core:v2"
COMMONS = "urn:be:fgov:ehealth:commons:core:v2"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
ROOT = f"{{{PROTOCOL}}}GenerateCertificateRequest"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_REQUEST_ID = re.compile(r"_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z\Z")
_TEXT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE_ESCAPES = {**_TEXT_ESCAPES, ord('"'): "&quot;", ord("\t"): "&#9;", ord("\n"): "&#10;"}


@dataclass(frozen=True)
class GenerateCertificateFacts:
    """What a GenerateCertificateRequest says. Neither CSR nor signature is judged yet."""

    request_id: str
    issue_instant: datetime
    content: CertificateContent
    csr_der: bytes
    signature_present: bool


def application_id_of(dn: str) -> str | None:
    """The ApplicationId that a contract's DN bears, or None."""
    try:
        return certificate_name(dn).application_id
    except NameMalformed:
        return None


def build_generate_certificate(
    content: CertificateContent, csr_der: bytes, *, request_id: str, issue_instant: datetime
) -> bytes:
    """The unsigned request element, UTF-8 without an XML declaration.

    `request_id` is `_` + uuid. Raises MalformedXml when a text holds what XML 1.0 cannot carry, when the
    content contradicts its DN, or when the whole is too large.
    """
    if not _REQUEST_ID.match(request_id) or issue_instant.tzinfo is None:
        raise MalformedXml("not a request id, or a time without a zone")
    if content.application_id != application_id_of(content.contract.dn):
        raise MalformedXml("the ApplicationId is not that of the contract's name")
    instant = issue_instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = "".join(_csr(content, csr_der))
    data = (
        f'<GenerateCertificateRequest xmlns="{PROTOCOL}" xmlns:certra="{CORE}" xmlns:commons="{COMMONS}"'
        f' Id="{request_id}" IssueInstant="{instant}"><EHealthCSR>{body}</EHealthCSR>'
        "</GenerateCertificateRequest>"
    ).encode()
    if len(data) > MAX_REQUEST_BYTES:
        raise MalformedXml(f"more than {MAX_REQUEST_BYTES} bytes", code="request_too_large")
    return data


def _csr(content: CertificateContent, csr_der: bytes) -> Iterator[str]:
    contact, contract = content.contact_data, content.contract
    yield "<certra:ContactData>"
    yield _element("certra:EmailPrivate", contact.email_private)
    if contact.email_general is not None:
        yield _element("certra:EmailGeneral", contact.email_general)
    yield _element("certra:PhonePrivate", contact.phone_private)
    if contact.phone_general is not None:
        yield _element("certra:PhoneGeneral", contact.phone_general)
    yield f"</certra:ContactData>{_element('certra:CSR', to_base64(csr_der))}<certra:Contract>"
    yield _element("certra:DN", contract.dn)
    yield "<certra:Signer>"
    for identifier in contract.signer.ids:
        yield _element("commons:Id", identifier.value, "Type", identifier.type)
    for first_name in contract.signer.first_names:
        yield _element("commons:FirstName", first_name)
    yield f"{_element('commons:Name', contract.signer.name)}</certra:Signer><certra:Text>"
    for text in contract.texts:
        yield _element("certra:Value", text.html, "xml:lang", text.lang)
    yield "</certra:Text></certra:Contract>"
    for usage in content.base_service_usages:
        yield _element("certra:BaseServiceUsage", usage)


def _element(tag: str, text: str, attribute: str = "", value: str = "") -> str:
    if not is_xml_text(text) or not is_xml_text(value):
        raise MalformedXml("a text holds a character that XML 1.0 cannot carry")
    extra = f' {attribute}="{value.translate(_ATTRIBUTE_ESCAPES)}"' if attribute else ""
    return f"<{tag}{extra}>{text.translate(_TEXT_ESCAPES)}</{tag}>"


class _Children:
    """Walks the children of one element in the schema's order, refusing whatever else stands there."""

    def __init__(self, parent: etree._Element, attributes: frozenset[str] = frozenset()) -> None:
        if set(parent.attrib) != attributes:
            raise MalformedXml("an attribute too many or too few")
        texts = [parent.text, *(child.tail for child in parent)]
        if any(text and text.strip(" \t\r\n") for text in texts):
            raise MalformedXml("text between elements")
        self._left = list(parent)

    def one(self, namespace: str, name: str) -> etree._Element:
        found = self.maybe(namespace, name)
        if found is None:
            raise MalformedXml(f"{name} is missing or out of place")
        return found

    def maybe(self, namespace: str, name: str) -> etree._Element | None:
        if self._left and self._left[0].tag == f"{{{namespace}}}{name}":
            return self._left.pop(0)
        return None

    def many(self, namespace: str, name: str) -> Iterator[etree._Element]:
        while (found := self.maybe(namespace, name)) is not None:
            yield found

    def end(self) -> None:
        if self._left:
            raise MalformedXml("an element or comment that does not belong there")


def _text(element: etree._Element | None, attributes: frozenset[str] = frozenset()) -> str:
    if element is None:
        raise MalformedXml("an element is missing")
    if len(element) or set(element.attrib) != attributes:
        raise MalformedXml("a text element holds more than text")
    return element.text or ""


def _maybe_text(element: etree._Element | None) -> str | None:
    return None if element is None else _text(element)


def read_generate_certificate(data: bytes) -> GenerateCertificateFacts:
    """Read a request, signed or not, strictly: exactly the elements of the schema, each where it belongs.

    Raises MalformedXml (`request_malformed`, `request_too_large`).
    """
    root = parse_xml(data, limit=MAX_REQUEST_BYTES)
    if root.tag != ROOT:
        raise MalformedXml("not a GenerateCertificateRequest")
    if root.getprevious() is not None or root.getnext() is not None:
        raise MalformedXml("a comment outside the request")
    children = _Children(root, frozenset({"Id", "IssueInstant"}))
    content, csr_der = _read_csr(children.one(PROTOCOL, "EHealthCSR"))
    signature = children.maybe(DSIG, "Signature")
    children.end()
    request_id = root.attrib["Id"]
    if not _REQUEST_ID.match(request_id):
        raise MalformedXml("not a request id")
    return GenerateCertificateFacts(
        request_id, _instant(root.attrib["IssueInstant"]), content, csr_der, signature is not None
    )


def _instant(text: str) -> datetime:
    if not _INSTANT.match(text):
        raise MalformedXml("IssueInstant is not a UTC moment")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MalformedXml("IssueInstant is not a UTC moment") from None


def _read_csr(element: etree._Element) -> tuple[CertificateContent, bytes]:
    children = _Children(element)
    contact = _read_contact(children.one(CORE, "ContactData"))
    try:
        csr_der = from_base64(_text(children.one(CORE, "CSR")))
    except ValueError:
        raise MalformedXml("CSR is not base64") from None
    if not csr_der or len(csr_der) > MAX_CSR_BYTES:
        raise MalformedXml("CSR is empty or too large")
    contract = _read_contract(children.one(CORE, "Contract"))
    usages = tuple(_text(usage) for usage in children.many(CORE, "BaseServiceUsage"))
    children.end()
    return CertificateContent(contact, contract, application_id_of(contract.dn), usages), csr_der


def _read_contact(element: etree._Element) -> ContactData:
    children = _Children(element)
    contact = ContactData(
        email_private=_text(children.one(CORE, "EmailPrivate")),
        email_general=_maybe_text(children.maybe(CORE, "EmailGeneral")),
        phone_private=_text(children.one(CORE, "PhonePrivate")),
        phone_general=_maybe_text(children.maybe(CORE, "PhoneGeneral")),
    )
    children.end()
    return contact


def _read_contract(element: etree._Element) -> Contract:
    children = _Children(element)
    dn = _text(children.one(CORE, "DN"))
    signer = _read_signer(children.one(CORE, "Signer"))
    values = _Children(children.one(CORE, "Text"))
    children.end()
    lang = frozenset({_LANG})
    texts = tuple(LocalisedText(v.get(_LANG, ""), _text(v, lang)) for v in values.many(CORE, "Value"))
    values.end()
    if not texts:
        raise MalformedXml("a contract without text")
    return Contract(dn, signer, texts)


def _read_signer(element: etree._Element) -> Signer:
    children = _Children(element)
    kind = frozenset({"Type"})
    ids = tuple(Identifier(i.get("Type", ""), _text(i, kind)) for i in children.many(COMMONS, "Id"))
    first_names = tuple(_text(name) for name in children.many(COMMONS, "FirstName"))
    name = _text(children.one(COMMONS, "Name"))
    children.end()
    if not ids:
        raise MalformedXml("a signer without an identifier")
    return Signer(ids, first_names, name)
