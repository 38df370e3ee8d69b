"""A worker that was stopped between claim and reading finds a state that it did not claim: it does nothing with it."""

from datetime import timedelta

import pytest

from certificates.domain.lifecycle import RequestState
from certificates.domain.signing import JOB_LIFETIME
from certificates.models import CertificateRequest
from organisations.domain.work import Lane
from organisations.tenancy import acting_for
from tests.certificates.stages import now, registered, to_sign
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import work_off

pytestmark = pytest.mark.django_db


def test_a_contract_that_was_just_offered_is_not_given_up(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = to_sign(hospital, holder)
    late = hospital.step(request, now=now())
    assert (late.state, late.next_attempt_at) == (RequestState.AWAITING_SIGNATURE, request.next_attempt_at)
    assert late.job.state == "offered"
    over = hospital.step(request, now=request.state_since + JOB_LIFETIME)
    assert over.state == RequestState.GAVE_UP


def test_a_submission_under_way_is_not_called_lost(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = registered(hospital, holder)
    began = now()
    with acting_for([request.organisation_id], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).update(
            state=RequestState.SUBMITTING,
            submission_started_at=began,
            next_attempt_at=began + timedelta(minutes=2),
        )
    assert hospital.step(request, now=began + timedelta(seconds=30)).state == RequestState.SUBMITTING
    assert hospital.step(request, now=began + timedelta(minutes=3)).state == RequestState.OUTCOME_UNKNOWN


def test_what_one_worker_moved_on_another_may_take_up_at_once(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """Moving ends the lease: nobody waits for the one who moved it."""
    assert holder.enrol().status_code == 201
    request = hospital.request()
    assert work_off(Lane.ASKED) >= 1
    after = hospital.reload(request)
    assert (after.state, after.leased_by, after.leased_until) == (RequestState.AWAITING_SIGNATURE, "", None)
