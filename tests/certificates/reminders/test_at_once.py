"""Whoever is asked to sign is told at once, in one letter; and somebody sees what became of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from certificates.domain.lifecycle import RequestState
from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.domain.watch.reminders import COMPROMISE_STEPS, SETTLE, SETTLE_AT_MOST, settled
from certificates.models import Revocation
from organisations.domain.roles import Role
from organisations.domain.work import Lane
from organisations.models import Organisation
from organisations.tenancy import acting_for
from tests.certificates.revocations import stages
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, shelve
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import remind_organisation, write_letters
from tests.support.questions import ask as ask_records
from tests.support.work import is_due as is_due_at
from tests.support.work import work_off

NOW = datetime.now(UTC)
HOURS = timedelta(hours=1)
SECONDS = timedelta(seconds=1)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.fixture
def hospital(db: None) -> Hospital:
    """A hospital in which somebody looked just now: nothing but what is asked wakes it."""
    made = make_hospital()
    with acting_for([made.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=made.organisation.pk).update(reminders_due_at=NOW + 6 * HOURS)
    return made


def is_due(hospital: Hospital, at: datetime) -> bool:
    return is_due_at(hospital.organisation, hospital.organisation.pk, at, column="reminders_due_at")


def look(hospital: Hospital, at: datetime) -> None:
    """What the worker does at that moment: nothing before the organisation or a reader is due."""
    if is_due(hospital, at):
        remind_organisation(hospital.organisation.pk, now=at)
    write_letters(hospital.organisation.pk, now=at)


def letters(sink: MailSink) -> list[str]:
    return [to for [to], _mail in sink.mails]


class TestRequests:
    """The holder hears of a request within seconds, of many in one letter."""

    def test_many_are_told_in_one_letter(self, hospital: Hospital, sink: MailSink) -> None:
        for one in range(12):
            hospital.request(application_id=f"APP{one}", now=NOW + one * SECONDS)
        at = NOW
        while at < NOW + timedelta(minutes=10):
            look(hospital, at)
            at += 5 * SECONDS
        assert letters(sink) == [hospital.holder_user.email]
        text = sink.text_to(hospital.holder_user.email)
        assert all(f"APP{one}" in text for one in range(12))
        assert "/workstation/" in text, "none is enrolled yet, and the letter says so"

    def test_it_waits_only_for_what_is_being_asked(self, hospital: Hospital, sink: MailSink) -> None:
        hospital.request(application_id="ALONE", now=NOW)
        look(hospital, NOW + SETTLE - SECONDS)
        assert letters(sink) == []
        look(hospital, NOW + SETTLE)
        assert letters(sink) == [hospital.holder_user.email]
        hospital.request(application_id="LATER", now=NOW + HOURS)
        look(hospital, NOW + HOURS + SETTLE)
        assert len(letters(sink)) == 2
        assert "ALONE" not in str(sink.mails[1][1].get_body(("plain",)))

    def test_it_never_waits_long(self) -> None:
        asked = [NOW + one * 10 * SECONDS for one in range(100)]
        assert settled(asked) == NOW + SETTLE_AT_MOST
        assert settled(asked[:2]) == NOW + 10 * SECONDS + SETTLE

    def test_the_steps_that_follow_are_looked_for_in_time(self, hospital: Hospital, sink: MailSink) -> None:
        hospital.request(now=NOW)
        look(hospital, NOW + SETTLE)
        for days, told in ((1.99, 1), (2, 2), (6.9, 2), (7, 3)):
            look(hospital, NOW + timedelta(days=days))
            assert len(letters(sink)) == told

    def test_a_question_about_the_records_is_told_too(self, hospital: Hospital, sink: MailSink) -> None:
        ask_records(hospital, now=NOW)
        look(hospital, NOW + SETTLE)
        text = sink.text_to(hospital.holder_user.email)
        assert "/sign/?" in text
        assert "Els Wouters vraagt u" in text


class TestRevocations:
    """A key in the wrong hands cannot wait."""

    def make(self, hospital: Hospital, reason: RevocationReason) -> Revocation:
        certificate = shelve(hospital.organisation, "EHBOX", 300)
        return stages.ask(hospital, certificate, now=NOW, reason=reason)

    def test_a_compromised_key_is_told_at_this_moment_and_again_after_hours(
        self,
        hospital: Hospital,
        sink: MailSink,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            self.make(hospital, RevocationReason.KEY_COMPROMISE)
        assert any("wake_on_commit" in one.__qualname__ for one in callbacks), "a worker is told"
        assert is_due(hospital, NOW)
        both = {hospital.holder_user.email, hospital.administrator.email}
        look(hospital, NOW)
        assert set(letters(sink)) == both
        assert "De sleutel is misschien in verkeerde handen" in sink.text_to(hospital.holder_user.email)
        assert timedelta(hours=1) <= COMPROMISE_STEPS[1] < timedelta(hours=6)
        for step in COMPROMISE_STEPS[1:4]:
            sink.mails.clear()
            look(hospital, NOW + step - timedelta(minutes=1))
            assert letters(sink) == []
            look(hospital, NOW + step)
            assert set(letters(sink)) == both

    def test_a_refused_letter_about_a_compromised_key_is_there_within_minutes(
        self, hospital: Hospital, sink: MailSink
    ) -> None:
        page = f"/revocations/{self.make(hospital, RevocationReason.KEY_COMPROMISE).pk}/"
        administrator = signed_in(hospital.administrator)
        sink.refuses = True
        look(hospital, NOW)
        assert administrator.get(page).content.decode().count("geweigerd door de mailserver") == 2
        sink.refuses = False
        look(hospital, NOW + timedelta(minutes=1))
        assert set(letters(sink)) == {hospital.holder_user.email, hospital.administrator.email}
        assert "geweigerd door de mailserver" not in administrator.get(page).content.decode()

    def test_another_end_is_told_to_who_signs(self, hospital: Hospital, sink: MailSink) -> None:
        self.make(hospital, RevocationReason.CESSATION_OF_OPERATION)
        assert not is_due(hospital, NOW)
        look(hospital, NOW + SETTLE)
        assert letters(sink) == [hospital.holder_user.email]
        assert "verkeerde handen" not in sink.text_to(hospital.holder_user.email)
        look(hospital, NOW + timedelta(days=1))
        assert sorted(letters(sink)[1:]) == sorted([hospital.holder_user.email, hospital.administrator.email])

    def test_with_a_workstation_the_letter_leads_to_the_signing(
        self, hospital: Hospital, sink: MailSink
    ) -> None:
        waiting = revoke(
            hospital, RevocationState.AWAITING_SIGNATURE, shelve(hospital.organisation, "EHBOX", 300)
        )
        look(hospital, NOW + 7 * HOURS)
        assert f"/revocations/{waiting.pk}/sign/" in sink.text_to(hospital.holder_user.email)


class TestWhatBecameOfIt:
    """The pages of a request and of a revocation say whether the holder was told."""

    @pytest.fixture
    def administrator(self, hospital: Hospital) -> Client:
        return signed_in(member(hospital.organisation, Role.ADMINISTRATOR))

    def test_on_a_request(self, hospital: Hospital, sink: MailSink, administrator: Client) -> None:
        found = hospital.request(now=NOW)
        page = f"/requests/{found.pk}/"
        assert "not sent yet" in administrator.get(page).content.decode()
        sink.unknown = {hospital.holder_user.email}
        look(hospital, NOW + SETTLE)
        seen = administrator.get(page).content.decode()
        assert "refused by the mail server" in seen
        assert "550 5.1.1" in seen
        viewer = signed_in(member(hospital.organisation, Role.VIEWER))
        seen = viewer.get(page).content.decode()
        assert "refused by the mail server" in seen
        assert hospital.holder_user.email not in seen
        sink.unknown = set()
        look(hospital, NOW + 7 * HOURS)
        text = administrator.get(page).content.decode()
        assert "An Marie Peeters" in text
        assert "sent " in text
        assert "not sent yet" not in text

    def test_on_a_revocation(self, hospital: Hospital, sink: MailSink, administrator: Client) -> None:
        found = revoke(hospital, RevocationState.AWAITING_SIGNATURE)
        page = f"/revocations/{found.pk}/"
        assert "not sent yet" in administrator.get(page).content.decode()
        look(hospital, NOW + 7 * HOURS)
        assert "not sent yet" not in administrator.get(page).content.decode()

    def test_on_a_question(self, hospital: Hospital, sink: MailSink, administrator: Client) -> None:
        page = f"/records/{ask_records(hospital, now=NOW).pk}/"
        assert "not sent yet" in administrator.get(page).content.decode()
        look(hospital, NOW + SETTLE)
        assert "not sent yet" not in administrator.get(page).content.decode()

    def test_the_updating_part_tells_it(
        self, hospital: Hospital, sink: MailSink, administrator: Client
    ) -> None:
        found = hospital.request(now=NOW)
        page = administrator.get(f"/requests/{found.pk}/").content.decode()
        status = page.split('hx-get="')[1].split('"')[0]
        assert administrator.get(status).status_code == 204
        look(hospital, NOW + SETTLE)
        answer = administrator.get(status)
        assert answer.status_code == 200
        assert "not sent yet" not in answer.content.decode()

    def test_a_holder_without_account_is_pointed_out(self, hospital: Hospital, administrator: Client) -> None:
        with acting_for([hospital.organisation.pk], as_platform=True):
            hospital.holder.user = None
            hospital.holder.save()
        found = ask(hospital, RequestState.AWAITING_SIGNATURE)
        assert "has no account here" in administrator.get(f"/requests/{found.pk}/").content.decode()


def test_a_worker_tells_what_is_due(hospital: Hospital, sink: MailSink) -> None:
    hospital.request(now=NOW - HOURS)
    work_off(Lane.NOTICES)
    assert letters(sink) == [hospital.holder_user.email]
