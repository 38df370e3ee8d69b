"""Revocations that several hurry along at once: made once, sent once, completed once."""

from functools import partial

import pytest

from certificates.errors.revocations import RevocationInProgress
from certificates.models import Revocation
from certificates.services.status.check import check_revocation
from organisations.domain.work import Lane
from tests.certificates.requests.test_at_once import at_once
from tests.certificates.revocations.stages import (
    ask,
    messages,
    reload,
    signed,
    step,
    take_in,
)
from tests.certificates.revocations.test_revocations import S, actions
from tests.certificates.stages import fault, now
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import set_aside, work_off


def test_workers_that_meet_send_once(hospital: Hospital, holder: Holder, government: SandboxProcess) -> None:
    revocation = signed(hospital, holder, government)
    assert [work_off(Lane.SUBMISSIONS) for _ in range(3)] == [1, 0, 0]
    assert len(messages(government, revocation)) == 1


# --- two at once


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see; what others left due is nobody's any more."""
    set_aside()
    return make_hospital()


def test_two_clicks_make_one_revocation(committed: Hospital, government: SandboxProcess) -> None:
    certificate = take_in(committed.organisation, government)
    found: list[object] = []
    at_once(4, found, lambda: ask(committed, certificate))
    made = [one for one in found if isinstance(one, Revocation)]
    assert len(made) == 1, found
    assert sum(isinstance(one, RevocationInProgress) for one in found) == 3, found


def test_workers_at_once_send_once(committed: Hospital, holder: Holder, government: SandboxProcess) -> None:
    revocation = signed(committed, holder, government)
    fault(government, "slow:0.5", "Revoke")
    found = list[object]()
    at_once(4, found, lambda: work_off(Lane.SUBMISSIONS))
    assert sorted(map(str, found)) == ["0", "0", "0", "1"]
    assert len(messages(government, revocation)) == 1
    assert reload(committed, revocation).state == S.AWAITING_EVIDENCE


def test_evidence_heard_by_several_at_once_completes_once(
    committed: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = step(committed, signed(committed, holder, government))
    assert revocation.state == S.AWAITING_EVIDENCE
    hear = partial(check_revocation, revocation.organisation_id, revocation.certificate_id)
    found = list[object]()
    at_once(4, found, lambda: hear(now=now()))
    assert found == [None] * 4
    assert reload(committed, revocation).state == S.COMPLETED
    assert actions(committed, revocation).count("revocation_completed") == 1
    assert actions(committed, revocation.certificate).count("certificate_found_revoked") == 1
