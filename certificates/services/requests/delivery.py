"""What the government delivers, whoever asked for it: asking for it, checking it, taking it into the inventory."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from agent.wire.errors import NameMalformed
from agent.wire.pki.certificates import read_certificate as read_whole
from agent.wire.pki.certificates import readable
from agent.wire.pki.names import same_holder
from agent.wire.pki.unreadable import UNREADABLE
from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import Environment
from certificates.domain.signing import SigningState
from certificates.domain.x509 import CertificateFacts, read_certificate
from certificates.errors.inventory import CertificateForAnotherKey, CertificateNotTrusted
from certificates.models import CertificateRequest, ForeignRequest
from certificates.services.installations.match import match_waiting_installations
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.nudges import nudge_status_check
from certificates.services.signing.transition import move
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, validate
from organisations.domain.claims import Voucher
from organisations.errors import DomainError
from organisations.models import OrganisationIdentifier, Person, User
from organisations.services.identifiers import prove_identifier
from organisations.tenancy import acting_for

NOT_YET_DELIVERED = frozenset({"CERT_NOT_YET_DELIVERED", "AUTH_CERT_NOT_YET_VALID"})
"""Ask again. The second is what older versions of the service said."""

Requested = CertificateRequest | ForeignRequest
Problem = dict[str, object]


def ask_for_chain(
    request: Requested,
    gateway: Gateway,
    *,
    refused: Callable[[Rejected], None],
    unreachable: Callable[[Problem], None],
    now: datetime,
) -> list[bytes] | None:
    """Ask the government for the certificate of `request`; return it with its chain (DER, leaf first).

    None when there is none now: then `refused` or `unreachable` has written down why, as the request's organisation.
    Call outside transactions.
    """
    try:
        return gateway.certificate_chain(request.public_key_identifier or "")
    except Rejected as error:
        with acting_for([request.organisation_id], as_platform=True):
            refused(error)
    except Transient as error:
        with acting_for([request.organisation_id], as_platform=True):
            unreachable(problem_of(error, now))
    return None


def check_delivery(
    chain: Sequence[bytes], *, public_key_identifier: str, dn: str, environment: Environment
) -> CertificateFacts:
    """Check that a delivered certificate (DER, leaf first) fits key and name and leads to an anchor; return its facts.

    Raises CertificateForAnotherKey, CertificateNotTrusted.
    """
    try:
        facts = read_certificate(chain[0])
        leaf, others = read_whole(chain[0]), readable(chain[1:])
    except UNREADABLE as error:
        raise CertificateForAnotherKey from error
    if facts.public_key_identifier != public_key_identifier:
        raise CertificateForAnotherKey
    try:
        named_alike = same_holder(leaf.subject, dn)
    except NameMalformed as error:
        raise CertificateForAnotherKey from error
    if not named_alike:
        raise CertificateForAnotherKey
    if (
        validate(leaf, others, certificate_anchors(environment), check_revocation=False).trust
        is not Trust.TRUSTED
    ):
        if len(others) < len(chain) - 1:
            raise CertificateForAnotherKey  # what was missing may be what could not be read
        raise CertificateNotTrusted
    return facts


def take_in(
    request: Requested,
    chain: Sequence[bytes],
    *,
    dn: str,
    waiting: StrEnum,
    issued: StrEnum,
    ask_again: Callable[[Problem], None],
    now: datetime,
    owner: Person | None = None,
    private_to: User | None = None,
    number: OrganisationIdentifier | None = None,
) -> None:
    """Check what was delivered for the name `dn` and take it into the inventory; then `request` is `issued`.

    A wrong delivery is noted and asked for again: by `ask_again`, or in the state `waiting` where the outcome of the
    submission was unknown until now. A certificate of production vouches for `number`.
    Raises Overtaken when another worker was first. Call outside transactions.
    """
    try:
        facts = check_delivery(
            chain,
            public_key_identifier=request.public_key_identifier or "",
            dn=dn,
            environment=Environment(request.environment),
        )
    except DomainError as error:
        problem: Problem = {
            "kind": "delivery",
            "summary": error.code,
            "answers": [],
            "at": now.isoformat(),
        }
        with acting_for([request.organisation_id], as_platform=True):
            if request.state == SigningState.OUTCOME_UNKNOWN:
                move(request, waiting, actor=PLATFORM, now=now, problem=problem,
                     next_attempt_at=now + patience().pause(0))  # fmt: skip
            else:
                ask_again(problem)
        return
    with acting_for([request.organisation_id], as_platform=True), transaction.atomic():
        certificate, _new = add_certificate(
            request.organisation,
            facts,
            environment=Environment(request.environment),
            chain=chain[1:],
            chain_trusted=True,
            source="requested",
            actor=PLATFORM,
            now=now,
            owner=owner,
            private_to=private_to,
        )
        move(
            request,
            issued,
            actor=PLATFORM,
            now=now,
            certificate=certificate,
            details={"fingerprint": facts.fingerprint},
        )
        if number is not None and Environment(request.environment) is Environment.PRODUCTION:
            prove_identifier(number, Voucher.CERTIFICATE, actor=PLATFORM, now=now)
        match_waiting_installations(request.organisation)
        nudge_status_check(certificate, now=now)
