"""After the end one letter says so; and letters name the days that pages name, around midnight in both seasons."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

from agent.wire.days import BRUSSELS
from certificates.services.notices.words import day_of
from tests.certificates.reminders.test_reminders import DAYS, due, found, now, own, remind, sink
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink

__all__ = ["sink"]


def since(days: int) -> datetime:
    return now() - timedelta(days=days)


def test_one_letter_says_that_it_has_ended(hospital: Hospital, sink: MailSink) -> None:
    """Nothing was told before: the mail server, or the worker, was down over the end."""
    one = shelve(hospital.organisation, "ENDED", -4, created_at=since(400))
    els, an = hospital.administrator, hospital.holder_user
    assert due(hospital) == [("ended", 0, {els, an})]
    for _ in range(2):
        remind(hospital)
        assert len(sink.mails) == 2
    text = sink.text_to(els.email)
    assert f"{one.common_name} is beëindigd op" in text
    assert "werkt niet meer" in text
    assert f"/certificates/{one.pk}/" in text


def test_whoever_was_warned_hears_of_the_end_too(hospital: Hospital, sink: MailSink) -> None:
    one = shelve(hospital.organisation, "SOON", 3, created_at=since(400))
    assert [notice.kind for notice in found(hospital)] == ["renewal"]
    remind(hospital)
    later = one.not_after + timedelta(hours=1)
    assert [notice.kind for notice in found(hospital, at=later)] == ["ended"]


@pytest.mark.parametrize(
    "fields",
    [
        {"days_left": -40},
        {"revocation_status": "revoked"},
        {"chain_trusted": False},
        {"created_at": datetime.now(UTC)},
        {"switch_confirmed_at": datetime.now(UTC)},
    ],
    ids=["long_ago", "revoked", "not_recognised", "came_after_its_end", "its_switch_was_confirmed"],
)
def test_who_is_told_nothing(hospital: Hospital, fields: dict[str, object]) -> None:
    values = {"days_left": -4, "created_at": since(400)} | fields
    shelve(hospital.organisation, "ENDED", **values)  # type: ignore[arg-type]  # passed on
    assert due(hospital) == []


def test_a_renewed_one_may_still_be_in_use(hospital: Hospital, sink: MailSink) -> None:
    shelve(hospital.organisation, "TWICE", -2, created_at=since(400))
    shelve(hospital.organisation, "TWICE", 900)
    remind(hospital)
    assert "niemand heeft bevestigd dat het nieuwe overal in gebruik is" in " ".join(
        sink.text_to(hospital.administrator.email).split()
    )


def test_a_private_one_is_told_to_its_owner_alone(hospital: Hospital) -> None:
    shelve(hospital.organisation, "", -2, created_at=since(400), **own(hospital))
    assert due(hospital) == [("ended", 0, {hospital.holder_user})]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 3, 28, 22, 30, tzinfo=UTC), "29 March 2027"),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "1 November 2026"),
        (datetime(2027, 3, 28, 21, 30, tzinfo=UTC), "28 March 2027"),
        (datetime(2026, 10, 31, 22, 30, tzinfo=UTC), "31 October 2026"),
    ],
)
def test_a_letter_names_the_belgian_day(moment: datetime, day: str) -> None:
    for zone in (UTC, BRUSSELS):
        with translation.override("en"), timezone.override(zone):
            assert day_of(moment) == day


def test_letter_and_page_name_one_day(hospital: Hospital, sink: MailSink) -> None:
    end = datetime.combine((now() + 25 * DAYS).astimezone(BRUSSELS).date(), datetime.min.time(), BRUSSELS)
    end = end.astimezone(UTC) + timedelta(minutes=30)  # half past midnight there, the day before in UTC
    shelve(hospital.organisation, "NIGHT", 25, not_after=end, created_at=since(400))
    remind(hospital)
    local = end.astimezone(BRUSSELS)
    with translation.override("nl"):
        day = date_format(local.date(), "j F Y")
    assert f"eindigt op {day}" in sink.text_to(hospital.administrator.email)
