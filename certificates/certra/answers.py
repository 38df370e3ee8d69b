"""Reading what CertRA answers: SOAP envelope, fault, status, payload. Everything is bounded and checked by schema."""

from functools import lru_cache
from pathlib import Path

from lxml import etree

from agent.wire.errors import WireError
from agent.wire.safe_xml import parse_xml
from certificates.certra.errors import Answer, OutcomeUnknown, Rejected, Transient
from certificates.certra.transport import MAX_ANSWER_BYTES

CONTRACT = Path(__file__).parent / "contract"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PROTOCOL = "urn:be:fgov:ehealth:certra:protocol:v2"
CORE = "urn:be:fgov:ehealth:certra:core:v2"
COMMONS = "urn:be:fgov:ehealth:commons:core:v2"
ETEE = "urn:be:fgov:ehealth:etee:commons:core:v2"
SOA = "urn:be:fgov:ehealth:errors:soa:v1"
SUCCESS = "urn:be:fgov:ehealth:2.0:status:Success"
NAMES = {"s": SOAP, "p": PROTOCOL, "c": CORE, "cc": COMMONS, "e": ETEE, "soa": SOA}

UNAVAILABLE = frozenset({"SOA-02001", "SOA-02002", "02001", "02002"})
"""The bus could not hand the request to its service: nothing was done."""
SERVICE_ERROR = frozenset({"SOA-00001", "00001"})
"""Something broke in the service: what was done is not known."""


@lru_cache(maxsize=1)
def schema() -> etree.XMLSchema:
    """Our own schema of the CertRA messages."""
    return etree.XMLSchema(etree.parse(str(CONTRACT / "certra-protocol.xsd")))


def read_answer(content: bytes, status: int, expected: str) -> etree._Element:
    """Return the payload element named `expected` of a successful answer.

    Raises Rejected (it said no), Transient (unavailable) or OutcomeUnknown (it makes no sense, so who knows).
    """
    try:
        envelope = parse_xml(content, limit=MAX_ANSWER_BYTES)
    except WireError as error:
        raise OutcomeUnknown(summary=f"HTTP {status} without a readable answer") from error
    bodies = envelope.findall("s:Body", NAMES)
    if envelope.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise OutcomeUnknown(summary=f"HTTP {status} without a SOAP body")
    payload = bodies[0][0]
    if payload.tag == f"{{{SOAP}}}Fault":
        _raise_fault(payload)
    if status != 200 or payload.tag != f"{{{PROTOCOL}}}{expected}":
        raise OutcomeUnknown(summary=f"HTTP {status} with another message than {expected}")
    if not schema().validate(payload):
        raise OutcomeUnknown(summary=f"{expected} breaks its schema")
    code = payload.find("cc:Status/cc:StatusCode", NAMES)
    if code is not None and code.get("Value") != SUCCESS:
        raise Rejected(answers=_errors(payload, code), summary=code.get("Value", ""))
    return payload


def _errors(payload: etree._Element, code: etree._Element) -> tuple[Answer, ...]:
    """Read EteeStatusDetail; its children are unqualified."""
    found = tuple(
        Answer(
            code=_text(error, "Code"),
            message=_text(error, "Message"),
            parameters=tuple(
                (_text(parameter, "Name"), _text(parameter, "Value"))
                for parameter in error.findall("Parameters")
            ),
        )
        for error in payload.findall("cc:Status/cc:StatusDetail/e:EteeStatusDetail/Errors", NAMES)
    )
    if found:
        return found
    message = payload.findtext("cc:Status/cc:StatusMessage", "", NAMES)
    return (Answer(code=code.get("Value", "").rpartition(":")[2], message=message),)


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _raise_fault(fault: etree._Element) -> None:
    """Turn a SOAP fault into its outcome. The SOA detail's children are unqualified (or SOA's own, be lenient)."""
    detail = fault.find("detail")
    error = (
        next((child for child in detail if isinstance(child.tag, str)), None) if detail is not None else None
    )
    if error is None:
        text = _text(fault, "faultstring") or "fault"
        raise OutcomeUnknown(
            answers=(Answer(code=_text(fault, "faultcode"), message=text),), summary="SOAP fault"
        )
    facts = {
        etree.QName(child).localname: (child.text or "").strip()
        for child in error
        if isinstance(child.tag, str)
    }
    known = tuple(
        (name, facts[name]) for name in ("Origin", "Contact", "Retry", "Environment") if facts.get(name)
    )
    answer = Answer(code=facts.get("Code", ""), message=facts.get("Message", ""), parameters=known)
    if answer.code in UNAVAILABLE:
        raise Transient(answers=(answer,), summary="service unavailable")
    if answer.code in SERVICE_ERROR or not answer.code:
        raise OutcomeUnknown(answers=(answer,), summary="service error")
    raise Rejected(answers=(answer,), summary=etree.QName(error).localname)
