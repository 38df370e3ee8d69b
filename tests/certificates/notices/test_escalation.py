"""When nobody says that somebody takes care of an end, others hear that; whoever says so is heard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from certificates.domain.lifecycle import RequestState
from certificates.models import Certificate, NoticePolicy
from certificates.services.reminders.notices import notices_of
from organisations.models import AuditEvent, Reminder
from organisations.services.audit import Actor
from organisations.services.notices.answers import acknowledge
from organisations.tenancy import acting_for
from tests.certificates.notices.test_wishes import desk, rules
from tests.certificates.reminders.test_reminders import remind
from tests.certificates.web.shelf import ask, shelve
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)
NOW = datetime.now(UTC)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.fixture
def hospital() -> Hospital:
    made = make_hospital()
    rules(
        made, administrators=False, holders_from=30, escalate_after=3, steps=[20, 1],
        correspondents=[desk(made).pk],
    )  # fmt: skip
    return made


@pytest.fixture
def certificate(hospital: Hospital, sink: MailSink) -> Certificate:
    """One whose holder and correspondent were told just now."""
    made = shelve(hospital.organisation, "APP", 19)
    remind(hospital, at=NOW)
    return made


def escalated(hospital: Hospital, *, days: float = 3.1) -> set[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        notices = notices_of(hospital.organisation, NOW + days * DAYS, [])
    return {str(reader) for one in notices if one.kind == "escalation" for reader in one.readers}


def say(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = Reminder.objects.filter(recipient=hospital.holder_user)
        assert acknowledge(rows, actor=Actor.user(hospital.holder_user), now=NOW + DAYS) == 1
        assert acknowledge(rows, actor=Actor.user(hospital.holder_user), now=NOW + DAYS) == 0


def test_nobody_answers(hospital: Hospital, certificate: Certificate) -> None:
    assert escalated(hospital, days=2) == set()
    assert escalated(hospital) == {"Els Wouters", "Service desk"}


def test_somebody_takes_care(hospital: Hospital, certificate: Certificate) -> None:
    say(hospital)
    assert escalated(hospital) == set()
    with acting_for([hospital.organisation.pk], as_platform=True):
        [event] = AuditEvent.objects.filter(action="notice_acknowledged")
        assert (event.subject_type, event.subject_id) == ("certificate", certificate.pk)
        assert event.actor_name == "An Marie Peeters"


def test_the_next_step_asks_anew(hospital: Hospital, certificate: Certificate) -> None:
    say(hospital)
    # The last safe day is told on the ninth day from now, and again nobody answers.
    remind(hospital, at=NOW + 9.5 * DAYS)
    assert escalated(hospital, days=13) == {"Els Wouters", "Service desk"}


def test_a_renewal_that_began_is_an_answer(hospital: Hospital, certificate: Certificate) -> None:
    ask(hospital, RequestState.AWAITING_SIGNATURE, application_id="APP", replaces=certificate)
    assert escalated(hospital) == set()


def test_what_no_server_took_is_known_to_nobody(hospital: Hospital, sink: MailSink) -> None:
    sink.refuses = True
    shelve(hospital.organisation, "APP", 19)
    remind(hospital, at=NOW)
    assert escalated(hospital) == {"Els Wouters", "Service desk"}


def test_steps_that_follow_each_other_quickly_do_not_start_anew(
    hospital: Hospital, certificate: Certificate, sink: MailSink
) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        NoticePolicy.objects.update(escalate_after=8, steps=list(range(20)))
    for days in range(1, 8):
        remind(hospital, at=NOW + days * DAYS)
    assert escalated(hospital, days=7.5) == set()
    assert escalated(hospital, days=8.5) == {"Els Wouters", "Service desk"}


def test_it_is_told_by_mail_once(hospital: Hospital, certificate: Certificate, sink: MailSink) -> None:
    for days in (3.1, 3.2, 4.1):
        remind(hospital, at=NOW + days * DAYS)
    letters = [mail for [to], mail in sink.mails if to == hospital.administrator.email]
    assert len(letters) == 1
    french = [mail for [to], mail in sink.mails if to == "desk@maasdal.example"]
    assert len(french) == 2, "the notice, and that nobody answered it"
    assert "se termine le" in str(french[0]["Subject"])
