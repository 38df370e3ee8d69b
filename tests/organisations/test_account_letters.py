"""Letters about accounts: a page writes a row, a worker sends it once, and nothing in between opens an account."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from deploy.stack.ports import free_port
from organisations.domain.roles import Role
from organisations.models import AccountLetter, User
from organisations.services.letters import outbox
from organisations.services.letters.accounts import CHANGES, LINK
from organisations.services.letters.mail import Delivery, DeliveryStatus, send
from organisations.services.letters.outbox import PAUSES, WORTH, ask_for_password, tell_account
from organisations.services.work.wakes import bell
from tests.organisations.web.members import member
from tests.support.hospital import make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.work import is_due, send_letters

pytestmark = pytest.mark.django_db
NOBODY = "nobody@elsewhere.example"
CHANGED = "account/email/password_changed"


@pytest.fixture
def koen() -> User:
    return member(make_hospital().organisation, Role.VIEWER)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def ask(address: str) -> tuple[int, str, str]:
    """Ask on the page; return what the browser gets."""
    answer = Client().post("/accounts/password/reset/", {"email": address})
    page = Client().get(answer["Location"]).content.decode()
    return answer.status_code, answer["Location"], re.sub(r"[A-Za-z0-9]{64}", "a token", page)


def due_now() -> None:
    AccountLetter.objects.update(next_attempt_at=F("asked_at"))


def older(by: timedelta) -> None:
    AccountLetter.objects.update(asked_at=F("asked_at") - by)


def test_the_page_is_the_same_and_does_the_same_whoever_is_asked_for(koen: User, sink: MailSink) -> None:
    """Statement by statement: how long it takes tells nobody whether an account exists."""
    ask("warm@up.example")
    told, done = [], []
    for address in (koen.email, NOBODY):
        with CaptureQueriesContext(connection) as queries:
            told.append(ask(address))
        done.append([re.sub(r"'[^']*'|\d+", "?", one["sql"]) for one in queries])
    assert told[0] == told[1]
    assert done[0] == done[1]
    assert not any("organisations_user" in one or "emailaddress" in one for one in done[0]), "nobody looks"
    assert sink.mails == []
    send_letters()
    assert [to for to, _ in sink.mails] == [[koen.email]]
    assert not AccountLetter.objects.exists()


def test_neither_address_nor_link_is_readable(koen: User, sink: MailSink) -> None:
    ask_for_password(koen.email)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(one)::text FROM organisations_accountletter AS one")
        [(stored,)] = cursor.fetchall()
    assert koen.email not in stored
    assert "/accounts/" not in stored
    send_letters()
    assert "/accounts/password/reset/key/" in sink.text_to(koen.email)


def test_asked_again_while_it_waits_it_is_one_letter(koen: User, sink: MailSink) -> None:
    for address in (koen.email, koen.email.upper(), koen.email):
        ask_for_password(address)
    assert send_letters() == 1
    ask_for_password(koen.email)
    assert send_letters() == 1, "afterwards it is another one"


def test_who_can_not_sign_in_gets_no_link(koen: User, sink: MailSink) -> None:
    User.objects.filter(pk=koen.pk).update(is_active=False)
    ask_for_password(koen.email)
    assert send_letters() == 1
    assert sink.mails == []


def test_a_mail_server_that_is_away_is_tried_again_within_seconds(
    koen: User, sink: MailSink, settings: Settings
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    tell_account(koen, CHANGED)
    send_letters()
    [letter] = AccountLetter.objects.all()
    now = datetime.now(UTC)
    assert is_due(letter, koen.pk, now + outbox.OUTAGE[0] + timedelta(seconds=60))
    assert not is_due(letter, koen.pk, now), "nor at once"
    older(timedelta(hours=3))
    due_now()
    send_letters()
    letter.refresh_from_db()
    assert letter.next_attempt_at is not None
    assert letter.next_attempt_at - datetime.now(UTC) <= outbox.OUTAGE[1], "and never seldom"
    settings.EMAIL_PORT = port
    due_now()
    send_letters()
    assert [to for to, _ in sink.mails] == [[koen.email]]
    due_now()
    assert send_letters() == 0


def test_a_link_that_was_asked_while_the_mail_server_was_away_goes_at_once_when_it_is_asked_again(
    koen: User, sink: MailSink, settings: Settings
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    ask_for_password(koen.email)
    send_letters()
    assert send_letters() == 0
    settings.EMAIL_PORT = port
    ask_for_password(koen.email)
    assert send_letters() == 1
    assert len(sink.mails) == 1


def test_a_refused_letter_is_tried_some_times_and_given_up(koen: User, sink: MailSink) -> None:
    sink.unknown.add(koen.email)
    ask_for_password(koen.email)
    tries = 0
    while AccountLetter.objects.exists():
        due_now()
        tries += send_letters()
    assert tries == len(PAUSES) + 1


def test_a_letter_of_yesterday_is_not_sent(koen: User, sink: MailSink) -> None:
    for kind in (CHANGED, "mfa/email/totp_activated"):
        tell_account(koen, kind)
    older(WORTH + timedelta(minutes=1))
    send_letters()
    assert sink.mails == []
    assert not AccountLetter.objects.exists()


def test_it_names_the_moment_at_which_it_happened(koen: User, sink: MailSink, settings: Settings) -> None:
    tell_account(koen, CHANGED)
    older(timedelta(hours=5))
    asked = AccountLetter.objects.get().asked_at
    send_letters()
    local = asked.astimezone(ZoneInfo(settings.DISPLAY_TIME_ZONE))
    assert f"{local:%H:%M}" in sink.text_to(koen.email)


def test_no_second_worker_sends_it_meanwhile(
    koen: User, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []

    def slow(message: object) -> Delivery:
        sent.append(message)
        due_now()
        assert send_letters() == 0, "it is leased"
        return Delivery(DeliveryStatus.SENT)

    monkeypatch.setattr(outbox, "send", slow)
    tell_account(koen, CHANGED)
    assert send_letters() == 1
    assert len(sent) == 1


def test_a_worker_that_dies_between_letter_and_note_lets_it_come_once_more(
    koen: User, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice is better than never; and not before its lease has lapsed."""

    def last(message: EmailMultiAlternatives) -> Delivery:
        send(message)
        raise SystemExit

    tell_account(koen, CHANGED)
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "send", last)
        with pytest.raises(SystemExit):
            send_letters()
    due_now()
    assert send_letters() == 0
    AccountLetter.objects.update(leased_until=F("asked_at"))
    assert send_letters() == 1
    assert [to for to, _ in sink.mails] == [[koen.email]] * 2
    assert not AccountLetter.objects.exists()


def test_a_letter_waits_in_its_row_while_redis_is_away(
    koen: User, sink: MailSink, settings: Settings
) -> None:
    """Whoever is woken by the beat finds it: a wake-up that is lost loses nothing."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    bell.forget()
    try:
        assert ask(koen.email)[0] == 302
    finally:
        bell.forget()
    assert send_letters() == 1
    assert [to for to, _ in sink.mails] == [[koen.email]]


def test_a_letter_without_words_is_not_planned(koen: User) -> None:
    with pytest.raises(KeyError):
        tell_account(koen, "account/email/unknown_account")
    assert not AccountLetter.objects.exists()
    assert max(len(kind) for kind in (LINK, *CHANGES)) <= 60
