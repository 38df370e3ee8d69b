"""Reminders by mail: once a step and reader, whatever the mail server or a worker does, over real SMTP."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from organisations.domain.roles import Role
from organisations.models import AuditEvent, Organisation, Reminder, User
from organisations.services.letters.mail import Note
from organisations.services.members import add_member
from organisations.services.notices import tell
from organisations.services.notices.letter import MOST_BURNING, WORST
from organisations.services.notices.look import EVERY, look_for_notices
from organisations.services.notices.notice import AFTER_OUTAGE, CLAIM, PAUSES, Notice, Urgency
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import next_letter, remind_organisation, write_letters
from tests.support.work import claimable

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OUTAGE = AFTER_OUTAGE[Urgency.ROUTINE]


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.fixture
def hospital() -> Hospital:
    """A hospital that is due at NOW, which was read when this module was."""
    made = make_hospital()
    with acting_for([made.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=made.organisation.pk).update(reminders_due_at=NOW)
    return made


def colleague(hospital: Hospital, name: str) -> User:
    with acting_for([hospital.organisation.pk], as_platform=True):
        user, _new = add_member(
            hospital.organisation,
            email=f"{name}.{hospital.organisation.pk.hex[:6]}@maasdal.example",
            full_name=name.title(),
            role=Role.ADMINISTRATOR,
            actor=PLATFORM,
            now=NOW,
        )
    return user


def notice(hospital: Hospital, *readers: User, kind: str = "thing", step: int = 30) -> Notice:
    return Notice(
        kind,
        step,
        hospital.holder,
        readers,
        lambda one: Note(f"{kind} {step}", f"for {one.full_name}", "/there/"),
    )


def remind(hospital: Hospital, *notices: Notice, now: datetime = NOW) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=hospital.organisation.pk).update(reminders_due_at=now)
    remind_organisation(hospital.organisation.pk, lambda *_: notices, now=now)


def looked_at(hospital: Hospital) -> datetime:
    """When a worker is to look next."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Organisation.objects.get(pk=hospital.organisation.pk).reminders_due_at


def rows_of(hospital: Hospital) -> list[Reminder]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Reminder.objects.order_by("recipient__email"))


def events(hospital: Hospital) -> list[AuditEvent]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(AuditEvent.objects.filter(action="reminder_sent").order_by("happened_at"))


def addresses(sink: MailSink) -> list[str]:
    return sorted(to for [to], _mail in sink.mails)


def test_each_reader_gets_one_letter_with_all_that_is_due(hospital: Hospital, sink: MailSink) -> None:
    an, els = hospital.holder_user, hospital.administrator
    for _ in range(2):
        remind(hospital, notice(hospital, an, els), notice(hospital, els, kind="other"))
    assert addresses(sink) == sorted([an.email, els.email])
    text = sink.text_to(els.email)
    for told in ("thing 30", "other 30", "Els Wouters"):
        assert told in text
    assert "other" not in sink.text_to(an.email)
    assert len(events(hospital)) == 3
    assert all(row.sent_at and row.next_attempt_at is None for row in rows_of(hospital))


def test_the_next_step_is_told_again(hospital: Hospital, sink: MailSink) -> None:
    remind(hospital, notice(hospital, hospital.administrator, step=30))
    remind(hospital, notice(hospital, hospital.administrator, step=14), now=NOW + 16 * DAY)
    assert len(sink.mails) == 2
    assert [event.details["step"] for event in events(hospital)] == [30, 14]


def test_a_refused_address_holds_up_nobody_and_is_told_nothing_twice(
    hospital: Hospital, sink: MailSink
) -> None:
    gone, els, zoë = colleague(hospital, "aaron"), hospital.administrator, colleague(hospital, "zoe")
    sink.unknown = {gone.email}
    for hours in range(0, 48, 6):
        remind(hospital, notice(hospital, gone, els, zoë), now=NOW + timedelta(hours=hours))
    assert addresses(sink) == sorted([els.email, zoë.email])
    [refused] = [row for row in rows_of(hospital) if row.recipient_id == gone.pk]
    assert refused.sent_at is None
    assert refused.answer.startswith("550 5.1.1")
    assert refused.attempts == 3  # at once, after six hours, a day later
    assert {event.details["member"] for event in events(hospital)} == {"Els Wouters", "Zoe"}


def test_an_address_that_is_refused_again_and_again_is_let_alone(hospital: Hospital, sink: MailSink) -> None:
    sink.unknown = {hospital.administrator.email}
    at = NOW
    for pause in (*PAUSES[Urgency.ROUTINE], 10 * DAY, 10 * DAY):
        remind(hospital, notice(hospital, hospital.administrator), now=at)
        at += pause
    [row] = rows_of(hospital)
    assert (row.attempts, row.next_attempt_at) == (len(PAUSES[Urgency.ROUTINE]) + 1, None)
    assert events(hospital) == []


def test_a_letter_that_is_refused_goes_out_later(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    remind(hospital, notice(hospital, hospital.administrator))
    sink.refuses = False
    remind(hospital, notice(hospital, hospital.administrator), now=NOW + timedelta(hours=1))
    assert sink.mails == []
    remind(hospital, notice(hospital, hospital.administrator), now=NOW + PAUSES[Urgency.ROUTINE][0])
    assert addresses(sink) == [hospital.administrator.email]
    assert len(events(hospital)) == 1


def test_an_outage_loses_nothing_and_is_tried_again_soon(
    hospital: Hospital, settings: Settings, sink: MailSink
) -> None:
    up = settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    remind(hospital, notice(hospital, hospital.administrator, hospital.holder_user))
    assert next_letter(hospital.organisation.pk) == NOW + OUTAGE
    assert all(row.attempts == 0 for row in rows_of(hospital))
    settings.EMAIL_PORT = up
    remind(hospital, notice(hospital, hospital.administrator, hospital.holder_user), now=NOW + OUTAGE)
    assert len(sink.mails) == 2


def test_a_worker_that_dies_before_the_letter_left_leaves_a_claim_that_lapses(
    hospital: Hospital, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tell, "post", die)
    with pytest.raises(KeyboardInterrupt):
        remind(hospital, notice(hospital, hospital.administrator))
    monkeypatch.undo()
    remind(hospital, notice(hospital, hospital.administrator), now=NOW + CLAIM - timedelta(minutes=1))
    assert sink.mails == []
    remind(hospital, notice(hospital, hospital.administrator), now=NOW + CLAIM)
    assert addresses(sink) == [hospital.administrator.email]


def test_a_look_is_taken_once_and_comes_back(hospital: Hospital, sink: MailSink) -> None:
    looked: list[datetime] = []

    def find(_organisation: Organisation, now: datetime, _broken: object) -> Sequence[Notice]:
        looked.append(now)
        return ()

    remind_organisation(hospital.organisation.pk, find, now=NOW)
    assert looked == [NOW]
    assert looked_at(hospital) == NOW + EVERY


def test_who_waits_longest_is_looked_at_first(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    for one, hours in ((hospital, 1), (other, 5)):
        with acting_for([one.organisation.pk], as_platform=True):
            Organisation.objects.filter(pk=one.organisation.pk).update(
                reminders_due_at=NOW - timedelta(hours=hours)
            )
    assert claimable("notices", most=1) == [(other.organisation.pk,) * 2]
    assert claimable("notices", most=1) == [(hospital.organisation.pk,) * 2]


@pytest.mark.parametrize(("burns", "most"), [(False, WORST), (True, MOST_BURNING)], ids=["waits", "burns"])
def test_a_long_letter_names_the_worst_and_counts_the_rest(
    hospital: Hospital, sink: MailSink, burns: bool, most: int
) -> None:
    els, urgency = hospital.administrator, Urgency.AT_ONCE if burns else Urgency.ROUTINE
    many = [
        replace(notice(hospital, els, kind=f"kind{one}"), urgency=urgency, ends_at=NOW + (100 - one) * DAY)
        for one in range(most + 7)
    ]
    remind(hospital, *many)
    text = sink.text_to(els.email)
    assert text.count("/there/") == most
    assert text.index(f"kind{most + 6} ") < text.index(f"kind{most + 5} "), "what ends first stands first"
    assert "kind0 " not in text
    assert "nog 7" in text
    assert "/notices/?organisation=" in text
    assert len(rows_of(hospital)) == most + 7


def test_names_are_only_text_and_numbers_of_people_are_masked(hospital: Hospital, sink: MailSink) -> None:
    bad = Notice(
        "thing", 1, hospital.holder, (hospital.administrator,),
        lambda _: Note("<b>Evil</b>\r\nBcc: x@y.example", "of 85.07.30-033.28 & co", "/there/85073003328"),
    )  # fmt: skip
    remind(hospital, bad)
    mail = sink.mail_to(hospital.administrator.email)
    assert "/there/85073003328?organisation=" in sink.text_to(hospital.administrator.email), (
        "an address is left alone"
    )
    html = sink.text_to(hospital.administrator.email, "html")
    assert mail["Bcc"] is None
    assert "&lt;b&gt;Evil" in html
    assert "<b>" not in html
    assert "of 85.07.30-033.28" not in html + sink.text_to(hospital.administrator.email)
    assert "& co" in sink.text_to(hospital.administrator.email)
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_letter_that_a_slow_server_took_is_not_sent_every_half_hour(
    hospital: Hospital, settings: Settings, sink: MailSink
) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    sink.delay = 0.6
    remind(hospital, notice(hospital, hospital.administrator, hospital.holder_user))
    remind(hospital, notice(hospital, hospital.administrator, hospital.holder_user), now=NOW + OUTAGE)
    assert {row.attempts for row in rows_of(hospital)} == {1}, "each was tried once, none holds up the other"
    assert {row.answer for row in rows_of(hospital)} == {"SMTPServerDisconnected"}


def test_an_address_that_no_header_takes_is_a_refusal(hospital: Hospital, sink: MailSink) -> None:
    User.objects.filter(pk=hospital.administrator.pk).update(email="els@maasdal.example\nBcc: all@x.example")
    hospital.administrator.refresh_from_db()
    remind(hospital, notice(hospital, hospital.administrator, hospital.holder_user))
    assert addresses(sink) == [hospital.holder_user.email]
    assert {row.attempts for row in rows_of(hospital)} == {0, 1}


def test_looking_again_at_what_was_told_costs_nothing_more(
    hospital: Hospital, sink: MailSink, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for one in range(12):
        colleague(hospital, f"colleague{one}")
    with acting_for([hospital.organisation.pk], as_platform=True):
        readers = list(User.objects.filter(memberships__organisation=hospital.organisation))
    told = [notice(hospital, *readers, kind=f"kind{one}") for one in range(20)]
    remind(hospital, *told)
    assert len(sink.mails) == 14
    # The look with its transactions (here within the test's own), one question each about reminders, readers, webhooks.
    with django_assert_max_num_queries(25):
        remind(hospital, *told, now=NOW + EVERY)


def test_a_letter_about_more_takes_no_more_questions(hospital: Hospital, sink: MailSink) -> None:
    asked: list[int] = []
    for begin, end in ((0, 3), (3, 60)):
        told = [notice(hospital, hospital.administrator, kind=f"kind{one}") for one in range(begin, end)]
        look_for_notices(hospital.organisation.pk, lambda *_, told=told: told, now=NOW + begin * DAY)
        with CaptureQueriesContext(connection) as caught:
            write_letters(hospital.organisation.pk, lambda *_, told=told: told, now=NOW + begin * DAY)
        asked.append(len(caught))
    assert len(sink.mails) == 2
    assert asked[0] == asked[1]


def test_looking_tells_nobody_and_each_reader_is_claimed_alone(hospital: Hospital, sink: MailSink) -> None:
    readers = [colleague(hospital, f"colleague{one}") for one in range(3)]
    found = [notice(hospital, *readers)]
    look_for_notices(hospital.organisation.pk, lambda *_: found, now=NOW)
    assert sink.mails == []
    assert looked_at(hospital) == NOW + EVERY
    assert len(claimable("letters")) == 3
    assert claimable("burning_letters") == []


def test_what_is_over_when_the_letter_is_written_is_not_told(hospital: Hospital, sink: MailSink) -> None:
    key, els = hospital.organisation.pk, hospital.administrator
    look_for_notices(
        key, lambda *_: [notice(hospital, els, step=30), notice(hospital, els, kind="other")], now=NOW
    )
    today = [notice(hospital, els, step=14), notice(hospital, els, kind="other")]
    assert write_letters(key, lambda *_: today, now=NOW + 16 * DAY) == []
    text = sink.text_to(els.email)
    assert "other 30" in text
    assert "thing" not in text
    assert looked_at(hospital) == NOW + EVERY, "which passed long ago: somebody looks for what is due today"
    remind(hospital, *today, now=NOW + 17 * DAY)
    assert [(event.details["reminder"], event.details["step"]) for event in events(hospital)] == [
        ("other", 30),
        ("thing", 14),
    ]
    assert {(row.kind, row.step) for row in rows_of(hospital)} == {("other", 30), ("thing", 14)}


def test_what_was_over_and_comes_back_is_told(hospital: Hospital, sink: MailSink) -> None:
    key, els = hospital.organisation.pk, hospital.administrator
    look_for_notices(key, lambda *_: [notice(hospital, els)], now=NOW)
    assert write_letters(key, lambda *_: [], now=NOW) == []
    assert sink.mails == []
    assert next_letter(key) is None
    assert looked_at(hospital) == NOW, "somebody looks again at once"
    remind(hospital, notice(hospital, els), now=NOW + DAY)
    assert addresses(sink) == [els.email]


def test_a_kind_that_cannot_be_found_for_a_moment_loses_nothing(hospital: Hospital, sink: MailSink) -> None:
    key, els = hospital.organisation.pk, hospital.administrator
    look_for_notices(key, lambda *_: [notice(hospital, els)], now=NOW)

    def fails(_organisation: Organisation, _now: datetime, broken: list[Exception]) -> list[Notice]:
        broken.append(ValueError("not this time"))
        return []

    assert [type(one) for one in write_letters(key, fails, now=NOW)] == [ValueError]
    assert sink.mails == []
    assert next_letter(key) == NOW + CLAIM
    assert write_letters(key, lambda *_: [notice(hospital, els)], now=NOW + CLAIM) == []
    assert addresses(sink) == [els.email]


def test_what_is_private_stays_so(hospital: Hospital, sink: MailSink) -> None:
    private = hospital.holder
    private.private_to_id = hospital.holder_user.pk  # type: ignore[attr-defined]  # any row may have such a column
    remind(
        hospital, Notice("thing", 1, private, (hospital.holder_user,), lambda _: Note("mine", "", "/own/"))
    )
    seen: dict[UUID | None, int] = {}
    for user in (None, hospital.holder_user.pk, hospital.administrator.pk):
        with acting_for([hospital.organisation.pk], user=user):
            seen[user] = Reminder.objects.count()
    assert seen == {None: 0, hospital.holder_user.pk: 1, hospital.administrator.pk: 0}
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Reminder.objects.count() == 1


def test_other_tenants_see_no_reminder(hospital: Hospital, sink: MailSink) -> None:
    remind(hospital, notice(hospital, hospital.administrator))
    with acting_for([make_hospital(cbe="0809394427", ssin="93051822361").organisation.pk], as_platform=True):
        assert Reminder.objects.count() == 0
