"""The tallies say what counting one by one says, whatever happens to certificates, at every hour of a day."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import Count

from agent.wire.pki.moments import NO_END
from certificates.counting import COUNT_ANEW
from certificates.domain.validity import LAST_DAYS, Standing
from certificates.models import Certificate, Tally
from certificates.models.certificate import WINDOW_START
from certificates.selectors.inventory import ends_by_month, in_each_standing, status_counts
from certificates.services.inventory.gather_tallies import gather_tallies
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
"""Half an hour before Belgian clocks go forward."""


def counted(hospital: Hospital, now: datetime) -> dict[str, int]:
    """Count one by one, by the definition of the list's filters."""
    where = in_each_standing(now)
    rows = Certificate.objects.filter(organisation=hospital.organisation).annotate(window_start=WINDOW_START)
    found = rows.aggregate(**{f"in_{one.value}": Count("pk", filter=which) for one, which in where.items()})
    return {name.removeprefix("in_"): number for name, number in found.items()}


def assert_true(hospital: Hospital, now: datetime) -> None:
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        assert status_counts(hospital.organisation, now) == counted(hospital, now), now


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


def test_they_hold_at_every_hour_and_after_every_change(hospital: Hospital) -> None:
    chance = random.Random(20261130)  # noqa: S311  # the same each time
    here = hospital.organisation
    made = []
    for number in range(60):
        end = NOW + chance.choice([timedelta(0), timedelta(days=90), LAST_DAYS, timedelta(days=400)])
        end += timedelta(minutes=chance.randrange(-3000, 3000))
        changes: dict[str, Any] = {"not_after": end, "not_before": end - timedelta(days=1096)}
        if number % 7 == 0:
            changes["replaceable_from"] = NOW + timedelta(minutes=chance.randrange(-2000, 2000))
        if number % 5 == 0:
            changes["chain_trusted"] = False
        if number % 11 == 0:
            changes["not_before"] = NOW + timedelta(minutes=chance.randrange(-2000, 2000))
        made.append(shelve(here, f"A{number % 40}", 100, **changes))
    moments = [NOW + timedelta(hours=hours) for hours in (-49, -25, -3, 0, 1, 2, 22, 23, 24, 25, 47, 700)]
    for moment in moments:
        assert_true(hospital, moment)
    with acting_for([here.pk], as_platform=True):
        for one in made[::3]:
            Certificate.objects.filter(pk=one.pk).update(
                revocation_status=chance.choice(["revoked", "on_hold"])
            )
        Certificate.objects.filter(pk=made[1].pk).update(not_after=NOW, replaceable_from=NOW)
        assert Tally.objects.filter(number__lt=0).exists()
    for moment in moments:
        assert_true(hospital, moment)
    before = Tally.objects
    with acting_for([here.pk], as_platform=True):
        rows = before.count()
        gather_tallies(NOW)
        assert before.count() < rows
        assert not before.filter(number__lte=0).exists()
    for moment in moments:
        assert_true(hospital, moment)


def test_what_never_ends_is_counted(hospital: Hospital) -> None:
    shelve(hospital.organisation, "EVER", 100, not_after=NO_END, not_before=NOW + timedelta(hours=1))
    assert_true(hospital, NOW)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert status_counts(hospital.organisation, NOW)[Standing.NOT_YET_VALID] == 1


def test_what_is_private_counts_for_its_owner_alone(hospital: Hospital) -> None:
    here, owner = hospital.organisation, hospital.holder_user
    shelve(here, "OWN", 400, owner=hospital.holder, private_to=owner)
    now = datetime.now(UTC)
    for user, number in ((owner, 1), (hospital.administrator, 0)):
        with acting_for([here.pk], user=user.pk):
            assert status_counts(here, now)[Standing.VALID] == number
            assert sum(month.number for month in ends_by_month(here, now)) == number


def test_the_months_are_belgian(hospital: Hospital) -> None:
    for day in (datetime(2026, 5, 31, 21, 59, tzinfo=UTC), datetime(2026, 5, 31, 22, 1, tzinfo=UTC)):
        shelve(
            hospital.organisation, f"M{day.minute}", 100, not_after=day, not_before=day - timedelta(days=900)
        )
    with acting_for([hospital.organisation.pk], as_platform=True):
        months = ends_by_month(hospital.organisation, NOW)
    assert [(month.month.month, month.number, month.soon) for month in months] == [(5, 1, 1), (6, 1, 1)]


def test_counting_anew_changes_nothing_that_is_true(committing: None, owner_url: str) -> None:
    hospital = make_hospital()
    for days in (10, 10, 400):
        shelve(hospital.organisation, f"A{days}", days)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("UPDATE certificates_tally SET number = 7")
        owner.execute(COUNT_ANEW)
    connection.close()
    assert_true(hospital, datetime.now(UTC))
