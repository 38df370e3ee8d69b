"""Administrators hear of what changes in trust before it matters to them, and holders do not."""

from datetime import timedelta

import pytest

from certificates.models import PlatformCertificate
from organisations.models import Organisation
from organisations.services.notices.look import SOON
from organisations.tenancy import acting_for
from tests.certificates.reminders.test_reminders import due, found, now, remind, sink
from tests.certificates.trusted.conftest import Lists, lists
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink

__all__ = ["lists", "sink"]

pytestmark = pytest.mark.django_db


def test_the_first_list_is_no_news(lists: Lists, hospital: Hospital) -> None:
    lists.fetch()
    assert due(hospital) == []


def test_each_version_that_changes_trust_is_told_once(
    lists: Lists, hospital: Hospital, sink: MailSink
) -> None:
    lists.fetch("transport")
    lists.change("transport", "withdraw", "Sandbox Web CA 2025 production")
    lists.fetch("transport")
    assert due(hospital) == [("trusted_change", 0, {hospital.administrator})]
    for _ in range(2):
        remind(hospital)
        assert len(sink.mails) == 1
    text = sink.text_to(hospital.administrator.email)
    assert "Sandbox Web CA 2025 production" in text
    assert "/trust/" in text
    lists.change("transport", "extend", "Sandbox Web CA 2025 production")
    lists.fetch("transport")
    remind(hospital)
    assert len(sink.mails) == 1, "a remark matters to no store"


def test_what_changes_is_looked_for_at_once(lists: Lists, hospital: Hospital) -> None:
    def sleeps() -> timedelta:
        with acting_for([hospital.organisation.pk], as_platform=True):
            due_at = Organisation.objects.get().reminders_due_at
        assert due_at is not None
        return due_at - now()

    lists.fetch("transport")
    with acting_for([hospital.organisation.pk], as_platform=True):
        Organisation.objects.update(reminders_due_at=now() + timedelta(hours=6))
    lists.change("transport", "extend", "Sandbox Web CA 2025 production")
    lists.fetch("transport")
    assert sleeps() > timedelta(hours=5), "a remark matters to no store"
    lists.change("transport", "withdraw", "Sandbox Web CA 2025 production")
    lists.fetch("transport")
    assert sleeps() <= SOON


def test_a_list_that_is_not_renewed_is_told_louder(lists: Lists, hospital: Hospital) -> None:
    lists.change("person", "issue", days=40)
    row = lists.fetch("person")
    assert row.current is not None
    ends = row.current.next_update
    assert ends is not None

    def steps(before: timedelta) -> list[int]:
        notices = [one for one in found(hospital, at=ends - before) if one.kind == "trusted_list"]
        assert all(one.write(hospital.administrator).path.startswith("/trust/lists/") for one in notices)
        return [one.step for one in notices]

    assert steps(timedelta(days=20)) == [], "nothing was refused, and there is time"
    assert steps(timedelta(days=6)) == [7]
    assert steps(timedelta(hours=-1)) == [0]
    lists.spoil("person", "stranger")
    lists.fetch("person")
    assert steps(timedelta(days=20)) == [30]
    assert steps(timedelta(days=35)) == [31]


def test_a_closed_list_is_told(lists: Lists, hospital: Hospital) -> None:
    lists.fetch("person")
    lists.change("person", "close")
    lists.fetch("person")
    assert due(hospital) == [("trusted_list", 99, {hospital.administrator})]
    [told] = found(hospital)
    assert told.write(hospital.administrator).path.startswith("/trust/lists/")


def test_the_switch_of_the_platform_is_told_ahead(lists: Lists, hospital: Hospital) -> None:
    lists.fetch()
    rows = PlatformCertificate.objects.filter(environment="production", use="tls")
    for days, step in ((70, None), (45, 60), (13, 14), (2, 3)):
        rows.update(switch_at=now() + timedelta(days=days), not_after=now() + timedelta(days=400))
        kinds = [(one.kind, one.step % 100) for one in found(hospital)]
        assert kinds == ([("platform_certificate", step)] if step else [])
