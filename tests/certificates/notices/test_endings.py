"""Mandates, identity cards, papers and what is trusted end too: the same rules, answers and page ahead."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from certificates.domain.watch.endings import About
from certificates.models import EndingPolicy, PlatformCertificate
from certificates.services.reminders.endings import endings_ahead
from certificates.services.reminders.notices import notices_of
from certificates.services.trusted.ends import ends_in
from organisations.domain.roles import Role
from organisations.models import Mandate, Reminder
from organisations.services.audit import Actor
from organisations.services.notices.answers import acknowledge
from organisations.services.notices.notice import Notice
from organisations.tenancy import acting_for
from tests.certificates.notices.test_wishes import desk
from tests.certificates.reminders.test_reminders import remind, sink
from tests.certificates.trusted.conftest import Lists, lists
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink

__all__ = ["lists", "sink"]

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DAYS = timedelta(days=1)


def mandate_ends(hospital: Hospital, days: int) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.update(ends_on=(NOW + days * DAYS).date())


def found(hospital: Hospital, at: datetime = NOW) -> list[Notice]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return notices_of(hospital.organisation, at, [])


def rules(**changes: object) -> dict[str, object]:
    return {
        "steps": "45, 10",
        "administrators": "on",
        "by_mail": "on",
        "escalate_after": "",
        "seen": "",
    } | changes


def test_the_rules_of_an_organisation_count(hospital: Hospital) -> None:
    client = signed_in(hospital.administrator)
    mandate_ends(hospital, 50)
    assert [(one.kind, one.step, one.answerable) for one in found(hospital)] == [("mandate", 60, True)]
    assert client.post("/notices/ends/mandate/", rules(holders_from="20")).status_code == 302
    assert found(hospital) == []
    mandate_ends(hospital, 40)
    [one] = found(hospital)
    assert (one.step, one.readers) == (45, (hospital.administrator,))
    mandate_ends(hospital, 9)
    [one] = found(hospital)
    assert (one.step, set(one.readers)) == (10, {hospital.administrator, hospital.holder_user})
    assert client.post("/notices/ends/mandate/", rules()).status_code == 302, "kept by somebody since"
    assert client.post("/notices/ends/mandate/forget/").status_code == 302
    assert [one.step for one in found(hospital)] == [14]


def test_rules_that_cannot_be_and_who_may_not(hospital: Hospital) -> None:
    client = signed_in(hospital.administrator)
    for wrong in (rules(steps="x"), rules(administrators=""), rules(escalate_after="0")):
        assert client.post("/notices/ends/paper/", wrong).status_code == 422
    assert client.get("/notices/ends/nothing/").status_code == 404
    viewer = signed_in(member(hospital.organisation, Role.VIEWER))
    assert viewer.get("/notices/ends/").status_code == 403
    assert viewer.post("/notices/ends/paper/", rules()).status_code == 403
    assert Client().get("/notices/ends/").status_code == 302
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not EndingPolicy.objects.exists()


def test_what_nobody_answers_is_told_again_and_what_somebody_does_is_not(
    hospital: Hospital, sink: MailSink
) -> None:
    signed_in(hospital.administrator).post(
        "/notices/ends/mandate/", rules(holders_from="45", escalate_after="3")
    )
    mandate_ends(hospital, 40)
    remind(hospital, at=NOW)
    assert "/notices/letter/" in sink.text_to(hospital.administrator.email)

    def again() -> list[str]:
        return [one.kind for one in found(hospital, NOW + 4 * DAYS)]

    assert again() == ["mandate", "escalation"]
    with acting_for([hospital.organisation.pk], as_platform=True):
        acknowledge(
            Reminder.objects.filter(kind="mandate"), actor=Actor.user(hospital.administrator), now=NOW + DAYS
        )
    assert again() == ["mandate"]
    with acting_for([hospital.organisation.pk], as_platform=True):
        [one] = endings_ahead(hospital.organisation, now=NOW + 4 * DAYS)[About.MANDATE]
    assert one.acknowledged_at == NOW + DAYS
    assert signed_in(hospital.administrator).get("/notices/ends/").status_code == 200


def test_the_page_says_who_will_be_told_before_it_happens(hospital: Hospital) -> None:
    mandate_ends(hospital, 100)
    with acting_for([hospital.organisation.pk], as_platform=True):
        [one] = endings_ahead(hospital.organisation, now=NOW)[About.MANDATE]
    assert one.told_at is None
    assert one.next_at is not None
    assert (one.next_at - NOW).days == 40
    assert set(one.next_to) == {hospital.administrator, hospital.holder_user}


def test_what_is_trusted_ends_too(lists: Lists, hospital: Hospital) -> None:
    lists.fetch()
    PlatformCertificate.objects.update(switch_at=None, not_after=NOW + 900 * DAYS)
    with acting_for([hospital.organisation.pk], as_platform=True):
        outside = desk(hospital)
    signed_in(hospital.administrator).post("/notices/ends/trusted/", rules(correspondents=[str(outside.pk)]))
    with acting_for([hospital.organisation.pk], as_platform=True):
        ahead = endings_ahead(hospital.organisation, now=NOW)[About.TRUSTED]
    assert {one.ending.kind for one in ahead} <= {"listed_end"}
    one = PlatformCertificate.objects.filter(environment="production", use="tls").order_by("pk").first()
    assert one is not None
    PlatformCertificate.objects.filter(environment="production", use="tls").update(not_after=NOW + 30 * DAYS)
    told = [one for one in found(hospital) if one.kind == "platform_end"]
    assert told
    assert all(set(one.readers) == {hospital.administrator, outside} for one in told)
    PlatformCertificate.objects.filter(pk=one.pk).update(not_after=NOW + 800 * DAYS)
    assert [one for one in found(hospital) if one.kind == "platform_end"] == [], "another one follows"


def test_an_authority_of_a_list_ends(lists: Lists, hospital: Hospital) -> None:
    lists.fetch("transport")
    version = lists.row("transport").current
    assert version is not None
    name, ends = min(ends_in(version.pk), key=lambda one: one[1])
    told = [one for one in found(hospital, ends - 10 * DAYS) if one.kind == "listed_end"]
    assert told
    assert told[0].step % 100 == 14
    assert name in told[0].write(hospital.administrator).title
