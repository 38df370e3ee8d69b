"""`manage.py reseal` beside a server that runs: it waits for nobody, loses nothing that is written meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_django
from cryptography.fernet import Fernet
from django.core.management import CommandError
from django.db import connection, transaction
from django.test import Client

from ehportal.keys import checks, numbers, sealed
from ehportal.keys.columns import DEVICE, NUMBERS, PERSON
from ehportal.keys.standing import standings
from ehportal.management.commands.reseal import RESEALING
from ehportal.operation import health, start
from organisations import ssin
from organisations.models import Person
from organisations.sealed_columns import LOCKS
from organisations.sealing import key_id, seal
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.conftest import forget_rows
from tests.ehportal.keys.rings import index_key, reseal, sealing_key, stands, use
from tests.support.hospital import PLATFORM, Hospital, make_hospital

NUMBER, OTHER = "85073003328", "93051822361"
OLD, NEW = sealing_key(), sealing_key()
OLD_INDEX, NEW_INDEX = index_key(), index_key()
BEHIND = ([NEW, OLD], [NEW_INDEX, OLD_INDEX])


@pytest.fixture
def superuser_url(admin_url: str, owner_url: str) -> str:
    return urlsplit(admin_url)._replace(path=urlsplit(owner_url).path).geturl()


@pytest.fixture
def hospital(
    committing: None,
    owner_url: str,
    superuser_url: str,
    settings: pytest_django.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hospital]:
    """A hospital under the old keys, while this server has the new ones in front."""
    monkeypatch.setenv("DATABASE_OWNER_URL", owner_url)
    monkeypatch.setattr(sealed, "PAUSE", 0)
    monkeypatch.setattr(numbers, "PAUSE", 0)
    use(settings, [OLD], [OLD_INDEX])
    made = make_hospital()
    use(settings, *BEHIND)
    yield made
    forget_rows(superuser_url)


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


def person(hospital: Hospital) -> Person:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Person.objects.get(pk=hospital.holder.pk)


def add(hospital: Hospital, number: str) -> Person:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return add_person(
            hospital.organisation,
            first_names="Luc",
            name="Dubois",
            ssin=number,
            actor=PLATFORM,
            now=datetime.now(UTC),
        )


def test_it_counts_and_says_which_keys_may_go(hospital: Hospital, owner_url: str) -> None:
    with pytest.raises(CommandError, match="Not every value"):
        reseal("--check")
    add(hospital, OTHER)
    first = reseal()
    line = next(one for one in first.splitlines() if NUMBERS.name in one).split()
    assert line[1:6] == ["resealed", "1", "right", "already", "1"]
    assert f"SSIN_KEYS {key_id(OLD)}   may be dropped: nothing stands under it" in first
    assert f"SSIN_INDEX_KEYS {key_id(OLD_INDEX)}   may be dropped: nothing stands under it" in first
    assert stands(owner_url) == ({key_id(NEW)}, {key_id(NEW_INDEX)})
    again = reseal()
    assert "resealed        1" not in again, "there is nothing left to do"
    reseal("--check")


def test_a_value_that_is_written_meanwhile_stays(
    hospital: Hospital, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing somebody puts another value there."""
    written: list[bytes] = []

    def seal_slowly(document: bytes) -> bytes:
        if not written:
            written.append(ssin.encrypt(OTHER))
            with acting_for([hospital.organisation.pk], as_platform=True):
                Person.objects.filter(pk=hospital.holder.pk).update(ssin_ciphertext=written[0])
        return seal(document)

    monkeypatch.setattr(sealed, "seal", seal_slowly)
    count = sealed.reseal(owner, NUMBERS)
    assert (count.resealed, count.busy) == (0, 0)
    assert bytes(person(hospital).ssin_ciphertext) == written[0]


def test_a_value_that_comes_late_under_the_former_key_is_not_taken_for_damaged(
    hospital: Hospital, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was not restarted writes behind the back of the one that reseals."""
    move = numbers.move

    def meanwhile(connection: psycopg.Connection) -> dict[str, sealed.Count]:
        use(settings, [OLD], [OLD_INDEX])
        add(hospital, OTHER)
        use(settings, *BEHIND)
        return move(connection)

    monkeypatch.setattr(numbers, "move", meanwhile)
    with pytest.raises(CommandError, match="Not every value"):
        reseal()


def test_a_locked_row_is_left_for_later_and_nobody_waits(
    hospital: Hospital, owner: psycopg.Connection, owner_url: str
) -> None:
    with psycopg.connect(owner_url) as busy:
        busy.execute("SELECT 1 FROM organisations_person FOR UPDATE")
        assert sealed.reseal(owner, NUMBERS, rounds=2).busy == 1
        assert numbers.move(owner, rounds=2)[PERSON.name].busy == 1
    assert sealed.reseal(owner, NUMBERS).resealed == 1
    assert numbers.move(owner)[PERSON.name].resealed == 1


def test_a_number_is_not_moved_while_somebody_writes_it(
    hospital: Hospital, owner: psycopg.Connection
) -> None:
    """A writer goes beside the rows that are there, and they stay where they are until it is done."""
    other = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin=OTHER)
    with acting_for([other.organisation.pk], as_platform=True):
        written = add(other, NUMBER)
        assert written.ssin_index == ssin.index_of(NUMBER, OLD_INDEX), "as the other organisation has it"
        assert numbers.move(owner, rounds=1)[PERSON.name].busy == 1
        assert person(hospital).ssin_index == written.ssin_index
    moved = numbers.move(owner)
    assert (moved[PERSON.name].resealed, moved[PERSON.name].busy) == (2, 0)
    with acting_for([other.organisation.pk, hospital.organisation.pk], as_platform=True):
        assert set(Person.objects.filter(ssin_index=ssin.index_of(NUMBER)).values_list("pk", flat=True)) == {
            written.pk,
            hospital.holder.pk,
        }


def test_an_index_holds_for_a_transaction(hospital: Hospital) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        ssin.index_to_write(NUMBER)
    with transaction.atomic():
        assert ssin.index_to_write(NUMBER) == ssin.index_of(NUMBER, OLD_INDEX)
        assert ssin.index_to_write(OTHER) == ssin.index_of(OTHER, NEW_INDEX)


def test_whoever_writes_thousands_of_numbers_holds_few_locks(hospital: Hospital) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for number in range(LOCKS + 200):
            ssin.index_to_write(f"{number:011d}")
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone()[0] <= LOCKS


def test_two_rows_of_one_person_keep_no_other_number(hospital: Hospital, owner: psycopg.Connection) -> None:
    """A process that did not know the former key once wrote a number down again."""
    add(hospital, OTHER)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Person.objects.filter(name="Dubois").update(ssin_index=ssin.index_of(OTHER, OLD_INDEX))
        again = add(hospital, "00010100105")
        Person.objects.filter(pk=again.pk).update(
            ssin_index=ssin.index_of(OTHER), ssin_ciphertext=ssin.encrypt(OTHER)
        )
    moved = numbers.move(owner)[PERSON.name]
    assert (moved.right, moved.resealed, moved.unreadable, moved.busy) == (1, 1, 1, 0)
    assert person(hospital).ssin_index == ssin.index_of(NUMBER)


def test_what_no_key_opens_is_counted_and_left(
    hospital: Hospital, owner: psycopg.Connection, settings: pytest_django.Settings
) -> None:
    """One row is damaged under its key, one stands under a key that is gone: the others are done all the same."""
    add(hospital, OTHER)
    damaged = f"{key_id(OLD)}:gAAAAA-broken".encode()
    gone = f"{key_id(sealing_key())}:gAAAAA-gone".encode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        for number, value in (("00010100105", damaged), ("79092305408", gone)):
            one = add(hospital, number)
            Person.objects.filter(pk=one.pk).update(ssin_ciphertext=value)
    count = sealed.reseal(owner, NUMBERS)
    assert (count.resealed, count.right, count.unreadable, count.busy) == (1, 1, 2, 0)
    said = reseal()
    assert f"may be dropped, with LOST_KEYS={key_id(OLD)}: nobody can read the 1 values under it" in said
    settings.SSIN_KEYS = [NEW]
    found = [one for one in checks.keys_are_there(None, databases=["default"]) if "SSIN_KEYS" in one.msg]
    assert {key_id(OLD), gone.decode()[:8]} == {one.msg.split(",")[0].split()[-1] for one in found}
    settings.LOST_KEYS = [key_id(OLD), gone.decode()[:8]]
    assert checks.keys_are_there(None, databases=["default"]) == []


def test_a_key_that_is_needed_is_missed_at_start_and_told_by_a_running_server(
    hospital: Hospital, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks.keys_are_there(None, databases=["default"]) == []
    use(settings, [NEW], [NEW_INDEX])
    found = checks.keys_are_there(None, databases=["default"])
    assert [one.id for one in found] == [checks.MISSING, checks.MISSING]
    assert f"SSIN_KEYS does not hold key {key_id(OLD)}" in found[0].msg
    assert key_id(OLD) in str(found[0].hint)
    assert "nobody would be found by it" in found[1].msg
    assert any(key.missing for key in standings())
    assert {one.msg for one in found} <= {one.msg for one in start.failing()}, (
        "web, workers and beat do not start"
    )
    monkeypatch.setattr(health, "failing", lambda database: found)
    monkeypatch.setattr(health, "redis_problems", lambda: [])
    answer = Client().get("/readyz")
    assert answer.status_code == 200, "everything else goes on"
    assert answer.json()["impaired"] == [one.msg for one in found]


def test_a_lost_index_key_is_made_good(
    hospital: Hospital, settings: pytest_django.Settings, owner_url: str
) -> None:
    """The number itself is sealed beside its index, and tells what the index is to be."""
    use(settings, [NEW, OLD], [NEW_INDEX])
    reseal()
    assert stands(owner_url)[1] == {key_id(NEW_INDEX)}
    assert person(hospital).ssin_index == ssin.index_of(NUMBER)


def test_a_workstation_whose_holder_nobody_knows_is_told(
    hospital: Hospital, owner: psycopg.Connection
) -> None:
    owner.execute(
        "INSERT INTO organisations_device (id, thumbprint, public_jwk, label, ssin_index, holder_first_names,"
        " holder_name, enrolled_at) VALUES (gen_random_uuid(), 'x', '{}', 'desk', %s, '[]', 'Dubois', now())",
        [ssin.index_of(OTHER, OLD_INDEX)],
    )
    assert numbers.move(owner)[DEVICE.name].unreadable == 1
    assert numbers.move(owner)[PERSON.name].right == 1


def test_one_at_a_time(hospital: Hospital, owner: psycopg.Connection) -> None:
    owner.execute("SELECT pg_advisory_lock(%s)", [RESEALING])
    with pytest.raises(CommandError, match="Another reseal"):
        reseal()


def test_batches_are_cut_by_rows_and_by_bytes(
    hospital: Hospital, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (OTHER, "00010100105", "79092305408"):
        add(hospital, number)
    with acting_for([hospital.organisation.pk], as_platform=True):
        for one in Person.objects.all():
            old = ssin.decrypt(one.ssin_ciphertext)
            value = f"{key_id(OLD)}:".encode() + Fernet(OLD).encrypt(old.encode())
            Person.objects.filter(pk=one.pk).update(ssin_ciphertext=value)
    for rows, most in ((1, 10**6), (3, 1), (3, 10**6)):
        monkeypatch.setattr(sealed, "AT_ONCE", rows)
        monkeypatch.setattr(sealed, "MOST_BYTES", most)
        cut = [len(batch) for batch in sealed._batches(owner, NUMBERS, key_id(OLD))]
        assert sum(cut) == 4
        assert max(cut) <= (1 if most == 1 else rows)
    assert sealed.reseal(owner, NUMBERS).resealed == 4
