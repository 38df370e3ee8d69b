"""What a letter carries opens an account: no log line holds it, whatever a framework writes about the request."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from ehportal.logs import redact_text
from organisations.models.invitation import LIFETIME
from organisations.services.letters.invitations import send_invitation
from tests.organisations.web.invitations import begin, invited, letter_link
from tests.support.hospital import make_hospital
from tests.support.mail_sink import receiving_mail


@pytest.mark.django_db
def test_an_answer_of_4xx_does_not_give_the_link_away(
    settings: Settings, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """The same link works again once the invitation is sent again."""
    late = datetime.now(UTC) - LIFETIME - timedelta(hours=1)
    with receiving_mail(settings) as sink:
        invitation = invited(make_hospital(), "nele@maasdal.example", now=late)
        send_invitation(invitation.organisation_id, invitation.pk, now=late)
    link = letter_link(sink, "nele@maasdal.example")
    seal = link.rstrip("/").split("/")[-1]
    caplog.clear()
    assert begin(client, link).status_code == 410
    written = [record.getMessage() for record in caplog.records if "invitations" in record.getMessage()]
    assert any(seal in line for line in written), "Django names the path"
    assert not any(seal in redact_text(line) for line in written)
    assert any("[letter]" in redact_text(line) for line in written)


def test_a_link_to_a_password_is_no_line_of_a_log() -> None:
    line = "Internal Server Error: /accounts/password/reset/key/4fzzk2-d0a1b2-a9f8e7d6c5b4a3/"
    assert redact_text(line) == "Internal Server Error: /accounts/password/reset/key/4fzzk2-[letter]/"
    assert re.search("set-password", redact_text("/accounts/password/reset/key/4fzzk2-set-password/")) is None


@pytest.mark.django_db
def test_the_address_of_a_feed_is_no_line_of_a_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever knows it reads a calendar: also one that answers 404 today is nobody's to read."""
    secret = "Zx9" * 14 + "-"
    assert client.get(f"/calendar/feeds/{secret}.ics").status_code == 404
    assert client.post(f"/calendar/feeds/{secret}.ics").status_code == 405
    written = [record.getMessage() for record in caplog.records]
    assert any(secret in line for line in written), "Django names the path"
    assert not any(secret in redact_text(line) for line in written)
    assert any("[feed]" in redact_text(line) for line in written)


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", ["letter", "agree", "stop"])
def test_a_link_of_a_notice_is_no_line_of_a_log(
    client: Client, caplog: pytest.LogCaptureFixture, purpose: str
) -> None:
    """Whoever has it answers in the name of whoever got the letter."""
    secret = "WyI0ZjA5Il0:1vPq-x:k_3Zx9" * 4
    assert client.post(f"/notices/{purpose}/{secret}/").status_code == 404
    written = [record.getMessage() for record in caplog.records]
    assert any(secret in line for line in written), "Django names the path"
    assert not any(secret[:20] in redact_text(line) for line in written)
    assert any(f"/notices/{purpose}/[letter]" in redact_text(line) for line in written)
