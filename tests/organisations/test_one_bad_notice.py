"""One notice whose text fails, one kind that cannot be found, one reader: none of them silences the others."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from certificates.services.reminders import notices
from organisations.models import Organisation, Reader, Reminder, User
from organisations.services.letters import mail
from organisations.services.letters.mail import Note
from organisations.services.notices import tell
from organisations.services.notices.notice import PAUSES, Notice, Urgency, each_by_itself
from organisations.services.notices.tell import UNWRITTEN
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import next_letter, remind_organisation

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


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


def good(kind: str, hospital: Hospital, *readers: User, urgency: Urgency = Urgency.ROUTINE) -> Notice:
    return Notice(kind, 0, hospital.holder, readers, lambda _: Note(kind, "", "/there/"), urgency=urgency)


def bad(hospital: Hospital, *readers: User) -> Notice:
    def write(_: Reader) -> Note:
        raise KeyError("a text without its fact")

    return Notice("bad", 0, hospital.holder, readers, write)


def test_a_text_that_fails_is_left_out_of_the_letter_and_waits(hospital: Hospital, sink: MailSink) -> None:
    els, an = hospital.administrator, hospital.holder_user
    found = [good("one", hospital, els), bad(hospital, els, an), good("two", hospital, els, an)]
    with pytest.raises(KeyError):
        remind_organisation(hospital.organisation.pk, lambda *_: found, now=NOW)
    assert sorted(to for [to], _mail in sink.mails) == sorted([els.email, an.email])
    assert "one" in sink.text_to(els.email)
    assert "two" in sink.text_to(els.email)
    with acting_for([hospital.organisation.pk], as_platform=True):
        waiting = Reminder.objects.filter(sent_at=None)
        assert {(row.kind, row.answer, row.attempts) for row in waiting} == {("bad", UNWRITTEN, 1)}
        assert {row.next_attempt_at for row in waiting} == {NOW + PAUSES[Urgency.ROUTINE][0]}
    assert next_letter(hospital.organisation.pk) == NOW + PAUSES[Urgency.ROUTINE][0], (
        "planned, although a failure was raised"
    )
    assert len(sink.mails) == 2
    remind_organisation(hospital.organisation.pk, lambda *_: found, now=NOW)
    assert len(sink.mails) == 2, "nothing is told twice"


def test_a_bad_one_never_puts_off_what_burns(hospital: Hospital, sink: MailSink, settings: Settings) -> None:
    sink.refuses = True
    burning = good("fire", hospital, hospital.administrator, urgency=Urgency.EMERGENCY)
    with pytest.raises(KeyError):
        remind_organisation(
            hospital.organisation.pk, lambda *_: [bad(hospital, hospital.administrator), burning], now=NOW
        )
    assert next_letter(hospital.organisation.pk) == NOW + PAUSES[Urgency.EMERGENCY][0]


def test_a_kind_that_cannot_be_found_hides_no_other(
    hospital: Hospital, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it fails inside PostgreSQL, which gives up the transaction it was in."""

    def broken(organisation: Organisation, *_: object) -> list[Notice]:
        list(Organisation.objects.raw("SELECT 1/0 AS id"))
        return []

    monkeypatch.setattr(notices, "KINDS", (broken, *notices.KINDS))
    shelve(hospital.organisation, "EHBOX", 20)
    with pytest.raises(Exception, match="division by zero"):
        remind_organisation(hospital.organisation.pk, notices.notices_of, now=datetime.now(UTC))
    assert hospital.administrator.email in {to for [to], _mail in sink.mails}


def test_a_reader_for_whom_something_fails_keeps_nobody_waiting(
    hospital: Hospital, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    els, an = hospital.administrator, hospital.holder_user
    post = mail.post

    def posting(reader: User, write: object) -> object:
        if reader == els:
            raise RuntimeError("no letter for her")
        return post(reader, write)  # type: ignore[arg-type]

    monkeypatch.setattr(tell, "post", posting)
    with pytest.raises(RuntimeError):
        remind_organisation(hospital.organisation.pk, lambda *_: [good("one", hospital, els, an)], now=NOW)
    assert [to for [to], _mail in sink.mails] == [an.email]


def test_each_failure_is_kept() -> None:
    broken: list[Exception] = []

    def fails() -> list[Notice]:
        raise ValueError

    assert each_by_itself([fails, list, fails], broken) == []
    assert [type(one) for one in broken] == [ValueError, ValueError]
