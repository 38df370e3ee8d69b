"""GenerateCertificateRequest of CertRA v2: written as it will be signed, and read back strictly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from agent.wire.encoding import to_base64
from agent.wire.errors import MalformedXml, NameMalformed
from agent.wire.jobs import CertificateContent, Contract
from agent.wire.limits import MAX_CSR_BYTES
from agent.wire.pki.names import certificate_name
from agent.wire.xml.contract import (
    read_contact,
    read_signer,
    read_texts,
    write_contact,
    write_signer,
    write_texts,
)
from agent.wire.xml.elements import CERTRA, CORE, Children, bytes_of, element, text_of
from agent.wire.xml.frame import OpenedFrame, frame_request

_NAME = "GenerateCertificateRequest"


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
    if content.application_id != application_id_of(content.contract.dn):
        raise MalformedXml("the ApplicationId is not that of the contract's name")
    body = f"<EHealthCSR>{''.join(_csr(content, csr_der))}</EHealthCSR>"
    return frame_request(CERTRA, _NAME, body, request_id=request_id, issue_instant=issue_instant)


def _csr(content: CertificateContent, csr_der: bytes) -> Iterator[str]:
    yield from write_contact(content.contact_data)
    yield f"{element('certra:CSR', to_base64(csr_der))}<certra:Contract>"
    yield element("certra:DN", content.contract.dn)
    yield from write_signer(content.contract.signer)
    yield from write_texts(content.contract.texts)
    yield "</certra:Contract>"
    for usage in content.base_service_usages:
        yield element("certra:BaseServiceUsage", usage)


def read_generate_certificate(data: bytes) -> GenerateCertificateFacts:
    """Read a request, signed or not, strictly: exactly the elements of the schema, each where it belongs.

    Raises MalformedXml (`request_malformed`, `request_too_large`).
    """
    frame = OpenedFrame(data, CERTRA, _NAME)
    content, csr_der = _read_csr(frame.children.one(CERTRA, "EHealthCSR"))
    facts = frame.facts()
    return GenerateCertificateFacts(
        facts.request_id, facts.issue_instant, content, csr_der, facts.signature_present
    )


def _read_csr(found: etree._Element) -> tuple[CertificateContent, bytes]:
    children = Children(found)
    contact = read_contact(children.one(CORE, "ContactData"))
    csr_der = bytes_of(children.one(CORE, "CSR"), limit=MAX_CSR_BYTES)
    contract = _read_contract(children.one(CORE, "Contract"))
    usages = tuple(text_of(usage) for usage in children.many(CORE, "BaseServiceUsage"))
    children.end()
    return CertificateContent(contact, contract, application_id_of(contract.dn), usages), csr_der


def _read_contract(found: etree._Element) -> Contract:
    children = Children(found)
    dn = text_of(children.one(CORE, "DN"))
    signer = read_signer(children.one(CORE, "Signer"))
    texts = read_texts(children.one(CORE, "Text"))
    children.end()
    return Contract(dn, signer, texts)
