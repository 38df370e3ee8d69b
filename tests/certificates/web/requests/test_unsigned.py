"""What nobody signed in time says so: nobody waited for an answer of the government."""

import pytest
from django.test import Client

from certificates.domain.lifecycle import RequestState
from certificates.domain.revocation import RevocationState
from certificates.domain.signing import JOB_LIFETIME
from certificates.models import SignedWork
from certificates.services.requests.job import problem_for_people
from certificates.services.signing.offer_contract import end_unsigned
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask
from tests.support.hospital import Hospital

UNSIGNED = "Nobody signed in time"
NO_ANSWER = "without a usable answer"


@pytest.fixture(params=["request", "revocation"])
def unsigned(hospital: Hospital, request: pytest.FixtureRequest) -> SignedWork:
    work: SignedWork = (
        revoke(hospital, RevocationState.AWAITING_SIGNATURE)
        if request.param == "revocation"
        else ask(hospital, RequestState.AWAITING_SIGNATURE)
    )
    end_unsigned(work, now=work.state_since + JOB_LIFETIME)
    return work


def test_its_pages_say_who_was_waited_for(administrator: Client, unsigned: SignedWork) -> None:
    page = administrator.get(f"/{unsigned.EVENT}s/{unsigned.pk}/").content.decode()
    assert UNSIGNED in page
    assert NO_ANSWER not in page
    assert "Stopped asking" not in page
    assert "cannot be reached" not in page
    assert UNSIGNED in administrator.get(f"/{unsigned.EVENT}s/").content.decode()
    told = problem_for_people(unsigned)
    assert told is not None
    assert told["code"] == "unsigned"


@pytest.mark.parametrize("state", ["request", "revocation"])
def test_a_government_that_never_answered_is_something_else(
    administrator: Client, hospital: Hospital, state: str
) -> None:
    work: SignedWork = (
        revoke(hospital, RevocationState.GAVE_UP)
        if state == "revocation"
        else ask(hospital, RequestState.GAVE_UP)
    )
    page = administrator.get(f"/{work.EVENT}s/{work.pk}/").content.decode()
    assert NO_ANSWER in page
    assert UNSIGNED not in page
