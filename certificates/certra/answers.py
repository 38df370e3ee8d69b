"""Reading what the platform answers: envelope, fault, status, payload. Everything is bounded and schema-checked."""

import copy
from collections.abc import Mapping

import structlog
from lxml import etree

from agent.wire.errors import WireError
from agent.wire.xml.safe import parse_answer
from certificates.certra.errors import Answer, OutcomeUnknown, Rejected, Transient
from certificates.certra.services import CERTRA, Service
from certificates.certra.transport.http import MAX_ANSWER_BYTES

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CORE = "urn:be:fgov:ehealth:certra:core:v2"
COMMONS = "urn:be:fgov:ehealth:commons:core:v2"
ETEE = "urn:be:fgov:ehealth:etee:commons:core:v2"
SOA = "urn:be:fgov:ehealth:errors:soa:v1"
SUCCESS = "urn:be:fgov:ehealth:2.0:status:Success"
NAMES = {"s": SOAP, "p": CERTRA.namespace, "c": CORE, "cc": COMMONS, "e": ETEE, "soa": SOA}

MAX_ANSWER_ELEMENTS = 50_000
"""A thousand certificates of one citizen have some 30 elements each."""
UNAVAILABLE = frozenset({"SOA-02001", "SOA-02002", "02001", "02002"})
"""The bus could not hand the request to its service: nothing was done."""
SERVICE_ERROR = frozenset({"SOA-00001", "00001"})
"""Something broke in the service: what was done is not known."""

log = structlog.get_logger("certificates.certra")

OpenLists = Mapping[str, tuple[str, ...]] | tuple[()]
"""Elements (qualified) whose closed list in the schema is treated as open, with the values that are known."""


def read_answer(
    content: bytes,
    status: int,
    expected: str,
    *,
    service: Service = CERTRA,
    open_lists: OpenLists = (),
    entries: str = "",
) -> etree._Element:
    """Return the payload element named `expected` of a successful answer of the second generation.

    Where `entries` names a kind of its children (qualified), each of these is judged alone: one that breaks the schema
    is taken out.

    Raises Rejected (it said no), Transient (unavailable) or OutcomeUnknown (it makes no sense, so who knows).
    """
    payload = read_payload(content, status, expected, service=service, open_lists=open_lists, entries=entries)
    code = payload.find("cc:Status/cc:StatusCode", NAMES)
    if code is not None and code.get("Value") != SUCCESS:
        raise Rejected(answers=_errors(payload, code), summary=code.get("Value", ""))
    return payload


def read_payload(
    content: bytes,
    status: int,
    expected: str,
    *,
    service: Service,
    open_lists: OpenLists = (),
    entries: str = "",
) -> etree._Element:
    """Return the element named `expected` in the body of an answer, whatever its Status says. Raises as read_answer."""
    try:
        envelope = parse_answer(content, limit=MAX_ANSWER_BYTES, elements=MAX_ANSWER_ELEMENTS)
    except WireError as error:
        raise OutcomeUnknown(summary=f"HTTP {status} without a readable answer") from error
    bodies = envelope.findall("s:Body", NAMES)
    if envelope.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise OutcomeUnknown(summary=f"HTTP {status} without a SOAP body")
    payload = bodies[0][0]
    if payload.tag == f"{{{SOAP}}}Fault":
        _raise_fault(payload)
    if status != 200 or payload.tag != f"{{{service.namespace}}}{expected}":
        raise OutcomeUnknown(summary=f"HTTP {status} with another message than {expected}")
    judged = _with_known_words(payload, open_lists)
    if not service.schema.validate(judged) and not (
        entries and _without_broken(payload, judged, entries, service)
    ):
        raise OutcomeUnknown(summary=f"{expected} breaks its schema")
    return payload


def _with_known_words(payload: etree._Element, open_lists: OpenLists) -> etree._Element:
    """Return `payload` as the schema can judge it: new words of open lists replaced by known ones.

    Everything else about the message is still checked; the original keeps the new word.
    """
    if not open_lists:
        return payload
    judged = copy.deepcopy(payload)
    for tag, known in dict(open_lists).items():
        for element in judged.iter(tag):
            if not len(element) and (element.text or "") not in known:
                element.text = known[0]
    return judged


def _without_broken(payload: etree._Element, judged: etree._Element, entries: str, service: Service) -> bool:
    """Take the entries that break the schema out of `payload`; returns whether the rest holds, and some are left.

    `judged` is the same as the schema can judge it. Each entry is put alone into what surrounds them.
    """
    around, pairs = (
        copy.deepcopy(judged),
        list(zip(payload.findall(entries), judged.findall(entries), strict=True)),
    )
    if not pairs:
        return False
    first, *others = around.findall(entries)
    for other in others:
        around.remove(other)
    place, kept = around.index(first), 0
    for entry, as_judged in pairs:
        around[place] = copy.deepcopy(as_judged)
        if service.schema.validate(around):
            kept += 1
        else:
            payload.remove(entry)
            log.warning("record_entry_left_out", reason="it breaks the schema")
    return kept > 0


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
