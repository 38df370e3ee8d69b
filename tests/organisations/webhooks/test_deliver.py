"""Webhooks are told what happens: exactly that, signed, in order per subject, and again until it is taken."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Model
from pytest_django import Settings
from standardwebhooks import Webhook as Reference
from standardwebhooks import WebhookVerificationError

from certificates.models import NoticePolicy
from certificates.services.notices.ahead import ahead_of
from certificates.services.reminders.notices import notices_of
from ehportal.lanes import KINDS
from organisations.domain.webhooks import PAUSES, STOPS_AFTER, TYPE_OF, TYPES, Topic
from organisations.models import AuditEvent, Delivery, Person, Webhook
from organisations.services.audit import event, record, record_all
from organisations.services.notices.look import look_for_notices
from organisations.services.webhooks import keep
from organisations.services.webhooks.deliver import UNREADABLE, deliver
from organisations.services.work.drain import drain
from organisations.tenancy import acting_for
from organisations.web.words import ACTIONS
from tests.certificates.web.shelf import shelve
from tests.organisations.webhooks.listening import Listener, listening
from tests.support.hospital import PLATFORM, Hospital, make_hospital

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
AT_ONCE = timedelta(minutes=1)
"""By then all is due that the database planned for at once; receivers take a signature for five minutes."""
KIND = next(one for one in KINDS if one.name == "webhook_deliveries")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin at its own moment: receivers compare the signature's with their clock."""
    monkeypatch.setattr(sys.modules[__name__], "NOW", datetime.now(UTC) + AT_ONCE)


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    with listening() as made:
        yield made


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def hook(
    hospital: Hospital, listener: Listener, *topics: Topic, name: str = "Tickets"
) -> tuple[Webhook, str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return keep.make_webhook(
            hospital.organisation,
            name=name,
            address=listener.url,
            topics=topics or tuple(Topic),
            user=hospital.administrator,
            now=NOW,
        )


def happens(hospital: Hospital, action: str, subject: Model | None = None, **details: object) -> AuditEvent:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return record(
            hospital.organisation, action, subject or hospital.holder, actor=PLATFORM, now=NOW, **details
        )


def waiting(hospital: Hospital) -> list[Delivery]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Delivery.objects.filter(next_attempt_at__isnull=False).order_by("position"))


def only(hospital: Hospital) -> Delivery:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Delivery.objects.get()


def send_all(hospital: Hospital, *, at: datetime | None = None) -> None:
    moment = at or datetime.now(UTC) + AT_ONCE
    for one in waiting(hospital):
        if one.next_attempt_at is not None and one.next_attempt_at <= moment:
            deliver(hospital.organisation.pk, one.pk, now=moment)


def test_a_message_is_what_the_reference_library_takes(hospital: Hospital, listener: Listener) -> None:
    _made, secret = hook(hospital, listener)
    written = happens(
        hospital, "request_issued", fingerprint="ab" * 32, holder="Karel Peeters", reason="73.11.20-193.17"
    )
    drain([KIND], wake=lambda: None)
    [(headers, body)] = listener.heard
    told = Reference(secret).verify(body, headers)
    assert told["type"] == "request.issued"
    assert told["data"] == {
        "organisation": str(hospital.organisation.pk),
        "subject": {"type": "person", "id": str(hospital.holder.pk)},
        "details": {"fingerprint": "ab" * 32},
        "event": str(written.pk),
    }, "no names, and nothing that somebody typed"
    assert headers["webhook-id"] == str(only(hospital).pk)
    with pytest.raises(WebhookVerificationError):
        Reference(secret).verify(body.replace(b"issued", b"signed"), headers)
    done = only(hospital)
    assert (done.answer, done.next_attempt_at) == ("204", None)
    assert done.delivered_at is not None


def test_only_what_was_chosen_of_one_s_own_and_of_nobody_s_privacy(
    hospital: Hospital, listener: Listener
) -> None:
    hook(hospital, listener, Topic.MANDATES)
    other = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    happens(other, "mandate_given")
    happens(hospital, "request_issued")
    happens(hospital, "ssin_viewed")
    private = shelve(
        hospital.organisation, "OWN", 300, owner=hospital.holder, private_to=hospital.holder_user
    )
    happens(hospital, "mandate_given", private)
    assert waiting(hospital) == []
    happens(hospital, "mandate_given")
    [one] = waiting(hospital)
    assert one.action == "mandate_given"


def test_it_happens_in_the_transaction_or_not_at_all(hospital: Hospital, listener: Listener) -> None:
    hook(hospital, listener)
    with acting_for([hospital.organisation.pk], as_platform=True):
        record(hospital.organisation, "mandate_given", hospital.holder, actor=PLATFORM, now=NOW)
        transaction.set_rollback(True)
    assert waiting(hospital) == []
    with acting_for([hospital.organisation.pk], as_platform=True):
        record_all(
            event(hospital.organisation, "mandate_given", hospital.holder, actor=PLATFORM, now=NOW)
            for _ in range(3)
        )
    assert len(waiting(hospital)) == 3


def test_what_is_about_one_subject_comes_in_order(hospital: Hospital, listener: Listener) -> None:
    hook(hospital, listener)
    for step in ("made", "signed", "issued"):
        happens(hospital, f"request_{step}")
    happens(hospital, "person_left", Person(pk=uuid4()))
    first, second, third, other = waiting(hospital)
    deliver(hospital.organisation.pk, third.pk, now=NOW)
    deliver(hospital.organisation.pk, second.pk, now=NOW)
    assert listener.heard == [], "they wait behind the first"
    listener.answers = [(503, {})]
    deliver(hospital.organisation.pk, first.pk, now=NOW)
    deliver(hospital.organisation.pk, second.pk, now=NOW)
    deliver(hospital.organisation.pk, other.pk, now=NOW)
    told = [json.loads(body)["type"] for _headers, body in listener.heard]
    assert told == ["request.made", "person.left"], "another subject does not wait"
    for one in (first, second, third):
        deliver(hospital.organisation.pk, one.pk, now=NOW + timedelta(hours=1))
    told = [json.loads(body)["type"] for _headers, body in listener.heard]
    assert told[2:] == ["request.made", "request.signed", "request.issued"]
    assert waiting(hospital) == []


def test_what_is_not_taken_is_tried_again_and_given_up_at_last(
    hospital: Hospital, listener: Listener
) -> None:
    made, _secret = hook(hospital, listener)
    happens(hospital, "mandate_given")
    at, ids = NOW, set()
    for tried, pause in enumerate((*PAUSES, None), start=1):
        listener.answers = [(302, {"Location": listener.url})]
        send_all(hospital, at=at)
        row = only(hospital)
        assert len(listener.heard) == tried, "a redirect is not followed"
        ids.add(listener.heard[-1][0]["webhook-id"])
        if pause is None:
            assert (row.next_attempt_at, row.answer) == (None, "302")
            assert row.given_up_at == at
        else:
            assert row.next_attempt_at == at + timedelta(milliseconds=row.took or 0) + pause
            at = row.next_attempt_at
    assert len(ids) == 1
    assert at - NOW > STOPS_AFTER
    with acting_for([hospital.organisation.pk], as_platform=True):
        made.refresh_from_db()
        assert made.stopped_by_itself
        assert keep.send_again(Delivery.objects.filter(webhook=made)) == 1
        assert keep.resume_webhook(made, actor=PLATFORM, now=at)
    send_all(hospital, at=at)
    assert {one[0]["webhook-id"] for one in listener.heard} == ids, "also what a member sends again"
    assert only(hospital).delivered_at == at


@pytest.mark.parametrize(
    ("status", "wanted", "rests"), [(429, "3600", 3600), (503, "9" * 6, 86_400), (500, "x", 10)]
)
def test_a_receiver_may_ask_for_time(
    hospital: Hospital, listener: Listener, status: int, wanted: str, rests: int
) -> None:
    hook(hospital, listener)
    happens(hospital, "mandate_given")
    listener.answers = [(status, {"Retry-After": wanted})]
    send_all(hospital, at=NOW)
    row = only(hospital)
    assert row.next_attempt_at == NOW + timedelta(seconds=rests, milliseconds=row.took or 0)


def test_whoever_wants_nothing_more_is_left_alone_and_somebody_is_told(
    hospital: Hospital, listener: Listener
) -> None:
    made, _secret = hook(hospital, listener)
    happens(hospital, "mandate_given")
    listener.answers = [(410, {})]
    send_all(hospital, at=NOW)
    with acting_for([hospital.organisation.pk], as_platform=True):
        made.refresh_from_db()
        assert made.stopped_at == NOW
        [told] = [one for one in notices_of(hospital.organisation, NOW, []) if one.kind == "webhook"]
    assert told.readers == (hospital.administrator,)
    happens(hospital, "mandate_withdrawn")
    send_all(hospital, at=NOW + timedelta(days=1))
    assert len(listener.heard) == 1
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert keep.resume_webhook(made, actor=PLATFORM, now=NOW)
    send_all(hospital, at=NOW + timedelta(days=1))
    told_now = [json.loads(body)["type"] for _headers, body in listener.heard]
    assert told_now == ["mandate.given", "mandate.given", "mandate.withdrawn"], "nothing is lost meanwhile"


def test_both_secrets_sign_for_a_day(hospital: Hospital, listener: Listener) -> None:
    made, first = hook(hospital, listener)
    with acting_for([hospital.organisation.pk], as_platform=True):
        second = keep.rotate_secret(made, actor=PLATFORM, now=NOW)
    happens(hospital, "mandate_given")
    send_all(hospital, at=NOW)
    headers, body = listener.heard[0]
    for secret in (first, second):
        Reference(secret).verify(body, headers)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Webhook.objects.update(former_until=NOW)
    happens(hospital, "mandate_given")
    send_all(hospital, at=NOW)
    headers, body = listener.heard[1]
    Reference(second).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Reference(first).verify(body, headers)


def test_where_an_address_leads_is_looked_up_each_time(
    hospital: Hospital, listener: Listener, settings: Settings
) -> None:
    hook(hospital, listener)
    settings.WEBHOOK_PRIVATE_HOSTS = []
    happens(hospital, "mandate_given")
    send_all(hospital, at=NOW)
    assert listener.heard == []
    row = only(hospital)
    assert (row.attempts, row.delivered_at) == (1, None)
    assert not row.answer.isdigit()


def test_an_ended_one_is_told_nothing(hospital: Hospital, listener: Listener) -> None:
    made, _secret = hook(hospital, listener)
    happens(hospital, "mandate_given")
    [one] = waiting(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert keep.end_webhook(made, actor=PLATFORM, now=NOW)
        assert keep.send_again(Delivery.objects.all()) == 0
    deliver(hospital.organisation.pk, one.pk, now=NOW)
    happens(hospital, "mandate_given")
    assert listener.heard == []
    assert only(hospital).given_up_at == NOW


def test_ends_are_told_once_a_step_without_what_is_a_person_s_own(
    hospital: Hospital, listener: Listener
) -> None:
    _made, secret = hook(hospital, listener, Topic.ENDS)
    shelve(hospital.organisation, "APP", 20)
    shelve(hospital.organisation, "OWN", 20, owner=hospital.holder, private_to=hospital.holder_user)
    for _ in range(2):
        look_for_notices(hospital.organisation.pk, notices_of, now=NOW)
    send_all(hospital, at=NOW)
    [(headers, body)] = listener.heard
    told = Reference(secret).verify(body, headers)
    assert told["type"] == "certificate.ending"
    assert told["data"]["details"]["application_id"] == "APP"
    assert told["data"]["details"]["step"] == 21
    look_for_notices(hospital.organisation.pk, notices_of, now=NOW + timedelta(days=7))
    assert [one.details["step"] for one in waiting(hospital)] == [14]


def test_each_action_that_is_told_is_one_of_the_record() -> None:
    told = {action for topic, of in TYPES.items() if topic is not Topic.ENDS for action in of}
    assert told <= set(ACTIONS)
    assert len(set(TYPE_OF.values())) == len(TYPE_OF), "no type says two things"


def test_nobody_s_own_doing_is_needed(hospital: Hospital, listener: Listener) -> None:
    """A test message reaches whoever listens, and is no event of the record."""
    made, secret = hook(hospital, listener, Topic.MANDATES)
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        keep.try_webhook(made, now=NOW)
    send_all(hospital, at=NOW)
    headers, body = listener.heard[0]
    assert Reference(secret).verify(body, headers)["type"] == "webhook.test"


def test_the_rules_may_leave_systems_out_and_the_page_ahead_names_them(
    hospital: Hospital, listener: Listener
) -> None:
    hook(hospital, listener, Topic.ENDS)
    here, certificate = hospital.organisation, shelve(hospital.organisation, "APP", 20)
    with acting_for([here.pk], as_platform=True):
        assert ahead_of(here, certificate, now=NOW).systems == ("Tickets",)
        NoticePolicy.objects.create(organisation=here, by_webhook=False)
        assert ahead_of(here, certificate, now=NOW).systems == ()
    look_for_notices(here.pk, notices_of, now=NOW)
    assert waiting(hospital) == []


def test_a_secret_that_no_key_opens_sends_nothing_and_says_so(hospital: Hospital, listener: Listener) -> None:
    made, _secret = hook(hospital, listener)
    happens(hospital, "mandate_given")
    with acting_for([hospital.organisation.pk], as_platform=True):
        Webhook.objects.update(sealed_secret=b"0a1b2c3d:none of ours")
    send_all(hospital, at=NOW)
    assert listener.heard == []
    assert (only(hospital).answer, only(hospital).attempts) == (UNREADABLE, 1)
    with acting_for([hospital.organisation.pk], as_platform=True):
        secret = keep.rotate_secret(made, actor=PLATFORM, now=NOW)
    send_all(hospital, at=NOW)
    headers, body = listener.heard[0]
    Reference(secret).verify(body, headers)


def test_once_one_is_taken_again_all_that_waits_is_tried(hospital: Hospital, listener: Listener) -> None:
    hook(hospital, listener)
    others = [Person(pk=uuid4()) for _ in range(3)]
    for one in others:
        happens(hospital, "person_left", one)
    listener.answers = [(500, {"Retry-After": "7200"})] * 3
    send_all(hospital, at=NOW)
    happens(hospital, "mandate_given")
    send_all(hospital, at=NOW)
    assert len(listener.heard) == 4, "those that were not taken wait"
    send_all(hospital, at=NOW)
    assert len(listener.heard) == 7, "until one was taken: then the receiver is back"
    assert waiting(hospital) == []


def test_a_stopped_one_plans_nothing_and_loses_nothing(hospital: Hospital, listener: Listener) -> None:
    made, _secret = hook(hospital, listener)
    with acting_for([hospital.organisation.pk], as_platform=True):
        keep.stop_webhook(made, actor=PLATFORM, now=NOW)
    happens(hospital, "mandate_given")
    send_all(hospital, at=NOW)
    assert waiting(hospital) == [], "nobody takes it up again and again"
    with acting_for([hospital.organisation.pk], as_platform=True):
        keep.resume_webhook(made, actor=PLATFORM, now=NOW)
    send_all(hospital, at=NOW)
    assert len(listener.heard) == 1


def test_a_long_answer_counts_by_its_status(hospital: Hospital, listener: Listener) -> None:
    hook(hospital, listener)
    happens(hospital, "mandate_given")
    listener.answers = [(200, {"Content-Length": "9999999"})]
    send_all(hospital, at=NOW)
    assert only(hospital).answer == "200"


def test_what_an_owner_takes_back_is_not_told_later(hospital: Hospital, listener: Listener) -> None:
    hook(hospital, listener)
    happens(hospital, "mandate_given")
    with acting_for([hospital.organisation.pk], as_platform=True):
        keep.leave_unsaid([hospital.holder.pk])
    assert waiting(hospital) == []
