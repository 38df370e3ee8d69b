"""What the server answers, read into frozen facts; anything else is `server_unexpected`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from cryptography import x509

from agent.errors import PortalError
from agent.wire.encoding import from_base64, from_base64url
from agent.wire.jobs import JOB_ID
from agent.wire.limits import MAX_CHAIN_CERTIFICATES, MAX_ETK_BYTES
from agent.wire.pki.certificates import read_certificate

Json = dict[str, object]
CAME_TO_NOTHING: Final = ("rejected", "gave_up", "cancelled", "declined")
STATES: Final = ("submitting", "waiting", "issued", "completed", "outcome_unknown", *CAME_TO_NOTHING)
LEAST_PAUSE_SECONDS: Final = 0.2
MOST_PAUSE_SECONDS: Final = 300.0


@dataclass(frozen=True)
class JobSummary:
    """One line of the list of open jobs. `kind` is empty where the server does not say."""

    id: str
    organisation: str
    certificate_name: str
    environment: str
    state: str
    kind: str = ""


@dataclass(frozen=True)
class Outcome:
    """Where a job stands. `kind` and `environment` are the job's; empty where the server does not say.

    A request has certificates (leaf first) when issued or completed; a revocation has the one that ends.
    """

    state: str
    certificates: tuple[x509.Certificate, ...]
    trust_anchors: tuple[x509.Certificate, ...]
    problem_code: str
    problem_text: str
    poll_after_seconds: float
    kind: str = ""
    environment: str = ""


@dataclass(frozen=True)
class Hello:
    """What the server says to anybody: name, version, and seconds its clock is ahead of ours."""

    name: str
    version: str
    origin: str
    clock_difference: float


@dataclass(frozen=True)
class Enrolled:
    """What the server knows of this device."""

    device_id: str
    holder: str
    organisations: tuple[str, ...]
    label: str = ""


@dataclass(frozen=True)
class MadeToken:
    """A registered encryption token (CMS, DER, not verified yet), and whether it waits for its activation.

    `etk` is None for one that waits and was made in a call whose answer got lost: nobody can fetch it until then.
    """

    etk: bytes | None
    to_be_activated: bool
    trust_anchors: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class DepotToken:
    """The token in the depot (CMS, DER, not verified yet), None where there is none, and what to verify it against."""

    etk: bytes | None
    trust_anchors: tuple[x509.Certificate, ...]


def unexpected() -> NoReturn:
    """Refuse an answer that is not what the protocol says."""
    raise PortalError("server_unexpected")


def text_of(answer: Json, name: str) -> str:
    """Read a short string of an answer."""
    value = answer.get(name)
    if not isinstance(value, str) or len(value) > 500:
        unexpected()
    return value


def bytes_of(answer: Json, name: str) -> bytes:
    """Read a base64 field of at most MAX_ETK_BYTES."""
    value = answer.get(name)
    if not isinstance(value, str) or len(value) > 2 * MAX_ETK_BYTES:
        unexpected()
    try:
        return from_base64(value)
    except ValueError:
        unexpected()


def token_of(answer: Json) -> MadeToken:
    """Read a registered token."""
    waits = answer.get("to_be_activated")
    if not isinstance(waits, bool):
        unexpected()
    etk = None if waits and answer.get("etk") is None else bytes_of(answer, "etk")
    return MadeToken(etk, waits, certificates_of(answer.get("trust_anchors")))


def depot_token_of(answer: Json) -> DepotToken:
    """Read what the depot hands out."""
    etk = None if answer.get("etk") is None else bytes_of(answer, "etk")
    return DepotToken(etk, certificates_of(answer.get("trust_anchors")))


def moment_of(value: object) -> datetime:
    """Read an ISO 8601 moment; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        unexpected()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def nonce_of(answer: Json) -> bytes:
    """Read the enrolment's nonce."""
    try:
        return from_base64url(text_of(answer, "nonce"))
    except ValueError:
        unexpected()


def hello_of(answer: Json, *, now: datetime) -> Hello:
    """Read what the server says to anybody, and how its clock differs from `now`."""
    difference = (moment_of(answer.get("time")) - now).total_seconds()
    return Hello(text_of(answer, "name"), text_of(answer, "version"), text_of(answer, "origin"), difference)


def read_outcome(answer: Json) -> Outcome:
    """Read where a job stands."""
    state, pause, problem = text_of(answer, "state"), answer.get("poll_after_seconds"), answer.get("problem")
    if state not in STATES or not isinstance(pause, int | float):
        unexpected()
    told = problem if isinstance(problem, dict) else {}
    pause = min(
        max(pause, LEAST_PAUSE_SECONDS), MOST_PAUSE_SECONDS
    )  # before float(): no huge number survives that
    return Outcome(
        state=state,
        certificates=certificates_of(answer.get("certificates")),
        trust_anchors=certificates_of(answer.get("trust_anchors")),
        problem_code=str(told.get("code", "")),
        problem_text=str(told.get("detail") or told.get("title") or ""),
        poll_after_seconds=float(pause),
        kind=str(answer.get("kind") or "")[:40],
        environment=str(answer.get("environment") or "")[:40],
    )


def enrolled_of(answer: Json) -> Enrolled:
    """Read what the server knows of a device."""
    holder, organisations = answer.get("holder"), answer.get("organisations")
    if not isinstance(holder, dict) or not isinstance(organisations, list):
        unexpected()
    first_names = holder.get("first_names")
    names = [str(name) for name in first_names] if isinstance(first_names, list) else []
    label = answer.get("label")
    return Enrolled(
        device_id=text_of(answer, "device_id"),
        holder=" ".join([*names, str(holder.get("name", ""))]),
        organisations=tuple(str(name) for name in organisations),
        label=label if isinstance(label, str) else "",
    )


def summary_of(job: object) -> JobSummary:
    """Read one line of the job list."""
    if not isinstance(job, dict) or not JOB_ID.match(str(job.get("id"))):
        unexpected()
    return JobSummary(
        id=str(job["id"]),
        organisation=str(job.get("organisation", "")),
        certificate_name=str(job.get("certificate_name", "")),
        environment=str(job.get("environment", "")),
        state=str(job.get("state", "")),
        kind=str(job.get("kind") or "")[:40],
    )


def certificates_of(value: object) -> tuple[x509.Certificate, ...]:
    """Read a list of base64 DER certificates, empty for null."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > 4 * MAX_CHAIN_CERTIFICATES:
        unexpected()
    found = []
    for text in value:
        try:
            found.append(read_certificate(from_base64(str(text))))
        except ValueError:
            unexpected()
    return tuple(found)
