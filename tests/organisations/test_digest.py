"""One digest a person a day: what can wait leaves in it, for all organisations together; what burns does not wait."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from agent.wire.days import BRUSSELS
from organisations.domain.roles import Role
from organisations.models import Organisation, Reader, Reminder, User
from organisations.services.letters.mail import Note
from organisations.services.members import add_member
from organisations.services.notices import tell
from organisations.services.notices.digest import quiet_until
from organisations.services.notices.look import look_for_notices
from organisations.services.notices.notice import AFTER_OUTAGE, CLAIM, Notice, Urgency
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import next_letter, remind_organisation, write_letters

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=BRUSSELS)
NEXT_MORNING = datetime(2027, 3, 11, 7, 0, tzinfo=BRUSSELS)
DAY = timedelta(days=1)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def clinic(hospital: Hospital) -> Hospital:
    """Another organisation with the same administrator."""
    made = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    els = hospital.administrator
    with acting_for([made.organisation.pk], as_platform=True):
        made.administrator, _new = add_member(
            made.organisation,
            email=els.email,
            full_name=els.full_name,
            role=Role.ADMINISTRATOR,
            actor=PLATFORM,
            now=NOON - DAY,
        )
    return made


def notice(
    where: Hospital, *readers: User, kind: str = "thing", urgency: Urgency = Urgency.ROUTINE
) -> Notice:
    return Notice(
        kind, 0, where.holder, readers or (where.administrator,), lambda _: Note(kind, "", "/there/"),
        urgency=urgency,
    )  # fmt: skip


def remind(where: Hospital, *notices: Notice, now: datetime) -> None:
    with acting_for([where.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=where.organisation.pk).update(reminders_due_at=now)
    remind_organisation(where.organisation.pk, lambda *_: notices, now=now)


def subjects(sink: MailSink) -> list[str]:
    return [str(mail["Subject"]).split(" – ", maxsplit=1)[0] for _to, mail in sink.mails]


def test_what_comes_later_on_the_same_day_waits_for_the_next_morning(
    hospital: Hospital, sink: MailSink
) -> None:
    first, second = notice(hospital, kind="first"), notice(hospital, kind="second")
    remind(hospital, first, now=NOON)
    remind(hospital, first, second, now=NOON + timedelta(hours=6))
    assert subjects(sink) == ["first"]
    assert next_letter(hospital.organisation.pk) == NEXT_MORNING
    write_letters(hospital.organisation.pk, lambda *_: (first, second), now=NEXT_MORNING)
    assert subjects(sink) == ["first", "second"]
    assert next_letter(hospital.organisation.pk) is None


def test_what_burns_leaves_at_once_and_takes_no_digest(hospital: Hospital, sink: MailSink) -> None:
    burns = notice(hospital, kind="burns", urgency=Urgency.AT_ONCE)
    remind(hospital, burns, now=NOON)
    waits = notice(hospital, kind="waits")
    remind(hospital, burns, waits, now=NOON + timedelta(hours=1))
    again = notice(hospital, kind="again", urgency=Urgency.EMERGENCY)
    more = notice(hospital, kind="more")
    remind(hospital, burns, waits, again, more, now=NOON + timedelta(hours=2))
    assert subjects(sink) == ["burns", "waits", "again"]
    assert next_letter(hospital.organisation.pk) == NEXT_MORNING


def test_all_organisations_of_a_reader_are_told_in_one_letter(
    hospital: Hospital, clinic: Hospital, sink: MailSink
) -> None:
    both = {one.organisation.pk: notice(one, kind=kind) for one, kind in ((hospital, "one"), (clinic, "two"))}

    def find(organisation: Organisation, *_: Any) -> Sequence[Notice]:
        return [both[organisation.pk]]

    for one in (hospital, clinic):
        look_for_notices(one.organisation.pk, find, now=NOON)
    for one in (hospital, clinic):
        assert write_letters(one.organisation.pk, find, now=NOON) == []
    [(to, mail)] = sink.mails
    assert to == [hospital.administrator.email]
    assert str(mail["Subject"]).strip() == "one, en nog 1 – AZ Sint-Elisabeth Maasdal en 1 andere organisatie"
    for form in ("plain", "html"):
        text = sink.text_to(hospital.administrator.email, form)
        assert "AZ Sint-Elisabeth Maasdal" in text
        assert "Clinique des Tilleuls" in text
        for one in (hospital, clinic):
            assert f"/there/?organisation={one.organisation.pk}" in text
    for one in (hospital, clinic):
        assert next_letter(one.organisation.pk) is None
        with acting_for([one.organisation.pk], as_platform=True):
            assert Reminder.objects.filter(sent_at=NOON).count() == 1


def test_one_organisation_that_cannot_be_looked_at_hides_no_other(
    hospital: Hospital, clinic: Hospital, sink: MailSink
) -> None:
    told = {one.organisation.pk: notice(one) for one in (hospital, clinic)}
    for one in (hospital, clinic):
        look_for_notices(one.organisation.pk, lambda organisation, *_: [told[organisation.pk]], now=NOON)

    def find(organisation: Organisation, _now: datetime, broken: list[Exception]) -> Sequence[Notice]:
        if organisation == clinic.organisation:
            broken.append(ValueError("not this time"))
            return []
        return [told[organisation.pk]]

    assert write_letters(hospital.organisation.pk, find, now=NOON) == []
    assert len(sink.mails) == 1
    with acting_for([clinic.organisation.pk], as_platform=True):
        assert Reminder.objects.get().next_attempt_at == NOON + CLAIM, "tried again, and nothing lost"


def test_a_refused_digest_was_none(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    remind(hospital, notice(hospital, kind="first"), now=NOON)
    sink.refuses = False
    remind(hospital, notice(hospital, kind="second"), now=NOON + timedelta(hours=1))
    assert subjects(sink) == ["second"]


def test_an_outage_is_over_when_it_is_over(hospital: Hospital, settings: Settings, sink: MailSink) -> None:
    up, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    for days in range(3):
        remind(hospital, notice(hospital, kind="thing"), now=NOON + days * DAY)
    settings.EMAIL_PORT = up
    back = NOON + 2 * DAY + AFTER_OUTAGE[Urgency.ROUTINE]
    remind(hospital, notice(hospital, kind="thing"), now=back)
    remind(hospital, notice(hospital, kind="thing"), now=back + DAY)
    assert subjects(sink) == ["thing"]


def test_a_worker_that_dies_keeps_no_digest_for_long(
    hospital: Hospital, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tell, "post", die)
    with pytest.raises(KeyboardInterrupt):
        remind(hospital, notice(hospital), now=NOON)
    monkeypatch.undo()
    remind(hospital, notice(hospital), now=NOON + CLAIM)
    assert subjects(sink) == ["thing"]


def test_a_worker_that_dies_after_the_letter_left_is_the_one_way_to_a_double(
    hospital: Hospital, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tell, "write_down", die)
    with pytest.raises(KeyboardInterrupt):
        remind(hospital, notice(hospital), now=NOON)
    monkeypatch.undo()
    assert subjects(sink) == ["thing"]
    for hours in (0, 1, 24):
        remind(hospital, notice(hospital), now=NOON + CLAIM + timedelta(hours=hours))
    assert subjects(sink) == ["thing", "thing"]


def test_a_worker_that_is_at_the_digest_is_left_to_it(hospital: Hospital, sink: MailSink) -> None:
    claimed = NOON + timedelta(minutes=3)
    User.objects.filter(pk=hospital.administrator.pk).update(digest_claimed_until=claimed)
    remind(hospital, notice(hospital), now=NOON)
    assert sink.mails == []
    assert next_letter(hospital.organisation.pk) == claimed
    remind(hospital, notice(hospital), now=claimed)
    assert subjects(sink) == ["thing"]


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        (
            (20, 7),
            datetime(2027, 3, 10, 21, 0, tzinfo=BRUSSELS),
            datetime(2027, 3, 11, 7, 0, tzinfo=BRUSSELS),
        ),
        (
            (20, 7),
            datetime(2027, 3, 10, 6, 59, tzinfo=BRUSSELS),
            datetime(2027, 3, 10, 7, 0, tzinfo=BRUSSELS),
        ),
        ((20, 7), datetime(2027, 3, 10, 7, 0, tzinfo=BRUSSELS), None),
        (
            (12, 14),
            datetime(2027, 3, 10, 12, 0, tzinfo=BRUSSELS),
            datetime(2027, 3, 10, 14, 0, tzinfo=BRUSSELS),
        ),
        ((12, 14), datetime(2027, 3, 10, 14, 0, tzinfo=BRUSSELS), None),
        # The night in which summer time begins, looked at in UTC.
        ((20, 7), datetime(2027, 3, 27, 23, 0, tzinfo=UTC), datetime(2027, 3, 28, 5, 0, tzinfo=UTC)),
        ((7, 7), datetime(2027, 3, 10, 7, 0, tzinfo=BRUSSELS), None),
        ((None, 7), datetime(2027, 3, 10, 6, 0, tzinfo=BRUSSELS), None),
    ],
)
def test_quiet_hours_are_belgian(
    hours: tuple[int | None, int | None], moment: datetime, until: datetime | None
) -> None:
    organisation = Organisation(quiet_from=hours[0], quiet_until=hours[1])
    assert quiet_until(organisation, moment) == until


def test_in_quiet_hours_only_what_burns_leaves(hospital: Hospital, sink: MailSink) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=hospital.organisation.pk).update(quiet_from=20, quiet_until=8)
    night = NOON + timedelta(hours=11)
    both = (notice(hospital, kind="waits"), notice(hospital, kind="burns", urgency=Urgency.AT_ONCE))
    remind(hospital, *both, now=night)
    assert subjects(sink) == ["burns"]
    eight = datetime(2027, 3, 11, 8, 0, tzinfo=BRUSSELS)
    assert next_letter(hospital.organisation.pk) == eight
    write_letters(hospital.organisation.pk, lambda *_: both, now=eight)
    assert subjects(sink) == ["burns", "waits"]


def test_what_is_not_mailed_stands_on_the_page_alone(hospital: Hospital, sink: MailSink) -> None:
    quiet = Notice(
        "thing", 0, hospital.holder, (hospital.administrator,), lambda _: Note("said", "", "/there/"),
        mailed=False,
    )  # fmt: skip
    for _ in range(2):
        remind(hospital, quiet, now=NOON)
    assert sink.mails == []
    with acting_for([hospital.organisation.pk], as_platform=True):
        row = Reminder.objects.get()
    assert (row.title, row.path, row.sent_at, row.next_attempt_at) == ("said", "/there/", None, None)
    assert next_letter(hospital.organisation.pk) is None


def test_one_for_the_page_alone_whose_text_fails_hides_no_other(hospital: Hospital, sink: MailSink) -> None:
    def fails(_: Reader) -> Note:
        raise KeyError("a text without its fact")

    els = hospital.administrator
    bad = Notice("bad", 0, hospital.holder, (els,), fails, mailed=False)
    good = Notice("good", 0, hospital.holder, (els,), lambda _: Note("said", "", "/"), mailed=False)
    with pytest.raises(KeyError):
        remind(hospital, bad, good, notice(hospital, kind="letter"), now=NOON)
    assert subjects(sink) == ["letter"]
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert set(Reminder.objects.values_list("kind", "title")) == {("good", "said"), ("letter", "letter")}


def test_what_was_put_off_by_day_leaves_whatever_each_night_brings(
    hospital: Hospital, sink: MailSink
) -> None:
    """A step falls at midnight, and looks happen then too: the day's news must not wait for ever."""
    told = [notice(hospital, kind="first")]
    remind(hospital, *told, now=NOON)
    told.append(notice(hospital, kind="by day"))
    remind(hospital, *told, now=NOON + timedelta(hours=6))
    midnight = NOON + timedelta(hours=12, minutes=5)
    for night in range(4):
        told.append(notice(hospital, kind=f"night {night}"))
        remind(hospital, *told, now=midnight + night * DAY)
        write_letters(hospital.organisation.pk, lambda *_: told, now=NEXT_MORNING + night * DAY)
    everything = "".join(
        str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one
        for _to, mail in sink.mails
    )
    assert everything.count("by day") == 1
    assert [everything.count(f"night {night}") for night in range(4)] == [1] * 4
    days = [(sent.sent_at or NOON).astimezone(BRUSSELS) for sent in _rows(hospital)]
    assert len({(day - timedelta(hours=7)).date() for day in days}) == len(sink.mails), "one letter a day"


def _rows(where: Hospital) -> list[Reminder]:
    with acting_for([where.organisation.pk], as_platform=True):
        return list(Reminder.objects.all())


def test_the_letter_that_leaves_takes_along_what_waits_elsewhere(
    hospital: Hospital, clinic: Hospital, sink: MailSink
) -> None:
    """Also where it is quiet there, and where it was put off until later."""
    with acting_for([clinic.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=clinic.organisation.pk).update(quiet_from=1, quiet_until=23)
    remind(clinic, notice(clinic, kind="quiet"), now=NOON)
    assert sink.mails == []
    told = {hospital.organisation.pk: notice(hospital), clinic.organisation.pk: notice(clinic, kind="quiet")}

    def find(organisation: Organisation, *_: Any) -> Sequence[Notice]:
        return [told[organisation.pk]]

    look_for_notices(hospital.organisation.pk, find, now=NOON)
    assert write_letters(hospital.organisation.pk, find, now=NOON) == []
    assert "quiet" in sink.text_to(hospital.administrator.email)


def test_a_letter_that_did_not_leave_stands_on_the_page(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    remind(hospital, notice(hospital), now=NOON)
    [row] = _rows(hospital)
    assert (row.title, row.sent_at, row.attempts) == ("thing", None, 1)
