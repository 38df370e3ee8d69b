"""RevokeRequest of CertRA v2: written as it will be signed, and read back strictly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from agent.wire.errors import JobMalformed, MalformedXml
from agent.wire.jobs import PUBLIC_KEY_IDENTIFIER, RevocationContent, RevocationContract, read_reason
from agent.wire.xml.contract import read_signer, read_texts, write_signer, write_texts
from agent.wire.xml.elements import CERTRA, CORE, Children, element, text_of
from agent.wire.xml.frame import OpenedFrame, RequestFacts, frame_request

_NAME = "RevokeRequest"


@dataclass(frozen=True)
class RevokeFacts(RequestFacts):
    """What a RevokeRequest says. The signature is not judged yet."""

    content: RevocationContent


def build_revoke(content: RevocationContent, *, request_id: str, issue_instant: datetime) -> bytes:
    """The unsigned request element, UTF-8 without an XML declaration. Raises MalformedXml."""
    if not PUBLIC_KEY_IDENTIFIER.match(content.public_key_identifier):
        raise MalformedXml("not a key identifier")
    body = "".join(_body(content))
    return frame_request(CERTRA, _NAME, body, request_id=request_id, issue_instant=issue_instant)


def _body(content: RevocationContent) -> Iterator[str]:
    contract = content.contract
    yield element("PublicKeyIdentifier", content.public_key_identifier)
    yield f"<Contract>{element('certra:DN', contract.dn)}"
    yield from write_signer(contract.signer)
    yield element("certra:RevocationReason", contract.revocation_reason)
    yield from write_texts(contract.texts)
    yield "</Contract>"


def read_revoke(data: bytes) -> RevokeFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml (`request_malformed`, `request_too_large`)."""
    frame = OpenedFrame(data, CERTRA, _NAME)
    identifier = text_of(frame.children.one(CERTRA, "PublicKeyIdentifier")).lower()
    if not PUBLIC_KEY_IDENTIFIER.match(identifier):
        raise MalformedXml("not a key identifier")
    contract = _read_contract(frame.children.one(CERTRA, "Contract"))
    facts = frame.facts()
    content = RevocationContent(identifier, contract)
    return RevokeFacts(facts.request_id, facts.issue_instant, facts.signature_present, content)


def _read_contract(found: etree._Element) -> RevocationContract:
    children = Children(found)
    dn = text_of(children.one(CORE, "DN"))
    signer = read_signer(children.one(CORE, "Signer"))
    try:
        reason = read_reason(text_of(children.one(CORE, "RevocationReason")))
    except JobMalformed:
        raise MalformedXml("not a reason to revoke") from None
    texts = read_texts(children.one(CORE, "Text"))
    children.end()
    return RevocationContract(dn, signer, texts, reason)
