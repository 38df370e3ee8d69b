"""Rows as a queue: claimed once, in turn, on the database's clock; what fails rests, is shown, and is parked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from organisations.domain.work import PAUSES, Lane
from organisations.models import Chore, Invitation
from organisations.services.invitations import send_again
from organisations.services.work import claims
from organisations.services.work.claims import DIED, claim, claim_this, note_failure, release, settle
from organisations.services.work.drain import drain, take_up, take_up_now
from organisations.services.work.kinds import Kind
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital, make_hospital

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def nothing(_organisation: UUID, _row: UUID, /, *, now: datetime) -> None:
    """A step that comes to its end and plans nothing."""


def letters(step: Callable[..., object] = nothing) -> Kind:
    """Invitations, with a step of the test's."""
    return Kind("invitations", Lane.NOTICES, Invitation, step, lease=timedelta(minutes=5))


def invite(hospital: Hospital, count: int = 1, *, ago: timedelta = HOUR) -> list[Invitation]:
    """Rows that are due since some time."""
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        return [
            Invitation.objects.create(
                organisation=hospital.organisation,
                email=f"{ago.total_seconds()}.{number}@maasdal.example",
                full_name="Nele",
                language="nl",
                role="auditor",
                created_at=now,
                expires_at=now + 24 * HOUR,
                next_attempt_at=now - ago + timedelta(seconds=number),
            )
            for number in range(count)
        ]


def reload(row: Invitation) -> Invitation:
    with acting_for([row.organisation_id], as_platform=True):
        return Invitation.objects.get(pk=row.pk)


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def other() -> Hospital:
    return make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")


class TestClaiming:
    """Who gets what, and when."""

    def test_a_row_is_one_worker_s_until_its_lease_ends(self, hospital: Hospital) -> None:
        [row] = invite(hospital)
        kind = letters()
        [mine] = claim(kind, "one")
        assert (mine.organisation_id, mine.row_id, mine.tries) == (hospital.organisation.pk, row.pk, 1)
        assert claim(kind, "two") == []
        row = reload(row)
        assert row.leased_by == "one"
        assert row.leased_until == row.next_attempt_at == mine.at + kind.lease
        settle(mine)
        row = reload(row)
        assert (row.leased_by, row.leased_until, row.tries) == ("", None, 0)

    def test_who_is_late_writes_nothing(self, hospital: Hospital) -> None:
        """Its lease is over and somebody else is at the row: what it would note is no longer true."""
        [row] = invite(hospital)
        [mine] = claim(letters(), "one")
        with acting_for([hospital.organisation.pk], as_platform=True):
            Invitation.objects.update(next_attempt_at=mine.at, leased_until=mine.at)
        [theirs] = claim(letters(), "two")
        assert theirs.tries == 2
        settle(mine)
        note_failure(mine, ValueError())
        row = reload(row)
        assert (row.leased_by, row.tries, row.failure) == ("two", 2, None)

    def test_organisations_take_turns(self, hospital: Hospital, other: Hospital) -> None:
        """However many rows one has, and however long they wait: the other's come between."""
        invite(hospital, 20, ago=48 * HOUR)
        invite(other, 2, ago=timedelta(seconds=9))
        order = [claim(letters(), "one")[0].organisation_id for _ in range(5)]
        theirs = other.organisation.pk
        assert order[:4].count(theirs) == 2, order
        assert order[4] == hospital.organisation.pk
        assert len(claim(letters(), "two", most=100)) == 17

    def test_who_has_fewest_on_the_way_comes_first(self, hospital: Hospital, other: Hospital) -> None:
        invite(hospital, 20, ago=48 * HOUR)
        assert len(claim(letters(), "busy", most=6)) == 6
        invite(other, 3, ago=timedelta(seconds=9))
        assert {one.organisation_id for one in claim(letters(), "free", most=3)} == {other.organisation.pk}

    def test_what_is_planned_for_later_or_parked_is_left(self, hospital: Hospital) -> None:
        invite(hospital, ago=-HOUR)
        [parked] = invite(hospital)
        with acting_for([hospital.organisation.pk], as_platform=True):
            Invitation.objects.filter(pk=parked.pk).update(parked_at=datetime.now(UTC))
        assert claim(letters(), "one", most=9) == []

    def test_the_clock_is_the_database_s(self, hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker whose own clock is 31 days ahead finds nothing due that is not, and its steps hear the true time."""
        invite(hospital, ago=-HOUR)
        [row] = invite(hospital)
        heard: list[datetime] = []

        def step(_organisation: UUID, _row: UUID, /, *, now: datetime) -> None:
            heard.append(now)

        ahead = datetime.now(UTC) + timedelta(days=31)
        monkeypatch.setattr("django.utils.timezone.now", lambda: ahead)
        monkeypatch.setattr("time.time", ahead.timestamp)
        assert drain([letters(step)], wake=lambda: None) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            true = cursor.fetchone()[0]
        assert true - timedelta(minutes=10) < heard[0] <= true
        assert reload(row).tries == 0

    def test_a_command_takes_one_row_unless_a_worker_is_at_it(self, hospital: Hospital) -> None:
        [row] = invite(hospital, ago=-HOUR)
        here = hospital.organisation.pk
        kind = letters(lambda *_ids, now: "done")
        assert take_up_now(kind, here, row.pk) == "done"
        assert claim_this(kind, "one", here, row.pk) is not None
        assert take_up_now(kind, here, row.pk) is None


class TestFailing:
    """A step that does not come to its end."""

    def broken(self, _organisation: UUID, _row: UUID, /, *, now: datetime) -> None:
        raise ValueError("what the row says of 85.07.30-033.28")

    def test_it_rests_is_counted_and_says_where(self, hospital: Hospital) -> None:
        rows = invite(hospital, 3)
        told: list[UUID] = []

        def step(_organisation: UUID, row: UUID, /, *, now: datetime) -> None:
            if row == rows[1].pk:
                make_hospital_twice(hospital)
            told.append(row)
            with acting_for([hospital.organisation.pk], as_platform=True):
                Invitation.objects.filter(pk=row).update(next_attempt_at=None)

        assert drain([letters(step)], wake=lambda: None) == 3
        assert told == [rows[0].pk, rows[2].pk], "its neighbours go on"
        failed = reload(rows[1])
        assert failed.failure is not None
        assert failed.failure["error"] == "ValueError"
        assert failed.failure["where"].startswith("tests/organisations/work/test_claims.py:")
        assert "85" not in failed.failure["where"] + failed.failure["error"]
        assert (failed.tries, failed.leased_by, failed.parked_at) == (1, "", None)
        assert failed.next_attempt_at is not None
        assert failed.next_attempt_at > datetime.now(UTC) + PAUSES[0] / 2

    def test_it_is_parked_after_so_many_and_can_be_released(self, hospital: Hospital) -> None:
        [row] = invite(hospital)
        kind = letters(self.broken)
        for number in range(len(PAUSES) + 1):
            assert reload(row).parked_at is None, number
            self.due_now(row)
            assert drain([kind], wake=lambda: None) == 1
        parked = reload(row)
        assert parked.parked_at is not None
        assert parked.tries == len(PAUSES) + 1
        self.due_now(row)
        assert drain([kind], wake=lambda: None) == 0
        assert release(kind, row.organisation_id, row.pk)
        assert not release(kind, row.organisation_id, row.pk)
        assert drain([letters()], wake=lambda: None) == 1
        assert (reload(row).failure, reload(row).tries) == (None, 0)

    def test_some_never_rest_for_good(self, hospital: Hospital) -> None:
        [row] = invite(hospital)
        kind = replace(letters(self.broken), parks=False)
        for _ in range(len(PAUSES) + 4):
            self.due_now(row)
            assert drain([kind], wake=lambda: None) == 1
        assert reload(row).parked_at is None

    def test_a_row_that_kills_its_worker_is_parked_too(self, hospital: Hospital) -> None:
        """Nobody comes back to write down what happened: the claims themselves are counted."""
        [row] = invite(hospital)
        kind = letters(self.broken)
        for number in range(len(PAUSES) + 1):
            self.due_now(row)
            assert len(claim(kind, f"killed {number}")) == 1
        self.due_now(row)
        [last] = claim(kind, "one")
        take_up(last)
        parked = reload(row)
        assert parked.parked_at is not None
        assert parked.failure is not None
        assert parked.failure["error"] == DIED

    def test_what_a_step_planned_before_it_failed_is_not_brought_forward(self, hospital: Hospital) -> None:
        [row, none] = invite(hospital, 2)
        later = datetime.now(UTC) + 5 * HOUR

        def step(_organisation: UUID, row_id: UUID, /, *, now: datetime) -> None:
            with acting_for([hospital.organisation.pk], as_platform=True):
                Invitation.objects.filter(pk=row_id).update(
                    next_attempt_at=later if row_id == row.pk else None
                )
            raise ValueError

        drain([letters(step)], wake=lambda: None)
        assert reload(row).next_attempt_at == later
        assert reload(none).next_attempt_at is None

    def test_a_row_that_somebody_hurries_while_it_is_worked_on_is_not_given_twice(
        self, hospital: Hospital
    ) -> None:
        [row] = invite(hospital)
        [mine] = claim(letters(), "one")
        with acting_for([row.organisation_id], as_platform=True):
            Invitation.objects.update(next_attempt_at=datetime.now(UTC) - HOUR)
        assert claim(letters(), "two") == []
        settle(mine)
        [again] = claim(letters(), "two")
        assert (again.row_id, again.tries) == (row.pk, 1), "what was wanted meanwhile comes after it"

    def test_sending_again_lets_a_parked_letter_leave(self, hospital: Hospital) -> None:
        [row] = invite(hospital)
        with acting_for([row.organisation_id], as_platform=True):
            Invitation.objects.update(parked_at=datetime.now(UTC), tries=6, failure={"error": "KeyError"})
            send_again(row, actor=PLATFORM, now=datetime.now(UTC))
        [mine] = claim(letters(), "one")
        assert mine.tries == 1

    def test_counting_ends_before_its_column_does(self, hospital: Hospital) -> None:
        [row] = invite(hospital)
        with acting_for([row.organisation_id], as_platform=True):
            Invitation.objects.update(tries=32_767)
        assert claim(replace(letters(), parks=False), "one")[0].tries == 1000

    def due_now(self, row: Invitation) -> None:
        with acting_for([row.organisation_id], as_platform=True):
            Invitation.objects.update(next_attempt_at=datetime.now(UTC) - HOUR, leased_until=None)


def make_hospital_twice(hospital: Hospital) -> None:
    """Something of ours that raises, with what is nobody's business in its message."""
    raise ValueError(f"{hospital.holder.read_ssin()} of {hospital.organisation}")


def test_what_stands_is_counted(hospital: Hospital, other: Hospital) -> None:
    invite(hospital, 3)
    [last] = invite(other, ago=3 * HOUR)
    kind = letters(TestFailing().broken)
    with connection.cursor() as cursor:
        cursor.execute("SELECT due, oldest, leased, failing, parked FROM ehportal_standing_invitations()")
        due, oldest, leased, failing, parked = cursor.fetchone()
        assert (due, leased, failing, parked) == (4, 0, 0, 0)
        assert oldest == last.next_attempt_at
        claim(kind, "one", most=2)
        take_up(claim(kind, "two")[0])
        cursor.execute("SELECT due, leased, failing, parked FROM ehportal_standing_invitations()")
        assert cursor.fetchone() == (1, 2, 1, 0)
        cursor.execute("SELECT failure ->> 'error' FROM ehportal_failing_invitations(10)")
        assert cursor.fetchall() == [("ValueError",)]


def test_no_role_but_the_owner_sees_whose_turn_it_is() -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("SELECT * FROM organisations_turn")


def test_the_error_of_a_library_names_the_line_of_ours_that_called_it() -> None:
    with pytest.raises(ValueError, match="UUID") as raised:
        UUID("none")
    assert claims._where(raised.value).startswith("tests/organisations/work/test_claims.py:")


def test_chores_come_back() -> None:
    from organisations.services.work.chores import Task, chores_kind, plan_chores

    ran: list[datetime] = []
    tasks = [Task("sweep the yard", timedelta(minutes=10), ran.append)]
    for _ in range(2):
        plan_chores(tasks)
        drain([chores_kind(tasks)], wake=lambda: None)
    assert len(ran) == 1
    chore = Chore.objects.get(name="sweep the yard")
    assert chore.done_at == ran[0]
    assert chore.next_attempt_at == ran[0] + timedelta(minutes=10)
