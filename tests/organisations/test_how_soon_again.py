"""How soon a letter is tried again that a mail server refused: by what hangs on it, and never without an end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from organisations.models import Organisation, Reminder, User
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import AFTER_OUTAGE, PAUSES, Notice, Urgency
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import next_letter, remind_organisation, write_letters
from tests.support.work import is_due

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.fixture
def hospital() -> Hospital:
    made = make_hospital()
    with acting_for([made.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=made.organisation.pk).update(reminders_due_at=NOW)
    return made


def notice(hospital: Hospital, urgency: Urgency, *readers: User) -> Notice:
    return Notice(
        urgency.name.lower(),
        0,
        hospital.holder,
        readers or (hospital.administrator,),
        lambda _: Note(urgency.name, "", "/there/"),
        urgency=urgency,
    )


def tries(hospital: Hospital, *notices: Notice, until: timedelta) -> list[timedelta]:
    """Sweep every half minute, as the worker does every ten seconds; return when a letter was tried."""
    key, found, before = hospital.organisation.pk, [], 0
    at = NOW
    while at <= NOW + until:
        if is_due(Organisation(pk=key), key, at, column="reminders_due_at"):
            remind_organisation(key, lambda *_: notices, now=at)
        write_letters(key, lambda *_: notices, now=at)
        with acting_for([key], as_platform=True):
            now_tried = sum(Reminder.objects.values_list("attempts", flat=True))
        if now_tried != before:
            found.append(at - NOW)
            before = now_tried
        at += MINUTE / 2
    return found


def test_what_may_do_harm_is_tried_again_within_minutes(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    found = tries(hospital, notice(hospital, Urgency.EMERGENCY), until=130 * MINUTE)
    assert found == [one * MINUTE for one in (0, 1, 6, 21, 51, 111)]


def test_what_is_asked_now_is_tried_again_soon(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    assert tries(hospital, notice(hospital, Urgency.AT_ONCE), until=60 * MINUTE) == [
        one * MINUTE for one in (0, 5, 35)
    ]


def test_what_lies_weeks_ahead_waits(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    assert tries(hospital, notice(hospital, Urgency.ROUTINE), until=60 * MINUTE) == [timedelta(0)]


def test_one_refused_letter_about_both_is_tried_again_for_each_by_itself(
    hospital: Hospital, sink: MailSink
) -> None:
    sink.refuses = True
    both = (notice(hospital, Urgency.ROUTINE), notice(hospital, Urgency.EMERGENCY))
    tries(hospital, *both, until=timedelta(0))
    sink.refuses = False
    tries(hospital, *both, until=2 * MINUTE)
    [(_to, mail)] = sink.mails
    assert str(mail["Subject"]).startswith("EMERGENCY – ")
    with acting_for([hospital.organisation.pk], as_platform=True):
        waits = Reminder.objects.get(sent_at=None)
    assert (waits.kind, waits.next_attempt_at) == ("routine", NOW + PAUSES[Urgency.ROUTINE][0])


@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_server_that_is_away_is_asked_again_by_what_waits(
    hospital: Hospital, sink: MailSink, settings: Settings, urgency: Urgency
) -> None:
    up, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tries(hospital, notice(hospital, urgency), until=timedelta(0))
    again = NOW + AFTER_OUTAGE[urgency]
    key = hospital.organisation.pk
    assert next_letter(key) == again
    settings.EMAIL_PORT = up
    write_letters(key, lambda *_: [notice(hospital, urgency)], now=again)
    assert [to for to, _mail in sink.mails] == [[hospital.administrator.email]]


def test_the_most_urgent_leave_first(hospital: Hospital, sink: MailSink) -> None:
    told = [
        notice(hospital, Urgency.ROUTINE, hospital.administrator),
        notice(hospital, Urgency.EMERGENCY, hospital.holder_user),
    ]
    tries(hospital, *told, until=timedelta(0))
    assert [to for [to], _mail in sink.mails] == [hospital.holder_user.email, hospital.administrator.email]


def test_every_kind_ends_and_grows() -> None:
    for pauses in PAUSES.values():
        assert list(pauses) == sorted(set(pauses))
        assert sum(pauses, timedelta(0)) < timedelta(days=7)
