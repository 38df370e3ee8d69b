"""Calendar feeds: what stands in them, for whom, and who may read them at this moment."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from agent.wire.days import BRUSSELS, belgian_day
from certificates.domain.lifecycle import Environment
from certificates.models import Certificate
from organisations.access import Tenancy
from organisations.domain.roles import Role
from organisations.models import AuditEvent, CalendarFeed, Mandate, Membership, User
from organisations.services.audit import Actor
from organisations.services.feeds import digest_of, open_feed, revoke_feed
from organisations.services.mandates import give_mandate
from organisations.services.members import take_role
from organisations.tenancy import acting_for
from tests.certificates.calendar.reading import calendar_of, events, feed_of, titles
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
TODAY = belgian_day(datetime.now(BRUSSELS))


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def read(address: str, **headers: str) -> Any:
    return Client().get(address, headers=headers)


def test_the_three_days_of_a_certificate(hospital: Hospital) -> None:
    shelve(hospital.organisation, "PHARMACY", 120)
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    answer = read(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, max-age=300, must-revalidate"
    assert {str(one["SUMMARY"]): one["DTSTART"].dt for one in events(answer.content)} == {
        "CBE=0406798006, PHARMACY kan vanaf vandaag hernieuwd worden": TODAY + timedelta(days=30),
        "Laatste veilige dag om CBE=0406798006, PHARMACY te hernieuwen": TODAY + timedelta(days=110),
        "CBE=0406798006, PHARMACY eindigt": TODAY + timedelta(days=120),
    }
    calendar = calendar_of(answer.content)
    assert calendar["METHOD"] == "PUBLISH"
    assert "400" in calendar["X-WR-CALDESC"]
    for one in events(answer.content):
        assert (one["DTEND"].dt - one["DTSTART"].dt) == timedelta(days=1)
        assert isinstance(one["DTSTART"].dt, date)
        assert not isinstance(one["DTSTART"].dt, datetime)
        assert one.walk("VALARM")
        assert f"organisation={hospital.organisation.pk}" in str(one["URL"])


def test_the_same_data_gives_the_same_bytes_and_304(hospital: Hospital) -> None:
    made = shelve(hospital.organisation, "A", 60)
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    first, again = read(address), read(address)
    assert first.content == again.content
    same = read(address, if_none_match=first["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    [end] = [one for one in events(first.content) if "eindigt" in one["SUMMARY"]]
    assert end["DTSTAMP"].dt == made.created_at.replace(microsecond=0)
    shelve(hospital.organisation, "A", 60)
    grown = read(address, if_none_match=first["ETag"])
    assert grown.status_code == 200
    [two] = [one for one in events(grown.content) if "eindigen" in one["SUMMARY"]]
    assert two["UID"] == end["UID"]
    assert two["SEQUENCE"] > end["SEQUENCE"]


def test_what_is_taken_care_of_is_not_in_it(hospital: Hospital) -> None:
    here = hospital.organisation
    shelve(here, "OLD", 40)
    shelve(here, "OLD", 900)
    shelve(here, "REVOKED", 50, revocation_status="revoked")
    shelve(here, "STRANGE", 50, chain_trusted=False)
    shelve(here, "LATE", 800)
    shelve(here, "PAST", -60)
    _feed, address = feed_of(hospital.administrator, here)
    assert titles(read(address).content) == []


def test_many_of_one_day_are_one_event(hospital: Hospital) -> None:
    for number in range(9):
        shelve(hospital.organisation, f"A{number}", 45)
    for _again in range(3):
        shelve(hospital.organisation, "SAME", 46, environment=Environment.ACCEPTANCE)
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    found = {str(one["SUMMARY"]): one for one in events(read(address).content)}
    many = found["9 certificaten eindigen"]
    assert f"ends_from={TODAY + timedelta(days=45)}" in str(many["URL"])
    assert "3 certificaten eindigen: CBE=0406798006, SAME (acceptatieomgeving)" in found


def test_hostile_names_stay_text(hospital: Hospital) -> None:
    bad = "a\r\nBEGIN:VALARM\nX;Y,Z\\n:\u202e\x07" + "é" * 150
    shelve(hospital.organisation, "X", 45, common_name=bad)
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    content = read(address).content
    [end] = [one for one in events(content) if "eindigt" in one["SUMMARY"]]
    assert "a BEGIN:VALARM X;Y,Z\\n: " in end["SUMMARY"]
    assert len(end.walk("VALARM")) == 2
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_mandates_papers_and_whose_they_are(hospital: Hospital) -> None:
    here, soon = hospital.organisation, TODAY + timedelta(days=20)
    with acting_for([here.pk], as_platform=True):
        Mandate.objects.update(ends_on=soon)
    viewer = member(here, Role.VIEWER)
    for user, shown in ((hospital.administrator, True), (hospital.holder_user, True), (viewer, False)):
        _feed, address = feed_of(user, here)
        assert any("Peeters" in one for one in titles(read(address).content)) is shown
    _feed, address = feed_of(hospital.administrator, here, shared=True)
    assert any("Peeters" in one for one in titles(read(address).content))
    with acting_for([here.pk], as_platform=True):
        give_mandate(
            here, person=hospital.holder, identifier=hospital.identifier, starts_on=soon,
            actor=Actor.platform(), now=datetime.now(BRUSSELS),
        )  # fmt: skip
    assert titles(read(address).content) == []


def test_private_certificates_are_their_owners_only(hospital: Hospital) -> None:
    here, owner = hospital.organisation, hospital.holder_user
    shelve(here, "", 45, common_name="An Peeters", owner=hospital.holder, private_to=owner)
    _feed, own = feed_of(owner, here)
    assert any("An Peeters" in one for one in titles(read(own).content))
    for shared in (False, True):
        _feed, address = feed_of(hospital.administrator, here, shared=shared)
        assert titles(read(address).content) == []


def test_an_own_feed_has_all_organisations_and_an_organisations_feed_one(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    shelve(hospital.organisation, "HERE", 45)
    shelve(other.organisation, "THERE", 45)
    with acting_for([other.organisation.pk], as_platform=True):
        Membership.objects.create(organisation=other.organisation, user=hospital.administrator, role="viewer")
    _feed, own = feed_of(hospital.administrator, hospital.organisation)
    told = " ".join(titles(read(own).content))
    assert "HERE" in told
    assert "THERE" in told
    assert "· Clinique des Tilleuls" in told
    _feed, shared = feed_of(hospital.administrator, hospital.organisation, shared=True)
    assert "THERE" not in " ".join(titles(read(shared).content))


@pytest.mark.parametrize(
    ("language", "word"), [("nl", "eindigt"), ("fr", "prend fin"), ("de", "endet"), ("en", "ends")]
)
def test_it_speaks_its_readers_language(hospital: Hospital, language: str, word: str) -> None:
    shelve(hospital.organisation, "A", 45)
    User.objects.filter(pk=hospital.administrator.pk).update(language=language)
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    assert any(word in one for one in titles(read(address).content))


def test_unknown_revoked_and_malformed_answer_alike(hospital: Hospital) -> None:
    feed, address = feed_of(hospital.administrator, hospital.organisation, shared=True)
    assert read(address).status_code == 200
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        row = CalendarFeed.objects.get(pk=feed.pk)
        assert row.last_used_at is not None
        assert row.secret_digest == digest_of(address[16:59])
        tenancy = Tenancy(hospital.administrator, hospital.organisation, frozenset({Role.ADMINISTRATOR}))
        revoke_feed(row, tenancy=tenancy, now=datetime.now(BRUSSELS))
        actions = AuditEvent.objects.filter(subject_id=feed.pk).values_list("action", flat=True)
        assert sorted(actions) == ["feed_made", "feed_revoked"]
    answers = [
        read(one)
        for one in (address, f"/calendar/feeds/{'x' * 43}.ics", "/calendar/feeds/short.ics", address)
    ]
    told = {(one.status_code, one.content, str(sorted(one.headers.items() - {("X-Request-Id", one["X-Request-Id"])})))
            for one in answers}  # fmt: skip
    assert len(told) == 1
    assert answers[0].status_code == 404


def test_who_loses_the_role_loses_the_feed_for_good(hospital: Hospital) -> None:
    here = hospital.organisation
    second = member(here, Role.ADMINISTRATOR, Role.VIEWER, name="Koen Claes")
    _feed, shared = feed_of(second, here, shared=True)
    _feed, own = feed_of(second, here)
    assert read(shared).status_code == read(own).status_code == 200
    with acting_for([here.pk], as_platform=True):
        held = Membership.objects.get(user=second, role="administrator")
        take_role(held, actor=Actor.platform(), now=datetime.now(BRUSSELS))
        assert AuditEvent.objects.filter(action="feed_ended").count() == 1
        Membership.objects.create(organisation=here, user=second, role="administrator")
    assert read(shared).status_code == 404
    assert read(own).status_code == 200
    with acting_for([here.pk], as_platform=True):
        Membership.objects.filter(user=second).delete()
    assert read(own).status_code == 404
    with acting_for([here.pk], as_platform=True):
        Membership.objects.create(organisation=here, user=second, role="viewer")
    assert read(own).status_code == 404, "it has ended for good"


def test_an_account_that_was_closed_reads_nothing(hospital: Hospital) -> None:
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    User.objects.filter(pk=hospital.administrator.pk).update(is_active=False)
    assert read(address).status_code == 404


def test_a_feed_costs_the_same_for_many(hospital: Hospital, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        shelve(hospital.organisation, f"A{number}", 40 + number)
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    with django_assert_max_num_queries(30):
        read(address)


def test_raw_rows_are_their_makers(hospital: Hospital) -> None:
    feed, address = feed_of(hospital.administrator, hospital.organisation)
    with acting_for([hospital.organisation.pk], user=hospital.holder_user.pk):
        assert not CalendarFeed.objects.exists()
    with acting_for([], user=hospital.administrator.pk):
        assert CalendarFeed.objects.get() == feed
    assert open_feed("x", datetime.now(BRUSSELS)) is None
    assert Certificate.objects.count() == 0
    assert address
