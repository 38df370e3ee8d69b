"""Large uploads: read, judged and taken in by workers, whatever kills them on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from certificates.models import Certificate, Consignment, ConsignmentPart, Intake
from certificates.services.inventory import consignments
from organisations.domain.work import Lane
from organisations.models import AuditEvent
from organisations.sealing import unseal
from organisations.tenancy import acting_for
from tests.certificates.inventory.large import again, archive, decide, findings, read, send
from tests.certificates.inventory.uploads import stored
from tests.certificates.samples import AUTHORITY, certificate, der, ehealth, key, pem, plain_name
from tests.certificates.stages import now, tag
from tests.support.hospital import Hospital, make_hospital
from tests.support.work import KIND, work_off

pytestmark = pytest.mark.django_db
COUNT = 23


class Killed(BaseException):
    """As a worker that is gone: nothing of ours catches it."""


def folder(count: int = COUNT) -> dict[str, bytes]:
    return {
        f"folder/{number}.pem": pem(ehealth(application_id=f"L{number}", signer=key()))
        for number in range(count)
    }


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consignments, "PART", 5)
    monkeypatch.setattr(consignments, "PIECE", 1000)


@pytest.mark.usefixtures("in_small_parts")
def test_from_the_files_to_the_inventory() -> None:
    hospital = make_hospital()
    issuer = certificate(plain_name("Middle"), issuer=plain_name("Root"), extensions=(AUTHORITY,))
    leaf = ehealth(application_id=tag(), issuer="CN=Middle")
    website = certificate(plain_name("www.maasdal.example"))
    other = ehealth("CBE", "0123456749", "ANOTHER", application_id=tag())
    content = folder() | {
        "leaf.pem": pem(leaf),
        "x.txt": b"nothing",
        "www.pem": pem(website),
        "other.pem": pem(other),
    }
    found = read(
        hospital, ("all.zip", archive(content)), ("above.pem", pem(issuer)), ("again.pem", pem(leaf))
    )
    assert found.counts == {
        "not_recognised": COUNT + 1,
        "not_ours": 1,
        "not_ehealth": 1,
        "unreadable": 1,
        "ca_certificate": 1,
        "duplicate": 1,
    }
    assert stored(hospital) == []
    decide(hospital, found, "not_recognised", "unreadable", "ca_certificate")
    work_off(Lane.IMPORTS)
    done = again(hospital, found.pk)
    assert done.state == "done"
    rows = stored(hospital)
    assert len(rows) == COUNT + 1
    assert {one.taken_in_with for one in rows} == {done.taken_in_with}
    assert [one.above for one in rows if one.der == der(leaf)] == [(der(issuer),)], "which came after it"
    with acting_for([hospital.organisation.pk], as_platform=True):
        intake = Intake.objects.get()
        assert (intake.new, intake.known, intake.refused) == (COUNT + 1, 0, 2)
        [event] = AuditEvent.objects.filter(action="certificates_imported")
        assert (event.subject_id, event.details) == (intake.pk, {"new": COUNT + 1, "known": 0, "refused": 2})
        kept = b"".join(unseal(one.sealed_content) for one in ConsignmentPart.objects.filter(kind="read"))
        assert b'"der"' not in kept, "what was decided about is not kept"
        assert not ConsignmentPart.objects.filter(kind="sent").exists()


@pytest.mark.usefixtures("in_small_parts")
def test_what_is_private_to_somebody_is_no_business_of_an_import() -> None:
    hospital, content = make_hospital(), archive(folder(3))
    decide(hospital, read(hospital, ("a.zip", content)), "not_recognised")
    work_off(Lane.IMPORTS)
    with acting_for([hospital.organisation.pk], as_platform=True):
        private = {"owner": hospital.holder, "private_to": hospital.holder_user}
        assert Certificate.objects.filter(organisation=hospital.organisation).update(**private) == 3
    assert read(hospital, ("a.zip", content)).counts == {"not_recognised": 3}


@pytest.mark.usefixtures("in_small_parts")
def test_the_same_again_adds_nothing() -> None:
    hospital, content = make_hospital(), archive(folder(7))
    for new, known in ((7, 0), (0, 7)):
        found = read(hospital, ("a.zip", content))
        assert found.counts == ({"already_known": known} if known else {"not_recognised": new})
        decide(hospital, found, "not_recognised")
        work_off(Lane.IMPORTS)
        with acting_for([hospital.organisation.pk], as_platform=True):
            intake = Intake.objects.latest("taken_at")
            assert intake.pk == again(hospital, found.pk).taken_in_with
        assert (intake.new, intake.known) == (new, known)
    assert len(stored(hospital)) == 7


def test_decided_twice_is_decided_once() -> None:
    hospital = make_hospital()
    found = read(hospital, ("a.zip", archive(folder(2))))
    decide(hospital, found, "not_recognised")
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not consignments.decide(found, ["not_recognised"], now=now())
        assert Intake.objects.count() == 1


@pytest.mark.usefixtures("in_small_parts")
@pytest.mark.parametrize("step", ["_read", "_judge", "_take"])
def test_whoever_goes_on_after_a_killed_worker_does_nothing_twice(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in each part in turn, with all that it wrote there, before it could commit."""
    hospital = make_hospital()
    sent = send(hospital, ("a.zip", archive(folder())))
    real: Callable[..., None] = getattr(consignments._Work, step)
    calls = {"all": 0, "killed": 0}

    def killing(work: Any, row: Consignment) -> None:
        real(work, row)
        calls["all"] += 1
        if calls["all"] % 2:  # each part is tried twice
            calls["killed"] += 1
            raise Killed

    monkeypatch.setattr(consignments._Work, step, killing)
    for _ in range(40):
        if again(hospital, sent.pk).state == "to_decide":
            decide(hospital, again(hospital, sent.pk), "not_recognised")
        try:
            consignments.work_on_consignment(hospital.organisation.pk, sent.pk, now=now())
        except Killed:
            continue
    assert calls["killed"] >= COUNT // 5
    done = again(hospital, sent.pk)
    assert (done.state, done.counts) == ("done", {"not_recognised": COUNT})
    assert len(stored(hospital)) == COUNT
    with acting_for([hospital.organisation.pk], as_platform=True):
        intake = Intake.objects.get()
        assert (intake.new, intake.known) == (COUNT, 0)
        assert AuditEvent.objects.filter(action="certificates_imported").count() == 1


@pytest.mark.usefixtures("in_small_parts")
def test_a_worker_that_lost_its_row_goes_on_from_where_it_stands() -> None:
    hospital = make_hospital()
    sent = send(hospital, ("a.zip", archive(folder())))
    slow = consignments._Work(hospital.organisation.pk, sent.pk, now())
    with acting_for([hospital.organisation.pk], as_platform=True):
        slow.advance()
        quick = consignments._Work(hospital.organisation.pk, sent.pk, now())
        quick.advance()
        while slow.advance():
            quick.advance()
    found = again(hospital, sent.pk)
    assert (found.state, found.counts) == ("to_decide", {"not_recognised": COUNT})
    assert len(set(findings(hospital, found))) == COUNT


def test_it_is_claimed_in_its_lane_and_seen_by_nobody_else() -> None:
    hospital, other = make_hospital(), make_hospital()
    sent = send(hospital, ("a.zip", archive(folder(2))))
    assert KIND["imports"].lane is Lane.IMPORTS
    assert KIND["imports"].lease > timedelta(seconds=2 * consignments.SECONDS)
    assert work_off(Lane.IMPORTS) == 1
    assert work_off(Lane.IMPORTS) == 0, "it waits for a decision"
    for organisation, count in ((other, 0), (hospital, 1)):
        with acting_for([organisation.organisation.pk], as_platform=True):
            assert Consignment.objects.filter(pk=sent.pk).count() == count
            assert bool(ConsignmentPart.objects.exists()) is bool(count)


def test_a_part_takes_as_many_statements_however_many_it_holds(
    django_assert_max_num_queries: Any, hospital_with: Callable[[int], tuple[Hospital, Consignment]]
) -> None:
    for count in (3, 60):
        hospital, sent = hospital_with(count)
        with django_assert_max_num_queries(70):
            work_off(Lane.IMPORTS)
        assert again(hospital, sent.pk).counts == {"not_recognised": count}


@pytest.fixture
def hospital_with() -> Callable[[int], tuple[Hospital, Consignment]]:
    def make(count: int) -> tuple[Hospital, Consignment]:
        hospital = make_hospital()
        return hospital, send(hospital, ("a.zip", archive(folder(count))))

    return make
