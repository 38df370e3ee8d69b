"""Mail that comes back after the server took it: recognised, believed only where a letter went, and shown."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from organisations.models import ReturnedMail
from organisations.services.letters.mail import Letter, Note, Part, post
from organisations.services.letters.mailbox import MailboxUnreachable, read_bounces
from organisations.services.letters.returned import MOST_BYTES, envelope_sender, take_returned_mail
from tests.organisations.web.conftest import administrator, hospital
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.mailbox import holding

__all__ = ["administrator", "hospital"]
pytestmark = pytest.mark.django_db
SAID = "smtp; 550 5.1.1 no such mailbox"


@pytest.fixture(autouse=True)
def address(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@ehportal.example"


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def now() -> datetime:
    return datetime.now(UTC)


def letter_to(hospital: Hospital) -> None:
    note = Note("A thing", "that waits", "/")
    post(hospital.administrator, lambda: Letter("Subject", [Part(hospital.organisation, [note])]))


def notification(
    back_to: str, failed: str, *, action: str = "failed", said: str = SAID, header: str = "To"
) -> bytes:
    """As mail servers write it (RFC 3464), with the headers of the letter."""
    return (
        f"{header}: {back_to}\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\nMIME-Version: 1.0\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {failed}\r\nAction: {action}\r\nStatus: 5.1.1\r\nDiagnostic-Code: {said}\r\n"
        "\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"To: {failed}\r\nSubject: A letter\r\n\r\n--b--\r\n"
    ).encode()


def sender_for(address: str) -> str:
    made = envelope_sender(address)
    assert made is not None
    return made


def test_a_letter_can_be_recognised_when_it_comes_back(hospital: Hospital, sink: MailSink) -> None:
    letter_to(hospital)
    reader = hospital.administrator.email
    assert sink.senders == [sender_for(reader.upper())]
    assert sink.senders[0].startswith("bounces+")
    assert reader.partition("@")[0] not in sink.senders[0]
    assert "bounces" not in str(sink.mail_to(reader)["From"])


def test_without_an_address_everything_is_as_before(
    hospital: Hospital, sink: MailSink, settings: Settings
) -> None:
    settings.BOUNCE_ADDRESS = ""
    letter_to(hospital)
    assert sink.senders[0] in settings.DEFAULT_FROM_EMAIL


def test_what_came_back_marks_its_address(hospital: Hospital, administrator: Client) -> None:
    reader = hospital.administrator.email
    assert "came back" not in administrator.get("/organisation/").content.decode()
    assert take_returned_mail(notification(sender_for(reader), reader), now=now())
    page = administrator.get("/organisation/").content.decode()
    assert "Mail to this address came back on" in page
    assert "550 5.1.1 no such mailbox" in page


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_where_it_arrived_stands_in_several_headers(header: str) -> None:
    raw = notification(sender_for("els@maasdal.example"), "els@maasdal.example", header=header)
    assert take_returned_mail(raw, now=now())


def test_a_forwarded_letter_is_known_by_its_own_headers() -> None:
    raw = notification(sender_for("els@maasdal.example"), "els@maasdal.example")
    elsewhere = raw.replace(b"rfc822; els@maasdal.example", b"rfc822; els@home.example")
    assert take_returned_mail(elsewhere, now=now())
    assert list(ReturnedMail.objects.values_list("address", flat=True)) == ["els@maasdal.example"]


REPORT = b"Content-Type: multipart/report; boundary=b\r\n\r\n"
PLAIN = b"To: %s\r\nSubject: Re: A letter\r\n\r\nI am on holiday.\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        lambda: notification(sender_for("els@maasdal.example"), "an@maasdal.example"),
        lambda: notification("bounces@ehportal.example", "els@maasdal.example"),
        lambda: notification("bounces+aaaaaaaaaaaaaaaa@ehportal.example", "els@maasdal.example"),
        lambda: notification(sender_for("els@maasdal.example"), "els@maasdal.example", action="delayed"),
        lambda: PLAIN % sender_for("els@maasdal.example").encode(),
        lambda: b"",
        lambda: b"\xff\x00" * 2000,
        lambda: notification(sender_for("els@maasdal.example"), "els@maasdal.example") + b" " * MOST_BYTES,
        lambda: (
            b"Content-Type: multipart/report; boundary=b\r\n\r\n"
            + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * 900
        ),
    ],
    ids=["of_another", "no_token", "guessed", "delayed", "a_person", "empty", "noise", "too_large", "nested"],
)
def test_what_proves_nothing_marks_nobody(raw: object) -> None:
    assert callable(raw)
    assert not take_returned_mail(raw(), now=now())
    assert not ReturnedMail.objects.exists()


def test_what_was_said_is_kept_short_and_without_numbers() -> None:
    raw = notification(
        sender_for("els@maasdal.example"), "els@maasdal.example", said="smtp; 85.07.30-033.28 " + "x" * 900
    )
    assert take_returned_mail(raw, now=now())
    kept = ReturnedMail.objects.get().answer
    assert "85.07.30" not in kept
    assert len(kept) <= 200


def test_the_hook_wants_its_secret(client: Client, settings: Settings) -> None:
    raw = notification(sender_for("els@maasdal.example"), "els@maasdal.example")

    def hand_over(secret: str, body: bytes = raw) -> int:
        return client.post(
            "/mail/returned/",
            body,
            content_type="message/rfc822",
            headers={"Authorization": f"Bearer {secret}"},
        ).status_code

    assert hand_over("") == 404, "there is no hook"
    settings.BOUNCE_HOOK_SECRET = "een lang geheim"
    assert hand_over("iets anders") == 403
    assert hand_over("een lang geheim", b"x" * (MOST_BYTES + 1)) == 413
    assert not ReturnedMail.objects.exists()
    assert [hand_over("een lang geheim") for _ in range(2)] == [204, 204]
    assert ReturnedMail.objects.count() == 1
    assert client.get("/mail/returned/").status_code == 405


def test_the_mailbox_is_read(settings: Settings) -> None:
    back = notification(sender_for("els@maasdal.example"), "els@maasdal.example")
    person = PLAIN % b"bounces@ehportal.example"
    with holding([person, back]) as box:
        settings.BOUNCE_IMAP_URL = box.url
        read_bounces(now=datetime.now(UTC))
        assert ReturnedMail.objects.get().address == "els@maasdal.example"
        assert list(box.messages.values()) == [person], "a person may have answered: that stays"
        said = StringIO()
        call_command("read_bounces", stdout=said)
        assert "0 messages read" in said.getvalue()


def test_a_mailbox_that_cannot_be_read_is_told_without_its_password(settings: Settings) -> None:
    settings.BOUNCE_IMAP_URL = ""
    with pytest.raises(CommandError, match="BOUNCE_IMAP_URL"):
        call_command("read_bounces")
    read_bounces(now=datetime.now(UTC))
    with holding([]) as box:
        settings.BOUNCE_IMAP_URL = box.url.replace("geheim", "verkeerd")
        with pytest.raises(CommandError) as told:
            call_command("read_bounces")
        assert "verkeerd" not in str(told.value)
    with pytest.raises(CommandError):
        call_command("read_bounces")
    with pytest.raises(MailboxUnreachable) as failed:
        read_bounces(now=datetime.now(UTC))
    assert "verkeerd" not in str(failed.value)
