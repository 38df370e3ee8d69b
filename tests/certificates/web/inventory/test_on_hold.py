"""A suspended certificate says since which Belgian day."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from certificates.domain.validity import RevocationStatus
from organisations.models import User
from tests.certificates.web.shelf import shelve
from tests.organisations.web.conftest import administrator
from tests.support.hospital import Hospital

__all__ = ["administrator"]


@pytest.mark.parametrize(
    ("since", "day"),
    [
        (datetime(2026, 1, 9, 22, 59, 59, tzinfo=UTC), "9 January 2026"),
        (datetime(2026, 1, 9, 23, 0, tzinfo=UTC), "10 January 2026"),
        (datetime(2026, 7, 9, 21, 59, 59, tzinfo=UTC), "9 July 2026"),
        (datetime(2026, 7, 9, 22, 0, tzinfo=UTC), "10 July 2026"),
    ],
)
def test_the_day_is_the_belgian_one(
    hospital: Hospital, administrator: Client, since: datetime, day: str
) -> None:
    one = shelve(
        hospital.organisation,
        "HELD",
        300,
        revocation_status=RevocationStatus.ON_HOLD,
        revocation_reason="certificateHold",
        on_hold_since=since,
    )
    page = administrator.get(f"/certificates/{one.pk}/").content.decode()
    assert f"since {day}" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "sinds 10 januari 2026"), ("fr", "depuis le 10 janvier 2026"), ("de", "seit 10. Januar 2026")],
)
def test_in_every_language(hospital: Hospital, administrator: Client, language: str, words: str) -> None:
    User.objects.filter(pk=administrator.session["_auth_user_id"]).update(language=language)
    one = shelve(
        hospital.organisation,
        "HELD",
        300,
        revocation_status=RevocationStatus.ON_HOLD,
        on_hold_since=datetime(2026, 1, 9, 23, 0, tzinfo=UTC),
    )
    assert words in administrator.get(f"/certificates/{one.pk}/").content.decode()


def test_where_no_day_was_told_none_is_named(hospital: Hospital, administrator: Client) -> None:
    one = shelve(hospital.organisation, "HELD", 300, revocation_status=RevocationStatus.ON_HOLD)
    page = administrator.get(f"/certificates/{one.pk}/").content.decode()
    assert "Suspended, may be lifted" in page
    assert "since " not in page.partition("Revocation</dt>")[2].partition("</dd>")[0]
