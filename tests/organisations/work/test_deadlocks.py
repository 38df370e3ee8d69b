"""What PostgreSQL gave up for another's sake is done once more: pages, workstations, and what workers write down."""

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.shortcuts import redirect

from certificates.api import organisations as links_api
from certificates.services.requests.contract import resume_after_agreement
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Device, DeviceLink, Organisation
from organisations.services.work.deadlocks import once_more_on_deadlock, write_down
from organisations.tenancy import acting_for
from organisations.web import key_stores
from tests.organisations.web.members import member, signed_in
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.rival import rival
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital()


@pytest.fixture
def urls(admin_url: str, owner_url: str) -> tuple[str, str]:
    return admin_url, owner_url


def after(act: Callable[..., object], then: Callable[[], object]) -> Callable[..., object]:
    """Return `act` followed by `then`, in the same transaction."""

    def both(*args: object, **kwargs: object) -> object:
        answer = act(*args, **kwargs)
        then()
        return answer

    return both


def test_a_page_is_done_once_more_and_says_it_once(
    committed: Hospital, urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(member(committed.organisation, Role.ADMINISTRATOR))
    with rival(*urls, committed.holder.pk, committed.mandate.pk) as other:
        # After everything was written and said.
        monkeypatch.setattr(key_stores, "redirect", after(redirect, other.meet))
        answer = client.post("/organisation/key-stores/", {"software": "openssl"})
    assert (answer.status_code, other.met) == (302, 2)
    with acting_for([committed.organisation.pk], as_platform=True):
        assert Organisation.objects.get().key_store_software == "openssl"
        assert AuditEvent.objects.filter(action="key_store_software_chosen").count() == 1
    shown = client.get("/organisation/").content.decode()
    assert shown.count("New key stores are written for") == 1


def test_a_page_that_is_given_up_again_fails(
    committed: Hospital, monkeypatch: pytest.MonkeyPatch, urls: tuple[str, str]
) -> None:
    client = signed_in(member(committed.organisation, Role.ADMINISTRATOR))
    tries: list[int] = []
    with rival(*urls, committed.holder.pk, committed.mandate.pk) as other:

        def given_up(*_args: object, **_kwargs: object) -> None:
            tries.append(1)
            if len(tries) == 1:
                other.meet()
            error = OperationalError("deadlock detected")
            error.__cause__ = type("Given", (Exception,), {"sqlstate": "40P01"})()
            raise error

        monkeypatch.setattr(key_stores, "redirect", given_up)
        with pytest.raises(OperationalError):
            client.post("/organisation/key-stores/", {"software": "openssl"})
    assert len(tries) == 2
    with acting_for([committed.organisation.pk], as_platform=True):
        assert Organisation.objects.get().key_store_software != "openssl"


def test_a_workstations_yes_is_done_once_more(
    committed: Hospital, urls: tuple[str, str], government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol(agree=False).status_code == 201
    asking = next(one for one in holder.organisations().waiting if one.id == str(committed.organisation.pk))
    with rival(*urls, committed.holder.pk, committed.mandate.pk) as other:
        monkeypatch.setattr(links_api, "resume_after_agreement", after(resume_after_agreement, other.meet))
        answer = holder.agree(asking)
    assert (answer.status_code, other.met) == (200, 2)
    with acting_for([committed.organisation.pk], as_platform=True):
        device = Device.objects.get(thumbprint=holder.thumbprint)
        assert DeviceLink.objects.filter(device=device).count() == 1
        assert AuditEvent.objects.filter(action="device_linked", subject_id=device.pk).count() == 1


def test_what_is_written_after_a_call_is_written_once_more_and_answers(
    committed: Hospital, urls: tuple[str, str]
) -> None:
    with rival(*urls, committed.holder.pk, committed.mandate.pk) as other:

        def write() -> str:
            Organisation.objects.update(key_store_software="openssl")
            other.meet()
            return "written"

        assert write_down([committed.organisation.pk], write) == "written"
    assert other.met == 2


@pytest.mark.django_db
def test_nothing_else_is_done_once_more() -> None:
    tries: list[int] = []

    def fails() -> None:
        tries.append(1)
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        once_more_on_deadlock(fails)
    assert len(tries) == 1
