"""Reminders by mail: a token that waits for its activation, over real SMTP, once, to the right people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from certificates.domain.tokens import TokenState
from certificates.models import Certificate, EncryptionToken
from certificates.services.remind_of_tokens import remind_of_token, waiting_tokens
from certificates.tasks import sweep_waiting_tokens
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import give_token, shelve
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink

DAYS = timedelta(days=1)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    made = MailSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    made.start()
    yield made
    made.stop()


def now() -> datetime:
    return datetime.now(UTC)


def waiting(hospital: Hospital, *, days: int = 15, **fields: Any) -> EncryptionToken:
    certificate = shelve(hospital.organisation, "EHBOX", 900, **fields)
    return give_token(certificate, TokenState.WAITING, state_since=now() - days * DAYS)


def remind(hospital: Hospital, token: EncryptionToken) -> None:
    remind_of_token(hospital.organisation.pk, token.pk, now=now())


def reminders(hospital: Hospital, certificate: Certificate) -> int:
    with acting_for([hospital.organisation.pk]):
        return AuditEvent.objects.filter(subject_id=certificate.pk, action="token_reminder").count()


def test_holder_and_administrator_are_told_once_in_their_language(hospital: Hospital, sink: MailSink) -> None:
    hospital.administrator.language = "fr"
    hospital.administrator.save()
    token = waiting(hospital)
    for _ in range(2):
        remind(hospital, token)
    assert sorted(to for to, _ in sink.mails) == sorted(
        [[hospital.administrator.email], [hospital.holder_user.email]]
    )
    french, dutch = (sink.text_to(one.email) for one in (hospital.administrator, hospital.holder_user))
    assert "attend depuis plus de deux semaines" in french
    assert "wacht al meer dan twee weken" in dutch
    assert f"/certificates/{token.certificate_id}/" in dutch
    assert reminders(hospital, token.certificate) == 1
    assert (hospital.organisation.pk, token.pk) not in waiting_tokens(now=now())


@pytest.mark.parametrize("state", [TokenState.ACTIVE, TokenState.STARTED, TokenState.REPLACED])
def test_what_does_not_wait_is_left_alone(hospital: Hospital, sink: MailSink, state: TokenState) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 900)
    token = give_token(certificate, state, state_since=now() - 20 * DAYS)
    early = waiting(hospital, days=13)
    assert waiting_tokens(now=now()) == []
    remind(hospital, token)
    remind(hospital, early)
    assert sink.mails == []


def test_a_mail_server_that_refuses_loses_nothing(hospital: Hospital, sink: MailSink) -> None:
    token = waiting(hospital)
    sink.refuses = True
    remind(hospital, token)
    assert reminders(hospital, token.certificate) == 0
    assert waiting_tokens(now=now()) == [(hospital.organisation.pk, token.pk)]
    sink.refuses = False
    remind(hospital, token)
    assert len(sink.mails) == 2
    assert reminders(hospital, token.certificate) == 1


def test_a_mail_server_that_is_down_loses_nothing(hospital: Hospital, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    token = waiting(hospital)
    remind(hospital, token)
    assert waiting_tokens(now=now()) == [(hospital.organisation.pk, token.pk)]


def test_an_own_certificate_is_between_its_owner_and_the_government(
    hospital: Hospital, sink: MailSink
) -> None:
    token = waiting(
        hospital, identifier_type="SSIN", identifier_value="", ssin_index="x" * 64,
        owner=hospital.holder, private_to=hospital.holder_user,
    )  # fmt: skip
    remind(hospital, token)
    assert [to for to, _ in sink.mails] == [[hospital.holder_user.email]]


def test_who_left_is_not_written_to(hospital: Hospital, sink: MailSink) -> None:
    hospital.holder_user.is_active = False
    hospital.holder_user.save()
    remind(hospital, waiting(hospital))
    assert [to for to, _ in sink.mails] == [[hospital.administrator.email]]


def test_the_sweep_finds_it(hospital: Hospital, sink: MailSink, settings: Settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    waiting(hospital)
    sweep_waiting_tokens.run()
    assert len(sink.mails) == 2
