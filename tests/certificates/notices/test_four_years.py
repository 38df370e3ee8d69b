"""Four years, day by day: a thousand certificates, outages at random, renewals here and elsewhere.

Each day is looked at as the worker of letters does; the mail server, or everything, is away on some days. What was told
is held against what the rules say, day by day: once each, none missing, none about what was renewed.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import override_settings
from pytest_django import Settings

from certificates.domain.watch.notices import Event, Policy, events, passed
from certificates.models import Certificate
from organisations.models import Organisation, Reminder
from organisations.tenancy import acting_for
from tests.certificates.notices.test_wishes import rules
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import remind_organisation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BEGIN = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
SEED = 20270101


@dataclass
class Life:
    """One certificate: when it ends, and on which day somebody renews it (None: nobody does)."""

    key: UUID
    not_after: datetime
    renewed_on: datetime | None


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def shelf_of(hospital: Hospital, many: int, dice: random.Random, days: int) -> list[Life]:
    """Make `many` certificates that end at random; two of three are renewed, at random in their last 90 days."""
    lives = []
    for index in range(many):
        end = BEGIN + timedelta(days=dice.randrange(1, days), hours=dice.randrange(24))
        row = shelve(
            hospital.organisation, f"APP{index}", 0, not_after=end, not_before=end - 1095 * DAY,
            created_at=BEGIN - DAY,
        )  # fmt: skip
        renewed = end - timedelta(days=dice.randrange(90), hours=1) if dice.random() < 2 / 3 else None
        lives.append(Life(row.pk, end, renewed))
    return lives


def renew(hospital: Hospital, life: Life) -> Life:
    """Let a successor of the same name be there, wherever it came from, and the switch be confirmed; returns it.

    It ends three years later, and nobody renews it.
    """
    with acting_for([hospital.organisation.pk], as_platform=True):
        old = Certificate.objects.get(pk=life.key)
    end = life.not_after + 1095 * DAY
    new = shelve(hospital.organisation, old.application_id, 0, not_after=end)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=life.key).update(switch_confirmed_at=BEGIN)
    return Life(new.pk, end, None)


def expected(lives: list[Life], up: list[datetime]) -> Counter[tuple[UUID, str, int]]:
    """Return what must be told once each: on every day that somebody looks, the latest event that has come."""
    told: Counter[tuple[UUID, str, int]] = Counter()
    for life in lives:
        found = events(Policy(), life.not_after, life.not_after - 90 * DAY)
        for day in up:
            over = life.renewed_on is not None and life.renewed_on <= day
            event: Event | None = None if over else passed(found, day)
            if event is not None and day < life.not_after + 30 * DAY:
                told[life.key, event.kind, event.step] = 1
    return told


def play(hospital: Hospital, sink: MailSink, *, many: int, days: int) -> None:
    dice = random.Random(SEED)  # noqa: S311  # a game that can be played again
    lives = shelf_of(hospital, many, dice, days)
    calendar = [BEGIN + one * DAY for one in range(days + 40)]
    up: list[datetime] = []
    letters_a_day: Counter[datetime] = Counter()
    away_until = BEGIN
    to_come = [one for one in lives if one.renewed_on is not None]
    for day in calendar:
        for life in [one for one in to_come if one.renewed_on is not None and one.renewed_on <= day]:
            lives.append(renew(hospital, life))
            to_come.remove(life)
        if dice.random() < 0.03:
            away_until = day + dice.randrange(1, 5) * DAY
        away = day < away_until
        if away and dice.random() < 0.5:
            continue  # everything is away
        before = len(sink.mails)
        with acting_for([hospital.organisation.pk], as_platform=True):
            Organisation.objects.filter(pk=hospital.organisation.pk).update(reminders_due_at=day)
        with override_settings(EMAIL_PORT=1) if away else nullcontext():
            remind_organisation(hospital.organisation.pk, now=day)
        letters_a_day[day] = len(sink.mails) - before
        if not away:
            up.append(day)
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = Reminder.objects.filter(recipient=hospital.administrator)
        told = Counter(
            rows.filter(sent_at__isnull=False, kind__in=("renewal", "ended")).values_list(
                "subject_id", "kind", "step"
            )
        )
        assert not rows.filter(next_attempt_at__isnull=False, next_attempt_at__lt=calendar[-1]).exists()
    must = expected(lives, up)
    assert told - must == Counter(), "told, and should not have been"
    assert must - told == Counter(), "not told"
    assert max(letters_a_day.values()) <= 2, "one letter a day to the administrator, and one to the holder"
    assert sum(letters_a_day.values()) == len(sink.mails) > 0


def test_every_notice_is_told_once(full: bool, sink: MailSink) -> None:
    hospital = make_hospital()
    rules(hospital)
    play(hospital, sink, many=1000 if full else 20, days=4 * 365 if full else 75)
