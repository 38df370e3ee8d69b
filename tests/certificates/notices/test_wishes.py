"""Who is told of an end: the closest rules count, and nobody is told what is private."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from certificates.domain.lifecycle import Environment
from certificates.domain.watch.notices import STEPS, Policy
from certificates.models import Carer, Caring, Certificate, Mute, NoticePolicy, Tag
from certificates.services.notices.readers import Readers
from certificates.services.notices.wishes import Wishes, closest
from certificates.services.reminders.notices import notices_of
from organisations.models import Correspondent, Reader, User
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital

DAYS = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


class TestClosest:
    """Of several rules the closest ones count; of several tags, all of them together."""

    ALL, TEST, LAB, LAB_TEST = (Policy(steps=(one,)) for one in (1, 2, 3, 4))
    RULES = {("", ""): ALL, ("acceptance", ""): TEST, ("", "lab"): LAB, ("acceptance", "lab"): LAB_TEST}

    @pytest.mark.parametrize(
        ("environment", "tags", "policy"),
        [
            ("production", (), ALL),
            ("production", ("other",), ALL),
            ("acceptance", (), TEST),
            ("production", ("lab", "other"), LAB),
            ("acceptance", ("lab",), LAB_TEST),
        ],
    )
    def test_which_count(self, environment: str, tags: tuple[str, ...], policy: Policy) -> None:
        assert closest(self.RULES, environment, tags) == policy

    def test_without_rules_the_house_s_own_count(self) -> None:
        assert closest({}, "production", ("lab",)) == Policy()

    def test_of_two_tags_nobody_is_told_less_than_one_of_them_says(self) -> None:
        one, two = uuid4(), uuid4()
        rules = {
            ("", "a"): Policy(
                (30, 7), 0, administrators=False, holders_from=7, carers=False, by_mail=False,
                escalate_after=None, correspondents=frozenset({one}),
            ),
            ("", "b"): Policy(
                (14, 7), 14, administrators=True, holders_from=None, carers=True, by_mail=True,
                escalate_after=3, correspondents=frozenset({two}),
            ),
        }  # fmt: skip
        assert closest(rules, "production", ("b", "a")) == Policy(
            (30, 14, 7), 14, administrators=True, holders_from=7, carers=True, by_mail=True,
            escalate_after=3, correspondents=frozenset({one, two}),
        )  # fmt: skip


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


def rules(hospital: Hospital, *, environment: str = "", tag: str = "", **fields: Any) -> NoticePolicy:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return NoticePolicy.objects.create(
            organisation=hospital.organisation, environment=environment, tag=tag, **fields
        )


def tag(certificate: Certificate, text: str) -> None:
    with acting_for([certificate.organisation_id], as_platform=True):
        Tag.objects.create(organisation_id=certificate.organisation_id, certificate=certificate, text=text)


def desk(hospital: Hospital, **fields: Any) -> Correspondent:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Correspondent.objects.create(
            organisation=hospital.organisation, name="Service desk", language="fr",
            added_by=hospital.administrator, **{"agreed_at": now(), "email": "desk@maasdal.example"} | fields,
        )  # fmt: skip


def readers_of(hospital: Hospital, certificate: Certificate, signers: tuple[User, ...] = ()) -> set[Reader]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        wishes = Wishes(hospital.organisation, Certificate.objects.filter(pk=certificate.pk), now())
        return set(wishes.readers(certificate, Readers(hospital.organisation, now()), signers))


def found(hospital: Hospital) -> list[tuple[str, int]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return [(one.kind, one.step) for one in notices_of(hospital.organisation, now(), [])]


def test_rules_of_a_tag_change_when_it_is_told(hospital: Hospital) -> None:
    shelve(hospital.organisation, "PLAIN", 49)
    tagged = shelve(hospital.organisation, "TAGGED", 50)
    tag(tagged, "lab")
    rules(hospital, tag="lab", steps=[50, 3])
    assert found(hospital) == [("renewal", 60), ("renewal", 50)]


def test_rules_of_an_environment(hospital: Hospital) -> None:
    shelve(hospital.organisation, "TEST", 50, environment=Environment.ACCEPTANCE)
    rules(hospital, environment="acceptance", steps=[1])
    assert found(hospital) == [("renewal", 90)], "the opening alone"


def test_holders_hear_from_the_day_that_was_chosen(hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APP", 50)
    els, an = hospital.administrator, hospital.holder_user
    assert readers_of(hospital, one, (an,)) == {els}
    rules(hospital, holders_from=50)
    assert readers_of(hospital, one, (an,)) == {els, an}
    with acting_for([hospital.organisation.pk], as_platform=True):
        NoticePolicy.objects.update(holders_from=None, administrators=False)
    assert readers_of(hospital, one, (an,)) == set()


def test_the_owner_and_who_has_it_on_the_list_are_told(hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APP", 80)
    an = hospital.holder_user
    with acting_for([hospital.organisation.pk], as_platform=True):
        Carer.objects.create(
            organisation=hospital.organisation, certificate=one, user=an, caring=Caring.WATCHER
        )
    assert readers_of(hospital, one) == {hospital.administrator, an}
    rules(hospital, carers=False)
    assert readers_of(hospital, one) == {hospital.administrator}


@pytest.mark.parametrize(
    ("fields", "told"),
    [({}, True), ({"agreed_at": None}, False), ({"ended_at": datetime(2026, 1, 1, tzinfo=UTC)}, False)],
    ids=["agreed", "not_asked", "ended"],
)
def test_an_address_outside_is_told_once_it_agreed(
    hospital: Hospital, fields: dict[str, Any], told: bool
) -> None:
    outside = desk(hospital, **fields)
    rules(hospital, correspondents=[outside.pk])
    one = shelve(hospital.organisation, "APP", 80)
    assert (outside in readers_of(hospital, one)) is told


def test_no_address_outside_hears_of_a_person_s_certificate(hospital: Hospital) -> None:
    outside = desk(hospital)
    rules(hospital, correspondents=[outside.pk])
    mine: dict[str, Any] = {
        "identifier_type": "SSIN",
        "identifier_value": "",
        "ssin_index": "x" * 64,
        "owner": hospital.holder,
    }
    private = shelve(hospital.organisation, "", 20, private_to=hospital.holder_user, **mine)
    shared = shelve(hospital.organisation, "S", 20, shared_at=now(), **mine)
    assert readers_of(hospital, private) == {hospital.holder_user}
    assert readers_of(hospital, shared) == {hospital.holder_user, hospital.administrator}


@pytest.mark.parametrize(("days", "silent"), [(0, True), (5, True), (-1, False)])
def test_a_silence_holds_through_its_last_day(hospital: Hospital, days: int, silent: bool) -> None:
    one = shelve(hospital.organisation, "APP", 20)
    gone = shelve(hospital.organisation, "OLD", -2, created_at=now() - 400 * DAYS)
    with acting_for([hospital.organisation.pk], as_platform=True):
        for certificate in (one, gone):
            Mute.objects.create(
                organisation=hospital.organisation, certificate=certificate, reason="replaced by hand",
                until=(now() + days * DAYS).date(), muted_by=hospital.administrator,
            )  # fmt: skip
    assert found(hospital) == ([] if silent else [("ended", 0), ("renewal", 21)])


def test_the_house_s_own_rules_are_the_model_s(hospital: Hospital) -> None:
    assert rules(hospital).wishes == Policy(steps=STEPS)
