"""Getting certificates that the government knows and we do not: the real DER with its chain, checked."""

import base64
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from django.db import connection

from agent.wire.pki.certificates import load_certificate, readable
from agent.wire.pki.unreadable import UNREADABLE
from certificates.certra.errors import CertraError
from certificates.certra.facts import CertificateInfo
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts, read_certificate
from certificates.services.records.scope import key_of, number_of, serial_told
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, validate
from organisations.sealing import seal, unseal

AT_ONCE: Final = 6
MOST_SECONDS: Final = 15.0
"""The workstation waits meanwhile. What was not fetched in this time is named, and fetched at the next reading."""


@dataclass(frozen=True)
class Fetched:
    """A certificate (DER, leaf first, no root), or a stable code that says why there is none."""

    chain: tuple[bytes, ...] = ()
    facts: CertificateFacts | None = None
    problem: str = ""


def fetch_all(
    infos: Sequence[CertificateInfo],
    environment: Environment,
    gateway: Callable[[], Gateway],
    *,
    seconds: float = MOST_SECONDS,
) -> dict[tuple[str, str], Fetched]:
    """Fetch the certificates of `infos` by their key, several at once; call outside transactions.

    `gateway` makes one client a thread. Never raises for what the government answers: see `Fetched.problem`
    (not_fetched, not_delivered, for_another, not_trusted).
    """
    deadline = time.monotonic() + seconds

    def fetch(info: CertificateInfo) -> Fetched:
        if time.monotonic() > deadline:
            return Fetched(problem="not_fetched")
        try:
            chain = gateway().certificate_chain(info.public_key_identifier)
        except CertraError as error:
            return Fetched(problem="not_delivered" if error.kind == "rejected" else "not_fetched")
        finally:
            connection.close()  # this thread's, by which the circuit of the host was asked: the thread ends soon
        return check_fetched(info, chain, environment)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return {key_of(info): one for info, one in zip(infos, pool.map(fetch, infos), strict=True)}


def check_fetched(info: CertificateInfo, chain: Sequence[bytes], environment: Environment) -> Fetched:
    """Check that a delivered certificate is the one that was told of, an organisation's, and of this environment.

    The path is judged in the middle of its validity: an inventory holds expired certificates too.
    """
    try:
        facts = read_certificate(chain[0])
        leaf, others = load_certificate(chain[0]), readable(chain[1:])
    except UNREADABLE:
        return Fetched(problem="for_another")
    same_key = facts.public_key_identifier == info.public_key_identifier.lower()
    if (
        not same_key
        or serial_told(info) not in (None, facts.serial_number)
        or facts.is_personal
        or (facts.identifier_type, facts.identifier_value) != number_of(info)
    ):
        return Fetched(problem="for_another")
    anchors = certificate_anchors(environment)
    if (
        validate(leaf, others, anchors, check_revocation=False, moment=facts.middle).trust
        is not Trust.TRUSTED
    ):
        return Fetched(problem="not_trusted")
    return Fetched(tuple(chain), facts)


def sealed(chain: Sequence[bytes]) -> bytes:
    """Return a chain as `RecordProposal.sealed_certificates` keeps it."""
    return seal(json.dumps([base64.b64encode(der).decode() for der in chain]).encode())


def unsealed(kept: bytes | memoryview) -> list[bytes]:
    """Return the chain of a proposal, leaf first."""
    return [base64.b64decode(text) for text in json.loads(unseal(kept))]
