"""What a certificate is good for: the instants at which that changes, in the domain and in SQL alike."""

from datetime import UTC, datetime, timedelta

import pytest

from certificates.domain.validity import CertificateStatus, RevocationStatus, status_of
from certificates.models import Certificate
from certificates.selectors import inventory
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
END = START + timedelta(days=1096)
TICK = timedelta(microseconds=1)
C = CertificateStatus


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (START - TICK, C.NOT_YET_VALID),
        (START, C.VALID),
        (END - timedelta(days=90) - TICK, C.VALID),
        (END - timedelta(days=90), C.RENEWABLE),
        (END - TICK, C.RENEWABLE),
        (END, C.EXPIRED),
        (END + timedelta(days=1000), C.EXPIRED),
    ],
)
def test_the_edges(now: datetime, status: CertificateStatus) -> None:
    for revocation in (RevocationStatus.GOOD, RevocationStatus.UNKNOWN):
        assert status_of(START, END, revocation, now) is status
    assert status_of(START, END, RevocationStatus.REVOKED, now) is C.REVOKED


def test_a_short_certificate_is_renewable_from_its_start() -> None:
    assert status_of(START, START + timedelta(days=30), RevocationStatus.GOOD, START) is C.RENEWABLE


@pytest.mark.parametrize(
    ("replaceable_from", "now", "status"),
    [
        (END - timedelta(days=120), END - timedelta(days=120) - TICK, C.VALID),
        (END - timedelta(days=120), END - timedelta(days=120), C.RENEWABLE),
        (END - timedelta(days=60), END - timedelta(days=90), C.VALID),
        (END - timedelta(days=60), END - timedelta(days=60), C.RENEWABLE),
        (END + timedelta(days=60), END - TICK, C.VALID),
        (END + timedelta(days=60), END, C.EXPIRED),
        (START - timedelta(days=60), START - TICK, C.NOT_YET_VALID),
    ],
)
def test_the_governments_own_date_is_stronger(
    replaceable_from: datetime, now: datetime, status: CertificateStatus
) -> None:
    assert status_of(START, END, RevocationStatus.GOOD, now, replaceable_from) is status


@pytest.mark.parametrize("days", [None, 120, 60, -1])
def test_sql_and_domain_agree_at_every_edge(hospital: Hospital, days: int | None) -> None:
    """The list's filter, the dashboard's counts and the word on a page come from three places."""
    told = None if days is None else END - timedelta(days=days)
    one = shelve(hospital.organisation, "EDGE", 10, not_before=START, not_after=END, replaceable_from=told)
    gone = shelve(
        hospital.organisation, "GONE", 10, not_before=START, not_after=END, revocation_status="revoked"
    )
    moments = [
        START - TICK,
        START,
        END - timedelta(days=90) - TICK,
        END - timedelta(days=90),
        END - TICK,
        END,
        END - timedelta(days=120) - TICK,
        END - timedelta(days=120),
        END - timedelta(days=60) - TICK,
        END - timedelta(days=60),
    ]
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = Certificate.objects.filter(organisation=hospital.organisation)
        for now in moments:
            for status in C:
                found = set(rows.in_status(status, now).values_list("pk", flat=True))
                assert found == {row.pk for row in (one, gone) if row.status(now) is status}, (now, status)
            counts = inventory.status_counts(hospital.organisation, now)
            assert counts["revoked"] == 1
            assert sum(counts.values()) == 2
            assert counts[one.status(now).value] == 1
