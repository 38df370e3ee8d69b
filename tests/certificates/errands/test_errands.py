"""Errands: one row for one question of one asker, done by a worker, told once, and to nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from certificates.errors.signing import GovernmentRefused, GovernmentUnavailable
from certificates.models import Errand
from certificates.models.errand import ErrandKind
from certificates.services.errands import ask
from certificates.services.errands.ask import (
    PATIENCE,
    UNBEGUN,
    ErrandOnItsWay,
    ErrandUnknown,
    Order,
    hear,
    hear_of,
    is_on_its_way,
    place,
)
from certificates.services.errands.run import Asked, runner
from ehportal.lanes import ERRANDS
from ehportal.operation.retention import forget_what_is_over
from organisations.access import Tenancy
from organisations.domain.roles import Role
from organisations.errors import DomainError
from organisations.services.work.claims import claim
from organisations.services.work.drain import take_up
from organisations.tenancy import acting_for
from tests.organisations.web.members import member
from tests.support.hospital import Hospital, make_hospital
from tests.support.work import KIND

pytestmark = pytest.mark.django_db
SECRET = "85073003328"
Do = Callable[[Asked, datetime], dict[str, Any]]


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def order(hospital: Hospital) -> Order:
    given = {"environment": "production", "value": SECRET}
    here = hospital.organisation.pk
    return Order(ErrandKind.APPLICATION_IDS, here, given, user=hospital.administrator.pk)


def tenancy_of(hospital: Hospital) -> Tenancy:
    return Tenancy(hospital.administrator, hospital.organisation, frozenset({Role.ADMINISTRATOR}))


def work(do: Do) -> int:
    """Do what is due as a worker would, by `do`; return how many."""
    kind = replace(KIND["errands"], step=runner(dict.fromkeys(ErrandKind, do)))
    taken = claim(kind, "a test", most=100)
    for one in taken:
        take_up(one)
    return len(taken)


def well(asked: Asked, now: datetime) -> dict[str, Any]:
    return {"value": asked.parameters["value"], "by": asked.actor.name}


def row(order: Order) -> Errand:
    with acting_for([order.organisation], as_platform=True):
        return Errand.objects.get(digest=order.digest)


def older(order: Order, by: timedelta) -> None:
    with acting_for([order.organisation], as_platform=True):
        Errand.objects.filter(digest=order.digest).update(asked_at=F("asked_at") - by)


def test_it_is_done_by_a_worker_and_told_once(order: Order, hospital: Hospital) -> None:
    with pytest.raises(ErrandUnknown):
        hear(order)
    place(order)
    with pytest.raises(ErrandOnItsWay):
        hear(order)
    assert work(well) == 1
    assert hear(order) == {"value": SECRET, "by": hospital.administrator.full_name}
    with pytest.raises(ErrandUnknown):
        hear(order)


def test_the_same_asked_again_meanwhile_is_one_errand(order: Order) -> None:
    assert len({place(order) for _ in range(3)}) == 1
    assert work(well) == 1


def test_an_answer_that_nobody_fetched_is_not_an_answer_to_what_is_asked_now(order: Order) -> None:
    first = place(order)
    work(well)
    assert place(order) != first
    with pytest.raises(ErrandOnItsWay):
        hear(order)


def test_whoever_else_asks_hears_nothing(order: Order, hospital: Hospital) -> None:
    """Neither a colleague, nor a workstation, nor another organisation, nor who knows the id."""
    errand = place(order)
    work(well)
    colleague = member(hospital.organisation, Role.ADMINISTRATOR)
    elsewhere = make_hospital(
        name="Clinique", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
    )
    for other in (
        replace(order, user=colleague.pk),
        replace(order, user=None, device=uuid4()),
        replace(order, organisation=elsewhere.organisation.pk),
    ):
        with pytest.raises(ErrandUnknown):
            hear(other)
    for tenancy in (
        replace(tenancy_of(hospital), user=colleague),
        tenancy_of(elsewhere),
        replace(tenancy_of(elsewhere), user=hospital.administrator),
    ):
        assert not is_on_its_way(errand, tenancy)
        with pytest.raises(ErrandUnknown):
            hear_of(errand, order.kind, tenancy)
    with pytest.raises(ErrandUnknown):
        hear_of(errand, ErrandKind.FIND_TOKEN, tenancy_of(hospital))
    assert hear_of(errand, order.kind, tenancy_of(hospital))["value"] == SECRET


@pytest.mark.parametrize("whose", ["colleague", "nobody", "other organisation"])
def test_the_database_shows_it_to_nobody_else(order: Order, hospital: Hospital, whose: str) -> None:
    place(order)
    place(replace(order, user=None, device=uuid4()))
    named, user = {
        "colleague": (hospital.organisation.pk, member(hospital.organisation, Role.AUDITOR).pk),
        "nobody": (hospital.organisation.pk, None),
        "other organisation": (uuid4(), hospital.administrator.pk),
    }[whose]
    with acting_for([named], user=user), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM certificates_errand")
        assert cursor.fetchone() == (0,)
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        assert Errand.objects.count() == 1, "a workstation's is not a member's"


def test_nothing_of_it_is_readable_and_what_it_needed_is_gone_with_the_answer(order: Order) -> None:
    place(order)
    asked = row(order)
    assert SECRET.encode() not in bytes(asked.sealed_parameters or b"")
    assert SECRET not in repr(order)
    work(well)
    done = row(order)
    assert done.sealed_parameters is None
    assert done.next_attempt_at is None
    assert SECRET.encode() not in bytes(done.sealed_answer or b"")


def test_a_refusal_is_told_as_it_was_raised(order: Order) -> None:
    def refuse(asked: Asked, now: datetime) -> dict[str, Any]:
        raise GovernmentRefused("Niet toegelaten", codes=["X"], answers=[{"code": "X", "message": "Niet"}])

    place(order)
    work(refuse)
    with pytest.raises(GovernmentRefused) as told:
        hear(order)
    assert (told.value.code, told.value.detail) == ("government_refused", "Niet toegelaten")
    assert told.value.extra == {"codes": ["X"], "answers": [{"code": "X", "message": "Niet"}]}
    assert told.value.title == GovernmentRefused.title


def test_every_refusal_has_a_name_of_its_own() -> None:
    seen: list[str] = []
    kinds: list[type[DomainError]] = [DomainError]
    while kinds:
        kind = kinds.pop()
        seen.append(kind.__name__)
        kinds += kind.__subclasses__()
    assert len(seen) == len(set(seen)) > 50


def test_who_waits_for_absent_workers_is_told_and_nothing_is_done_behind_their_back(order: Order) -> None:
    place(order)
    older(order, UNBEGUN + timedelta(seconds=1))
    with pytest.raises(GovernmentUnavailable):
        hear(order)
    assert work(well) == 0


def test_a_worker_that_is_at_it_is_waited_for_longer(order: Order) -> None:
    place(order)
    claim(KIND["errands"], "slow")
    older(order, UNBEGUN + timedelta(seconds=1))
    with pytest.raises(ErrandOnItsWay):
        hear(order)
    older(order, PATIENCE)
    with pytest.raises(GovernmentUnavailable):
        hear(order)


def test_what_was_ordered_long_ago_is_not_done(order: Order) -> None:
    def never(asked: Asked, now: datetime) -> dict[str, Any]:
        raise AssertionError("who ordered it has gone")

    place(order)
    older(order, PATIENCE + timedelta(seconds=1))
    assert work(never) == 1
    with pytest.raises(ErrandUnknown):
        hear(order)


def test_a_step_that_breaks_is_tried_again_and_tells_nothing_of_what_it_was(order: Order) -> None:
    def broken(asked: Asked, now: datetime) -> dict[str, Any]:
        raise KeyError(asked.parameters["value"])

    place(order)
    work(broken)
    failing = row(order)
    assert failing.failure is not None
    assert failing.failure["error"] == "KeyError"
    assert SECRET not in str(failing.failure)
    assert failing.next_attempt_at is not None
    with pytest.raises(ErrandOnItsWay):
        hear(order)


def test_what_nobody_fetches_is_forgotten_within_the_hours(order: Order) -> None:
    place(order)
    work(well)
    forget_what_is_over(datetime.now(UTC))
    assert row(order)
    older(order, timedelta(hours=1, minutes=1))
    assert forget_what_is_over(datetime.now(UTC))["errands"] == 1


def test_two_who_order_the_same_at_once_get_one(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second sees no row yet, and its insert gives way."""
    first = place(order)
    monkeypatch.setattr(ask, "_waiting", lambda rows: None)
    assert place(order) == first


def test_every_kind_is_done_by_somebody() -> None:
    assert set(ERRANDS) == set(ErrandKind)
