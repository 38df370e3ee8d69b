"""When a mandate lets its holder act: edges of days, and the Belgian day at midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisations.domain.mandates import MandatePeriod, MandateState, belgian_day
from organisations.models import Mandate
from organisations.services.audit import Actor
from organisations.services.mandates import withdraw_mandate
from organisations.tenancy import acting_for
from tests.support.hospital import make_hospital

STARTS, ENDS = date(2026, 3, 1), date(2026, 3, 31)
CLOSED, OPEN = MandatePeriod(STARTS, ENDS), MandatePeriod(STARTS)


@pytest.mark.parametrize(
    ("period", "day", "state"),
    [
        (CLOSED, date(2026, 2, 28), MandateState.FUTURE),
        (CLOSED, date(2026, 3, 1), MandateState.ACTIVE),
        (CLOSED, date(2026, 3, 31), MandateState.ACTIVE),
        (CLOSED, date(2026, 4, 1), MandateState.ENDED),
        (OPEN, date(2026, 2, 28), MandateState.FUTURE),
        (OPEN, date(2126, 1, 1), MandateState.ACTIVE),
        (MandatePeriod(STARTS, ENDS, date(2026, 3, 10)), date(2026, 3, 9), MandateState.ACTIVE),
        (MandatePeriod(STARTS, ENDS, date(2026, 3, 10)), date(2026, 3, 10), MandateState.WITHDRAWN),
        (MandatePeriod(STARTS, ENDS, date(2026, 3, 10)), date(2026, 5, 1), MandateState.WITHDRAWN),
        (MandatePeriod(STARTS, ENDS, date(2026, 2, 1)), date(2026, 3, 5), MandateState.WITHDRAWN),
        (MandatePeriod(STARTS, STARTS), STARTS, MandateState.ACTIVE),
    ],
)
def test_states(period: MandatePeriod, day: date, state: MandateState) -> None:
    assert period.state(day) is state
    assert period.allows(day) is (state is MandateState.ACTIVE)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),  # winter: one hour ahead
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),  # summer: two hours ahead
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 29)),  # the night the clock goes forward
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),  # the day it goes back
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_a_day_is_a_belgian_day(moment: datetime, day: date) -> None:
    assert belgian_day(moment) == day


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(DAYS, st.none() | DAYS, st.none() | DAYS, DAYS)
def test_before_its_start_and_after_its_end_nobody_acts(
    starts: date, ends: date | None, withdrawn: date | None, day: date
) -> None:
    inside = starts <= day and (ends is None or day <= ends) and (withdrawn is None or day < withdrawn)
    assert MandatePeriod(starts, ends, withdrawn).allows(day) is inside


@pytest.mark.django_db
def test_the_database_says_what_the_domain_says() -> None:
    hospital = make_hospital()
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        mandate = hospital.mandate
        Mandate.objects.filter(pk=mandate.pk).update(starts_on=STARTS, ends_on=ENDS)
        mandate.refresh_from_db()
        withdraw_mandate(mandate, withdrawn_on=date(2026, 3, 20), actor=Actor.platform(), now=now)
        withdraw_mandate(mandate, withdrawn_on=date(2026, 3, 5), actor=Actor.platform(), now=now)
        mandate.refresh_from_db()
        assert mandate.withdrawn_on == date(2026, 3, 20), "the first withdrawal stands"
        for offset in range(-2, 34):
            day = STARTS + timedelta(days=offset)
            active = Mandate.objects.filter(pk=mandate.pk).active_on(day).exists()
            assert active is mandate.period.allows(day), day
