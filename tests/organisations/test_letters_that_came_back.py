"""A letter that came back later is no letter that arrived: for invitations as for what waits for a signature."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from organisations.models import Invitation, ReturnedMail
from organisations.models.bounce import since
from organisations.tenancy import acting_for
from tests.organisations.web.conftest import administrator, hospital
from tests.support.hospital import Hospital

__all__ = ["administrator", "hospital"]
pytestmark = pytest.mark.django_db
SENT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_only_what_came_back_after_the_letter_counts() -> None:
    back = ReturnedMail(address="an@maasdal.example", returned_at=SENT, answer="550 no such mailbox")
    assert since(back, SENT - timedelta(minutes=1)) is back
    assert since(back, SENT + timedelta(minutes=1)) is None
    assert since(back, None) is None
    assert since(None, SENT) is None


def test_an_invitation_that_came_back_is_not_called_sent(administrator: Client, hospital: Hospital) -> None:
    form = {"email": "Mistyped@maasdal.example", "full_name": "An Typo", "role": "viewer", "language": "en"}
    assert administrator.post("/organisation/members/new/", form).status_code == 302
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Invitation.objects.filter(email__iexact=form["email"]).update(sent_at=SENT) == 1
    assert "sent 20 Nov 2026" in administrator.get("/organisation/").content.decode()
    ReturnedMail.objects.create(
        address="mistyped@maasdal.example",
        returned_at=SENT + timedelta(minutes=4),
        answer="550 no such mailbox",
    )
    page = administrator.get("/organisation/").content.decode()
    assert "came back 20 Nov 2026" in page
    assert "550 no such mailbox" in page
    assert "sent 20 Nov 2026" not in page
