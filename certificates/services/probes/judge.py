"""What a call says of its service: whether it is available, and in which words it said otherwise."""

from lxml import etree

from agent.wire.errors import WireError
from agent.wire.xml.safe import parse_answer
from certificates.certra.answers import MAX_ANSWER_ELEMENTS, NAMES, SOAP, read_payload
from certificates.certra.errors import CertraError
from certificates.certra.hearing import Heard
from certificates.certra.services import CERTRA
from certificates.certra.transport.http import MAX_ANSWER_BYTES
from certificates.domain.watch.probes import Outcome, outcome_of_fault
from organisations.domain.identifiers import mask_ssins
from outside.errors import CallFailed, NoAnswer, NotSent, Resting

LARGE = 256 * 1024
"""No fault is as large: such an answer is not read a second time."""
GATEWAY = frozenset({502, 503, 504})
"""What a gateway answers for a component that is not there."""
MOST_SAID = 200


def judge(heard: Heard) -> tuple[Outcome, str] | None:
    """Return what became of a call, and what was said; None where it says nothing of the service."""
    if heard.failure is not None:
        return judge_failure(heard.failure.__cause__, heard.failure.summary)
    if len(heard.content) > LARGE:
        return Outcome.ANSWERED, ""
    try:
        envelope = parse_answer(heard.content, limit=MAX_ANSWER_BYTES, elements=MAX_ANSWER_ELEMENTS)
    except WireError:
        return judge_status(heard.status, default=Outcome.BROKEN)
    bodies = envelope.findall("s:Body", NAMES)
    if envelope.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        return judge_status(heard.status, default=Outcome.BROKEN)
    if bodies[0][0].tag != f"{{{SOAP}}}Fault":
        return (
            (Outcome.ANSWERED, "")
            if heard.status == 200
            else judge_status(heard.status, default=Outcome.BROKEN)
        )
    fault = bodies[0][0]
    detail = next((one for one in fault.iterfind("detail/*") if isinstance(one.tag, str)), None)
    kind = "" if detail is None else etree.QName(detail).localname
    try:
        read_payload(heard.content, heard.status, "", service=CERTRA)
    except CertraError as error:
        code = error.answers[0].code if detail is not None and error.answers else ""
        return outcome_of_fault(kind, code, fault.findtext("faultcode") or ""), _said(error)
    return None


def judge_fetch(status: int, failure: CallFailed | None) -> tuple[Outcome, str] | None:
    """Return what became of a list or an answer that was fetched from an authority; None where it says nothing."""
    if failure is not None:
        return judge_failure(failure, str(failure))
    default = Outcome.BROKEN if status >= 500 else Outcome.ANSWERED
    outcome, said = judge_status(status, default=default)
    return outcome, "" if outcome is Outcome.ANSWERED else said


def judge_status(status: int, *, default: Outcome) -> tuple[Outcome, str]:
    """Return what an HTTP status says where nothing else does."""
    return (Outcome.MISSING if status in GATEWAY else default), f"HTTP {status}"


def judge_failure(cause: BaseException | None, summary: str) -> tuple[Outcome, str] | None:
    """Return what a call that was not answered says; None where our own time was over before anything left."""
    if isinstance(cause, Resting):
        return None
    if isinstance(cause, NoAnswer | NotSent) and isinstance(cause.__cause__, TimeoutError):
        return Outcome.LATE, summary
    if isinstance(cause, NotSent):
        return (Outcome.UNREACHABLE, summary) if cause.__cause__ is not None else None
    return Outcome.BROKEN, summary[:MOST_SAID]


def _said(error: CertraError) -> str:
    told = ", ".join(f"{one.code} {one.message}".strip() for one in error.answers) or error.summary
    return mask_ssins(told)[:MOST_SAID]
