"""Questions to the government that a person signed with the eID's Authentication key, checked before they go on."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from agent.wire.errors import SignatureInvalid as WireSignatureInvalid
from agent.wire.errors import WireError
from agent.wire.limits import CLOCK_TOLERANCE, MAX_REQUEST_BYTES
from agent.wire.xml.frame import RequestFacts
from agent.wire.xml.question import read_actor_qualities, read_info_for_citizen
from agent.wire.xml.signature import VerifiedRequest, verify_enveloped
from certificates.certra.requests import check_request
from certificates.errors.records import QuestionStale
from certificates.errors.signing import JobClosed, RequestTooLarge, SignedRequestRefused, WrongSigner
from certificates.models import AgentJob
from certificates.models.card_check import Purpose
from certificates.models.job import JobState
from certificates.models.records import InquiryState
from certificates.services.cards.ask import check_card
from certificates.services.records.ask import inquiry_of
from certificates.trust.paths import signed_by
from organisations.errors import CardRefused, SignatureInvalid
from organisations.services.devices.enrolment import card_holder


@dataclass(frozen=True)
class Question:
    """One question as it was signed."""

    data: bytes
    verified: VerifiedRequest

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, hex."""
        return _digest(self.data)


@dataclass(frozen=True)
class Questions:
    """Both questions of one sitting, signed by one certificate whose path and revocation are still to be asked."""

    qualities: Question
    certificates: Question


def check_questions(job: AgentJob, qualities: bytes, certificates: bytes, *, now: datetime) -> Questions:
    """Check form, schema, signature, time and signer of both questions; no network.

    Raises SignedRequestRefused (its subclasses say why), SignatureInvalid, JobUnknown, JobClosed.
    """
    inquiry = inquiry_of(job)
    if (
        job.state != JobState.OFFERED
        or job.expires_at <= now
        or inquiry.state != InquiryState.AWAITING_SIGNATURE
        or job.holder.left_on is not None
    ):
        raise JobClosed
    number = job.holder.read_ssin()
    first = _checked(job, qualities, "GetActorQualitiesRequest", read_actor_qualities, number, now)
    about = read_actor_qualities(qualities).person
    if (about.type, about.value) != ("SSIN", number):
        raise WrongSigner
    second = _checked(
        job, certificates, "GetCertificateInfoForCitizenRequest", read_info_for_citizen, number, now
    )
    if first.verified.certificate != second.verified.certificate:
        raise WrongSigner
    return Questions(first, second)


def answered(job: AgentJob, qualities: bytes, certificates: bytes) -> int | None:
    """Return how many proposals came of exactly these questions; None unless they are the ones that were answered.

    Raises JobUnknown.
    """
    inquiry = inquiry_of(job)
    digests = (inquiry.qualities_digest, inquiry.certificates_digest)
    if inquiry.state != InquiryState.ANSWERED or digests != (_digest(qualities), _digest(certificates)):
        return None
    return inquiry.proposals.count()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(
    job: AgentJob,
    data: bytes,
    name: str,
    read: Callable[[bytes], RequestFacts],
    number: str,
    now: datetime,
) -> Question:
    if len(data) > MAX_REQUEST_BYTES:
        raise RequestTooLarge
    try:
        check_request(data, name)
        verified = verify_enveloped(data)
        facts = read(data)
    except WireSignatureInvalid as error:
        raise SignatureInvalid from error
    except WireError as error:
        raise SignedRequestRefused from error
    if not job.created_at - CLOCK_TOLERANCE <= facts.issue_instant <= now + CLOCK_TOLERANCE:
        raise QuestionStale
    chain = verified.chain
    # The certificates beside the signature are not signed by it: they must fit one another, up to a root.
    if not all(signed_by(certificate, issuer) for certificate, issuer in pairwise([*chain, chain[-1]])):
        raise SignatureInvalid
    try:
        signer = card_holder(verified.certificate)
    except CardRefused as error:
        raise WrongSigner from error
    if signer.ssin != number:
        raise WrongSigner
    return Question(data, verified)


def check_asking_card(questions: Questions, *, now: datetime) -> None:
    """Ask whether the signer's card may be trusted today: path here, revocation by a worker. Call outside transactions.

    Raises CardBeingAsked, NotAnAuthenticationCertificate, CardExpired, CardRevoked, CardStatusUnknown, CardRefused.
    """
    verified = questions.qualities.verified
    check_card(verified.certificate, verified.chain[1:], Purpose.AUTHENTICATION, now=now)
