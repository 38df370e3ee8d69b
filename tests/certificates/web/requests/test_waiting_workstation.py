"""The page names the step that really waits: before anybody can sign, that is the workstation."""

import re

from django.test import Client

from certificates.domain.lifecycle import RequestState
from certificates.services.signing.transition import move
from organisations.tenancy import acting_for
from tests.certificates.stages import now
from tests.certificates.web.shelf import ask
from tests.support.hospital import PLATFORM, Hospital

S = RequestState
STEP = re.compile(r'<li class="(done|current|todo|failed)".*?<strong>(.*?)</strong>', re.DOTALL)


def _states(client: Client, address: str) -> dict[str, str]:
    """Each step's name with its state."""
    text = client.get(address).content.decode()
    return {name: state for state, name in STEP.findall(text)}


def test_it_is_done_before_the_contract_is_fetched(administrator: Client, hospital: Hospital) -> None:
    request = ask(hospital, S.AWAITING_DEVICE)
    address = f"/requests/{request.pk}/"
    waiting = _states(administrator, address)
    assert waiting["Workstation of the holder enrolled"] == "current"
    assert waiting["Contract from the government"] == "todo"
    with acting_for([hospital.organisation.pk], as_platform=True):
        move(request, S.AWAITING_CONTRACT, actor=PLATFORM, now=now(), next_attempt_at=now())
    fetching = _states(administrator, address)
    assert fetching["Workstation of the holder enrolled"] == "done"
    assert fetching["Contract from the government"] == "current"
