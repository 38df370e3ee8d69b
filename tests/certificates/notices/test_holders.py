"""Mandates that end and identity cards that end, told in time to whoever can do something."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agent.wire.days import belgian_day
from certificates.services.reminders.notices import notices_of
from organisations.models import Device, DeviceLink, Mandate, Person
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 5, 3, 10, 0, tzinfo=UTC)
TODAY = belgian_day(NOW)


@pytest.fixture
def hospital() -> Hospital:
    made = make_hospital()
    with acting_for([made.organisation.pk], as_platform=True):
        Mandate.objects.update(starts_on=date(2026, 1, 1))
    return made


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def told(hospital: Hospital) -> list[tuple[str, int, set[str]]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        notices = notices_of(hospital.organisation, NOW, [])
    return [(one.kind, one.step, {str(reader) for reader in one.readers}) for one in notices]


def mandate(hospital: Hospital, **fields: Any) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.create(
            organisation=hospital.organisation,
            person=hospital.holder,
            identifier=hospital.identifier,
            **fields,
        )


@pytest.mark.parametrize(("days", "step"), [(61, None), (60, 60), (29, 30), (0, 1)])
def test_a_mandate_that_ends_is_told(hospital: Hospital, days: int, step: int | None) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.update(ends_on=in_days(days))
    both = {"Els Wouters", "An Marie Peeters"}
    assert told(hospital) == ([] if step is None else [("mandate", step, both)])


@pytest.mark.parametrize(
    ("follows", "silent"),
    [
        ({"starts_on": in_days(11), "ends_on": None}, True),
        ({"starts_on": in_days(5), "ends_on": in_days(400)}, True),
        ({"starts_on": in_days(-5), "ends_on": in_days(3)}, False),
        ({"starts_on": in_days(5), "ends_on": None, "withdrawn_on": TODAY}, False),
    ],
    ids=["follows", "overlaps", "ends_sooner", "withdrawn"],
)
def test_one_that_another_follows_is_not(hospital: Hospital, follows: dict[str, Any], silent: bool) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.update(ends_on=in_days(10))
    mandate(hospital, **follows)
    ends = [step for kind, step, _to in told(hospital) if kind == "mandate" and step == 14]
    assert ends == ([] if silent else [14])


def test_who_has_left_needs_no_mandate(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.update(ends_on=in_days(10))
        Person.objects.update(left_on=TODAY)
    assert told(hospital) == []


def workstation(hospital: Hospital, ends: datetime | None, *, name: str = "one") -> Device:
    with acting_for([hospital.organisation.pk], as_platform=True):
        made = Device.objects.create(
            thumbprint=name, public_jwk={}, label=name, ssin_index=hospital.holder.ssin_index,
            holder_first_names=["An"], holder_name="Peeters", card_ends_at=ends,
        )  # fmt: skip
        DeviceLink.objects.create(
            organisation=hospital.organisation, device=made, agreed_at=NOW, statement=b"", proof=""
        )
    return made


@pytest.mark.parametrize(("days", "step"), [(70, None), (60, 60), (5, 7), (-1, None)])
def test_a_card_that_ends_is_told(hospital: Hospital, days: int, step: int | None) -> None:
    workstation(hospital, NOW + timedelta(days=days))
    both = {"Els Wouters", "An Marie Peeters"}
    assert [(kind, step % 100, to) for kind, step, to in told(hospital)] == (
        [] if step is None else [("card", step, both)]
    )


def test_the_next_card_is_told_too(hospital: Hospital) -> None:
    """Rows are kept for years, and cards of some people last one."""
    made = workstation(hospital, NOW + timedelta(days=5))
    [(_kind, first, _to)] = told(hospital)
    Device.objects.filter(pk=made.pk).update(card_ends_at=NOW + timedelta(days=6))
    [(_kind, second, _to)] = told(hospital)
    assert (first % 100, second % 100) == (7, 7)
    assert first != second


def test_a_newer_card_has_taken_over(hospital: Hospital) -> None:
    workstation(hospital, NOW + timedelta(days=5))
    workstation(hospital, NOW + timedelta(days=3000), name="two")
    assert told(hospital) == []


@pytest.mark.parametrize("gone", ["link", "device"])
def test_a_workstation_that_is_gone_tells_nothing(hospital: Hospital, gone: str) -> None:
    made = workstation(hospital, NOW + timedelta(days=5))
    with acting_for([hospital.organisation.pk], as_platform=True):
        if gone == "link":
            DeviceLink.objects.update(ended_at=NOW)
        else:
            Device.objects.filter(pk=made.pk).update(revoked_at=NOW)
    assert told(hospital) == []
