"""Percentiles, weeks and holidays, without a database."""

from datetime import date
from itertools import pairwise

import pytest

from certificates.domain.watch.probes import (
    AVAILABLE,
    BOUNDS,
    Outcome,
    Week,
    holidays,
    outcome_of_fault,
    percentile,
)


def counts(*found: tuple[int, int]) -> list[int]:
    told = [0] * (len(BOUNDS) + 1)
    for bucket, number in found:
        told[bucket] = number
    return told


def test_bounds_grow_to_a_minute() -> None:
    assert all(low < high for low, high in pairwise(BOUNDS))
    assert BOUNDS[0] == 10
    assert 60_000 <= BOUNDS[-1] < 62_000


def test_percentiles_lie_in_their_bucket() -> None:
    assert percentile([], 0.5) is None
    assert percentile(counts(), 0.95) is None
    assert percentile(counts((0, 100)), 0.5) == 5
    half = percentile(counts((3, 50), (10, 50)), 0.5)
    assert half is not None
    assert BOUNDS[2] <= half <= BOUNDS[3] + 1
    most = percentile(counts((3, 94), (10, 6)), 0.95)
    assert most is not None
    assert BOUNDS[9] <= most <= BOUNDS[10]
    last = percentile(counts((len(BOUNDS), 1)), 0.95)
    assert last is not None
    assert last > BOUNDS[-1]


def test_a_week_has_seven_days_with_hours_in_order() -> None:
    assert len(Week().hours()) == 168
    assert Week(((8, 10),) + (None,) * 6).hours() == [8, 9]
    assert Week((None,) * 6 + ((23, 24),)).hours() == [167]
    for wrong in (((8, 10),), ((10, 8),) * 7, ((0, 25),) * 7, ((8, 8),) * 7):
        with pytest.raises(ValueError, match="seven days"):
            Week(wrong)


def test_legal_holidays() -> None:
    assert holidays(2026) == [
        date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25),
        date(2026, 7, 21), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
    ]  # fmt: skip
    assert date(2027, 3, 29) in holidays(2027)
    assert date(2038, 4, 26) in holidays(2038)


@pytest.mark.parametrize(
    ("kind", "code", "faultcode", "outcome"),
    [
        # The bus has nobody to hand the request to.
        ("SystemError", "SOA-02001", "soap:Server", Outcome.MISSING),
        ("BusinessError", "02002", "soap:Client", Outcome.MISSING),
        # Something broke in the service: whoever asked, however well.
        ("SystemError", "SOA-00001", "soap:Server", Outcome.FAULTED),
        ("", "SOA-00001", "soap:Client", Outcome.FAULTED),
        ("SystemError", "", "soap:Server", Outcome.FAULTED),
        ("SystemError", "SOA-99999", "soap:Client", Outcome.FAULTED),
        ("", "", "soap:Server", Outcome.FAULTED),
        ("", "", "env:Server.generalException", Outcome.FAULTED),
        # The caller, the message or the business is refused by a service that works.
        ("BusinessError", "SOA-01001", "soap:Client", Outcome.REFUSED),
        ("SystemError", "SOA-01002", "soap:Server", Outcome.REFUSED),
        ("SystemError", "SOA-03006", "soap:Server", Outcome.REFUSED),
        ("BusinessError", "CERT_UNKNOWN", "soap:Server", Outcome.REFUSED),
        ("ProcessingFault", "", "soap:Server", Outcome.REFUSED),
        ("", "", "soap:Client", Outcome.REFUSED),
        ("", "", "", Outcome.REFUSED),
    ],
)
def test_what_a_fault_says_of_its_service(kind: str, code: str, faultcode: str, outcome: Outcome) -> None:
    assert outcome_of_fault(kind, code, faultcode) is outcome
    assert (outcome in AVAILABLE) is (outcome is Outcome.REFUSED)
