"""Deadlines of a foreign care provider's confirmation: followed, passed, and patience with them."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from certificates.certra.values import Unreadable, moment_of
from certificates.domain.foreign_lifecycle import (
    AFTER_DEADLINE,
    is_lapsed,
    is_late,
    reminder_due,
)
from certificates.errors.foreigners import (
    ForeignRequestElsewhere,
)
from certificates.errors.requests import CannotAskAgain
from certificates.models import ForeignRequest
from certificates.services.foreigners.progress import (
    ask_again_for_foreigner,
    note_confirmed,
    note_unconfirmed,
)
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import Foreigner
from tests.certificates.foreigners.test_foreigners import NOW, S
from tests.support.hospital import PLATFORM
from tests.support.sandbox import SandboxProcess


@pytest.mark.parametrize(
    ("left", "soon", "late", "lapsed"),
    [
        (timedelta(days=14), False, False, False),
        (timedelta(days=3, seconds=1), False, False, False),
        (timedelta(days=3), True, False, False),
        (timedelta(hours=1), True, False, False),
        (timedelta(0), False, True, False),
        (-AFTER_DEADLINE, False, True, True),
    ],
)
def test_deadlines(left: timedelta, soon: bool, late: bool, lapsed: bool) -> None:
    end = NOW + left
    assert (reminder_due(end, NOW), is_late(end, NOW), is_lapsed(end, NOW)) == (soon, late, lapsed)
    assert not any((reminder_due(None, NOW), is_late(None, NOW), is_lapsed(None, NOW)))


def test_the_next_look_is_not_later_than_the_deadline(giulia: Foreigner) -> None:
    request = giulia.registered()
    end = request.expires_at
    assert end is not None
    # However long the pauses have grown.
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        ForeignRequest.objects.filter(pk=request.pk).update(attempts=40)
    assert giulia.step(request, now=end - timedelta(hours=1)).next_attempt_at == end + timedelta(seconds=1)


def test_a_deadline_that_passed_is_said(giulia: Foreigner, government: SandboxProcess) -> None:
    request = giulia.registered()
    assert request.expires_at is not None
    late = request.expires_at + timedelta(seconds=5)
    # We are past the deadline; the government, by its own clock, is not: somebody may still confirm there.
    request = giulia.step(request, now=late)
    assert request.state == S.AWAITING_CONFIRMATION
    government.control_post("/control/clock", {"offset_seconds": 15 * 86400})
    try:
        request = giulia.step(request, now=late)
    finally:
        government.control_post("/control/clock", {"offset_seconds": 0})
    assert request.state == S.LAPSED
    giulia.ask()


def test_nothing_is_expected_ten_days_after_the_deadline(giulia: Foreigner) -> None:
    request = giulia.registered()
    assert request.expires_at is not None
    assert giulia.step(request, now=request.expires_at + AFTER_DEADLINE).state == S.LAPSED


def test_what_was_told_too_early_can_be_taken_back(giulia: Foreigner, government: SandboxProcess) -> None:
    request, here = giulia.registered(), giulia.hospital.organisation
    with acting_for([here.pk], as_platform=True):
        with pytest.raises(ForeignRequestElsewhere):
            note_unconfirmed(request, actor=PLATFORM, now=datetime.now(UTC))
        note_confirmed(request, actor=PLATFORM, now=datetime.now(UTC))
        assert not request.is_cancellable
        note_unconfirmed(request, actor=PLATFORM, now=datetime.now(UTC))
    request = giulia.reload(request)
    assert (request.state, request.is_cancellable) == (S.AWAITING_CONFIRMATION, True)
    assert request.expires_at is not None
    assert giulia.actions(request)[-2:] == ["foreign_awaiting_certificate", "foreign_unconfirmed"]
    government.control_post("/control/clock", {"offset_seconds": 15 * 86400})
    try:
        request = giulia.step(request, now=request.expires_at + timedelta(seconds=5))
    finally:
        government.control_post("/control/clock", {"offset_seconds": 0})
    assert request.state == S.LAPSED, "the deadline ends it, and not a verdict"


@pytest.mark.parametrize("told", [False, True])
def test_nobody_gives_up_before_the_deadline(giulia: Foreigner, told: bool) -> None:
    request, now = giulia.registered(), datetime.now(UTC)
    end = now + timedelta(days=60)
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        ForeignRequest.objects.filter(pk=request.pk).update(expires_at=end)
        request = giulia.reload(request)
        if told:
            note_confirmed(request, actor=PLATFORM, now=now)
    state = request.state
    for days in (31, 59, 69):
        request = giulia.step(request, now=now + timedelta(days=days))
        assert request.state == state
    assert giulia.step(request, now=now + timedelta(days=71)).state == (S.GAVE_UP if told else S.LAPSED)


def test_giving_up_and_asking_once_more(giulia: Foreigner) -> None:
    here = giulia.hospital.organisation
    request = giulia.registered()
    with acting_for([here.pk], as_platform=True):
        with pytest.raises(CannotAskAgain):
            ask_again_for_foreigner(request, actor=PLATFORM, now=datetime.now(UTC))
        note_confirmed(request, actor=PLATFORM, now=datetime.now(UTC))
    request = giulia.step(request, now=datetime.now(UTC) + timedelta(days=31))
    assert request.state == S.GAVE_UP
    assert giulia.confirm(request) == 200
    with acting_for([here.pk], as_platform=True):
        ask_again_for_foreigner(request, actor=PLATFORM, now=datetime.now(UTC))
    assert giulia.step(request).state == S.ISSUED


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_deadline_that_no_clock_reaches_is_not_taken(end: str) -> None:
    answer = etree.Element("answer")
    etree.SubElement(answer, "end").text = end
    with pytest.raises(Unreadable):
        moment_of(answer, "end")
