"""What has been kept long enough is forgotten across organisations, what has not stays, and the page says how long."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.utils import translation

from certificates.models import (
    Consignment,
    ConsignmentPart,
    Errand,
    ImportBatch,
    Incident,
    Issuer,
    Maintenance,
    ProbedService,
    RevocationList,
    ServiceCall,
    ServiceHour,
    StatusAnswer,
)
from ehportal.lanes import CHORES
from ehportal.operation import retention
from ehportal.operation.retention import KEPT, forget_what_is_over
from organisations.models import (
    AccountLetter,
    CalendarFeed,
    Connection,
    ConnectionSecret,
    Correspondent,
    Delivery,
    Enrolment,
    Invitation,
    KeptAnswer,
    Organisation,
    Recipient,
    Reminder,
    ReturnedMail,
    User,
    Webhook,
)
from organisations.tenancy import acting_for
from tests.ehportal.operation.test_work import PAGE
from tests.organisations.web.invitations import invited
from tests.organisations.web.members import signed_in
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
"""The database's functions keep what is younger by its own clock, whatever moment they are told."""


def stand(hospital: Hospital, age: timedelta, mark: str) -> None:
    """One row of each subject that was over `age` ago."""
    at = NOW - age
    Enrolment.objects.create(id=f"e{mark}", thumbprint="t", nonce=b"n", expires_at=at)
    AccountLetter.objects.create(
        kind="x", account=hospital.administrator, turn=hospital.holder.pk, asked_at=at
    )
    Session.objects.create(session_key=f"s{mark}", session_data="", expire_date=at)
    ReturnedMail.objects.create(address=f"{mark}@x.example", returned_at=at)
    issuer, _new = Issuer.objects.get_or_create(pk="f", der=b"")
    RevocationList.objects.create(
        digest=mark, turn=UUID(int=0), issuer=issuer, content=b"", this_update=at, next_update=at,
        fresh_until=at, used_at=at,
    )  # fmt: skip
    StatusAnswer.objects.create(pk=mark, content=b"", until=at)
    one, _new = ProbedService.objects.get_or_create(name="certra", environment="production")
    ServiceCall.objects.create(service=one, at=at, probe=True, outcome="late", milliseconds=1)
    ServiceHour.objects.create(service=one, hour=at, calls=1, available=0, latencies=[0])
    Incident.objects.create(service=one, began_at=at, noticed_at=at, ended_at=at, outcome="late")
    Maintenance.objects.create(
        environment="production", begins_at=at - timedelta(hours=1), ends_at=at, noted_by="x", noted_at=at
    )
    with acting_for([], user=hospital.administrator.pk):
        CalendarFeed.objects.create(
            user=hospital.administrator, name="x", secret_digest=mark, ended_at=at, ended_because="revoked"
        )
    row = invited(hospital, f"{mark}@maasdal.example")
    with acting_for([hospital.organisation.pk], as_platform=True):
        Invitation.objects.filter(pk=row.pk).update(ended_at=at, outcome="withdrawn")
        batch = ImportBatch.objects.create(
            organisation=hospital.organisation, uploaded_by=hospital.administrator, sealed_certificates=b"x"
        )
        ImportBatch.objects.filter(pk=batch.pk).update(uploaded_at=at)
        large = Consignment.objects.create(
            organisation=hospital.organisation, uploaded_by=hospital.administrator, uploaded_at=at, files=[]
        )
        ConsignmentPart.objects.create(
            organisation=hospital.organisation, consignment=large, kind="sent", number=0, sealed_content=b"x"
        )
        Errand.objects.create(
            organisation=hospital.organisation, device_id=row.pk, kind="own_record", digest=mark, asked_at=at
        )
        for kind, ended in (("ended", at), ("asked", None)):
            Correspondent.objects.create(
                organisation=hospital.organisation, name="x", email=f"{kind}.{mark}@x.example", language="nl",
                added_by=hospital.administrator, added_at=at, asked_at=at, ended_at=ended,
            )  # fmt: skip
        connection = Connection.objects.create(
            organisation=hospital.organisation, name=mark, scopes=[], made_by=hospital.administrator,
            ends_on=at.date(), ended_at=at if at < NOW else None,
        )  # fmt: skip
        ConnectionSecret.objects.create(
            organisation=hospital.organisation, connection=connection, digest=mark, ends_at=at
        )
        KeptAnswer.objects.create(
            organisation=hospital.organisation, connection=connection, key=mark, kept_at=at
        )
        Reminder.objects.create(
            organisation=hospital.organisation, kind=mark, subject_id=row.pk, step=0,
            recipient=hospital.administrator, created_at=at, sent_at=at,
        )  # fmt: skip
        webhook = Webhook.objects.create(
            organisation=hospital.organisation, name=mark, address="https://x.example", topics=[], actions=[],
            sealed_secret=b"x", made_by=hospital.administrator, ended_at=at,
        )  # fmt: skip
        for once in (None, mark):
            Delivery.objects.create(
                organisation=hospital.organisation, webhook=webhook, once=once, action="x", subject_type="x",
                subject_id=row.pk, happened_at=at, delivered_at=at,
            )  # fmt: skip


def left(organisation: Organisation) -> dict[str, int]:
    with acting_for([], user=User.objects.get(full_name="Els Wouters").pk):
        feeds = CalendarFeed.objects.count()
    with acting_for([organisation.pk], as_platform=True):
        return {
            "calendar_feeds": feeds,
            "connections": Connection.objects.count(),
            "connection_secrets": ConnectionSecret.objects.count(),
            "kept_answers": KeptAnswer.objects.count(),
            "service_calls": ServiceCall.objects.count(),
            "service_hours": ServiceHour.objects.count(),
            "incidents": Incident.objects.count(),
            "maintenance": Maintenance.objects.count(),
            "enrolments": Enrolment.objects.count(),
            "errands": Errand.objects.count(),
            "imports": ImportBatch.objects.count(),
            "consignments": max(Consignment.objects.count(), ConsignmentPart.objects.count()),
            "account_letters": AccountLetter.objects.count(),
            "sessions": Session.objects.count(),
            "invitations": Invitation.objects.count(),
            "returned_mail": ReturnedMail.objects.count(),
            "notices": Reminder.objects.count(),
            "webhook_deliveries": Delivery.objects.filter(once=None).count(),
            "webhook_ends": Delivery.objects.exclude(once=None).count(),
            "webhooks": Webhook.objects.count(),
            "correspondents": Correspondent.objects.exclude(ended_at=None).count(),
            "unanswered_addresses": Correspondent.objects.filter(ended_at=None).count(),
            "revocation_lists": RevocationList.objects.count(),
            "status_answers": StatusAnswer.objects.count(),
        }


def test_each_subject_goes_after_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    hospital = make_hospital()
    for number in range(5):
        stand(hospital, timedelta(days=2000 + number), f"old{number}")
    stand(hospital, timedelta(days=-1), "new")
    assert forget_what_is_over(NOW) == {kept.name: 5 for kept in KEPT}, "in several goes"
    assert left(hospital.organisation) == {kept.name: 1 for kept in KEPT}
    assert not any(forget_what_is_over(NOW).values())


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: str(kept.name))
def test_nothing_goes_before_its_time(kept: retention.Kept) -> None:
    hospital = make_hospital()
    stand(hospital, kept.time - timedelta(hours=2), "young")
    for moment in (NOW, NOW + timedelta(days=9000)):
        assert forget_what_is_over(moment)[kept.name] == 0, "whatever a worker's clock says"
    stand(hospital, kept.time + timedelta(hours=2), "old")
    assert forget_what_is_over(NOW)[kept.name] == 1


def test_one_subject_that_fails_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = make_hospital()
    stand(hospital, timedelta(days=2000), "old")
    first = retention.Kept("nothing_of_the_kind", "", timedelta(0), "")
    monkeypatch.setattr(retention, "KEPT", (first, *KEPT))
    monkeypatch.setattr(retention, "_forget", _but(retention._forget, first))
    with pytest.raises(LookupError):
        forget_what_is_over(NOW)
    assert not any(left(hospital.organisation).values())


def _but(forget: Callable[[retention.Kept, datetime], int], bad: retention.Kept) -> Any:
    def tried(kept: retention.Kept, now: datetime) -> int:
        if kept is bad:
            raise LookupError
        return forget(kept, now)

    return tried


def test_what_still_waits_is_not_forgotten() -> None:
    """A notice that is yet to be sent, and an invitation that may yet be accepted, however old."""
    hospital = make_hospital()
    stand(hospital, timedelta(days=5000), "waits")
    with acting_for([hospital.organisation.pk], as_platform=True):
        Reminder.objects.update(next_attempt_at=NOW, sent_at=None)
        Invitation.objects.update(ended_at=None)
    gone = forget_what_is_over(NOW)
    assert (gone["notices"], gone["invitations"]) == (0, 0)


def test_an_address_goes_with_what_it_was_told_and_one_that_agreed_stays() -> None:
    hospital, at = make_hospital(), NOW - timedelta(days=500)
    with acting_for([hospital.organisation.pk], as_platform=True):
        ended, agreed = (
            Correspondent.objects.create(
                organisation=hospital.organisation, name=name, email=f"{name}@x.example", language="nl",
                added_by=hospital.administrator, added_at=at, agreed_at=at, ended_at=until,
            )
            for name, until in (("ended", at), ("agreed", None))
        )  # fmt: skip
        for one in (ended, agreed):
            Recipient.objects.create(organisation=hospital.organisation, correspondent=one)
            Reminder.objects.create(
                organisation=hospital.organisation, kind="renewal", subject_id=one.pk, step=0, correspondent=one,
                sent_at=at,
            )  # fmt: skip
    assert forget_what_is_over(NOW)["correspondents"] == 1
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(Correspondent.objects.all()) == [agreed]
        assert [one.correspondent for one in Recipient.objects.all()] == [agreed]
        assert [one.correspondent for one in Reminder.objects.all()] == [agreed]


def test_it_is_a_chore_and_stands_on_the_page() -> None:
    assert retention.forget_what_is_over in {task.run for task in CHORES}
    user = User.objects.create_user(
        "kaat@ehportal.example", full_name="Kaat", language="en", is_operator=True
    )
    shown = signed_in(user).get(PAGE).content.decode()
    with translation.override("en"):
        for kept in KEPT:
            assert str(kept.words) in shown
            assert str(kept.why) in shown
