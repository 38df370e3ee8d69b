"""Yes, no and proof at once: one link, one voucher, and never two organisations with one number unnoticed."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
import pytest_django

from agent.wire.link.organisations import Agreement
from organisations.domain.claims import NumberState, Voucher
from organisations.errors import OrganisationUnknown
from organisations.models import AuditEvent, Device, DeviceLink, OrganisationIdentifier
from organisations.services.devices.links import agree, withdraw_device
from organisations.services.identifiers import add_identifier, prove_identifier
from organisations.tenancy import acting_for, organisations_of_device
from tests.certificates.requests.test_at_once import at_once
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital(cbe="0635769870", proven=False)


@pytest.fixture
def holder(government: SandboxProcess, settings: pytest_django.Settings) -> Holder:
    return Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))


def now() -> datetime:
    return datetime.now(UTC)


def number_of(organisation: UUID) -> OrganisationIdentifier:
    with acting_for([organisation], as_platform=True):
        return OrganisationIdentifier.objects.select_related("organisation").get(
            organisation=organisation, value="0406798006"
        )


def test_one_yes_said_four_times_is_one_link(committed: Hospital, holder: Holder) -> None:
    assert holder.enrol(agree=False).status_code == 201
    device = Device.objects.get(thumbprint=holder.thumbprint)
    here = committed.organisation.pk
    asking = next(one for one in holder.organisations().waiting if one.id == str(here))
    statement = Agreement(asking).to_bytes()
    assert json.loads(statement)["organisation"]["id"] == str(here)
    results: list[object] = []
    at_once(4, results, lambda: agree(device, here, statement, "a.b.c", now=now()))
    assert results == [None] * 4
    with acting_for([here], as_platform=True):
        assert DeviceLink.objects.filter(device=device, organisation=here).count() == 1
        assert AuditEvent.objects.filter(action="device_linked", subject_id=device.pk).count() == 1


def test_a_yes_beside_a_withdrawal_leaves_no_link_open(committed: Hospital, holder: Holder) -> None:
    assert holder.enrol(agree=False).status_code == 201
    device = Device.objects.get(thumbprint=holder.thumbprint)
    here = committed.organisation.pk
    asking = next(one for one in holder.organisations().waiting if one.id == str(here))
    statement = Agreement(asking).to_bytes()
    user = committed.holder_user
    results: list[object] = []
    turns = iter(range(2))

    def turn() -> object:
        if next(turns) == 0:
            agree(device, here, statement, "a.b.c", now=now())
            return None
        return withdraw_device(device, by=user, actor=PLATFORM, now=now())

    at_once(2, results, turn)
    assert all(isinstance(one, bool | OrganisationUnknown) or one is None for one in results), results
    assert organisations_of_device(device.pk) == []
    with acting_for([here], as_platform=True):
        assert not DeviceLink.objects.filter(device=device, ended_at=None).exists()


@pytest.mark.usefixtures("committing")
def test_a_claim_beside_a_proof_waits_or_is_made_to_wait() -> None:
    committed = make_hospital(proven=False)
    other = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin="93051822361")
    ours = number_of(committed.organisation.pk)
    turns = iter(range(2))

    def turn() -> object:
        if next(turns) == 0:
            with acting_for([other.organisation.pk], as_platform=True):
                add_identifier(other.organisation, type="CBE", value=ours.value, actor=PLATFORM, now=now())
            return None
        with acting_for([committed.organisation.pk], as_platform=True):
            prove_identifier(ours, Voucher.OPERATOR, actor=PLATFORM, now=now())
        return None

    results: list[object] = []
    at_once(2, results, turn)
    assert results == [None, None]
    assert number_of(committed.organisation.pk).state == NumberState.PROVEN
    assert number_of(other.organisation.pk).state == NumberState.WAITING
    assert number_of(committed.organisation.pk).contested_by == "Kliniek Twee"
