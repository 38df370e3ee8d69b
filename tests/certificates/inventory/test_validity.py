"""What a certificate is good for: the instants at which that changes, in the domain and in SQL alike."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certificates.domain.renewal import RenewalOutcome
from certificates.domain.revocation import HOLD, Witness
from certificates.domain.validity import CertificateStatus, RevocationStatus, Standing, status_of
from certificates.models import Certificate
from certificates.selectors import inventory
from certificates.selectors.filters import CertificateFilters
from certificates.selectors.renewals import to_renew
from certificates.services.renewals.plan import plan_renewal
from certificates.services.revocations.evidence import is_evidence
from certificates.services.status.check import note_status
from certificates.trust.paths import Trust, Verdict
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.revocations.stages import ask
from tests.certificates.stages import now as today
from tests.certificates.web.shelf import shelve
from tests.support.holder import Holder
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


def test_what_is_not_recognised_is_never_good() -> None:
    """Neither a date nor "good" from outside makes a self-made certificate valid; that it is revoked still counts."""
    for now in (START - TICK, START, END - timedelta(days=1), END):
        for revocation in (RevocationStatus.GOOD, RevocationStatus.UNKNOWN, RevocationStatus.ON_HOLD):
            assert status_of(START, END, revocation, now, recognised=False) is C.NOT_RECOGNISED
    assert status_of(START, END, RevocationStatus.REVOKED, START, recognised=False) is C.REVOKED


@pytest.mark.parametrize(("now", "status"), [(START - TICK, C.ON_HOLD), (START, C.ON_HOLD), (END, C.EXPIRED)])
def test_a_hold_lasts_until_the_end(now: datetime, status: CertificateStatus) -> None:
    assert status_of(START, END, RevocationStatus.ON_HOLD, now) is status


@pytest.mark.parametrize("days", [None, 120, 60, -1])
def test_sql_and_domain_agree_at_every_edge(hospital: Hospital, days: int | None) -> None:
    """The list's filter, the dashboard's counts and the word on a page come from three places."""
    told = None if days is None else END - timedelta(days=days)
    dates: dict[str, Any] = {"not_before": START, "not_after": END, "replaceable_from": told}
    fields_of: dict[str, dict[str, Any]] = {
        "EDGE": {},
        "GONE": {"revocation_status": "revoked"},
        "HELD": {"revocation_status": "on_hold"},
        "SELF-MADE": {"chain_trusted": False},
    }
    shelved = [
        shelve(hospital.organisation, name, 10, **dates, **fields) for name, fields in fields_of.items()
    ]
    moments = [
        moment - tick
        for moment in (START, END, *(END - timedelta(days=ahead) for ahead in (30, 60, 90, 120)))
        for tick in (TICK, timedelta(0))
    ]
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = Certificate.objects.filter(organisation=hospital.organisation)
        for now in moments:
            for status in C:
                found = set(rows.in_status(status, now).values_list("pk", flat=True))
                assert found == {one.pk for one in shelved if one.status(now) is status}, (now, status)
            counts = inventory.status_counts(hospital.organisation, now)
            assert +Counter(counts) == Counter(one.standing(now).value for one in shelved), now


def test_tiles_filters_and_words_say_the_same(hospital: Hospital, holder: Holder) -> None:
    """What ends soon, was renewed or is being revoked is in no list, and in no number, of those that are valid."""
    here = hospital.organisation
    later: dict[str, Any] = {"replaceable_from": today() + timedelta(days=5)}
    plain, soon = shelve(here, "PLAIN", 400), shelve(here, "SOON", 20, **later)
    old, new = shelve(here, "TWICE", 20), shelve(here, "TWICE", 1000)
    ending = ask(hospital, shelve(here, "ENDING", 40)).certificate
    self_made = shelve(here, "MINE", 400, chain_trusted=False)
    expected = {
        Standing.VALID: {plain.pk, new.pk},
        Standing.ENDS_SOON: {soon.pk},
        Standing.RENEWED: {old.pk},
        Standing.BEING_REVOKED: {ending.pk},
        Standing.NOT_RECOGNISED: {self_made.pk},
    }
    with acting_for([here.pk], as_platform=True):
        counts = inventory.status_counts(here, today())
        for standing in Standing:
            rows = inventory.listed(CertificateFilters({"status": standing.value}, here, today()).found).rows
            assert {one.pk for one in rows} == expected.get(standing, set()), standing
            assert counts[standing.value] == len(rows)
            assert {one.standing(today()) for one in rows} <= {standing}
        marks = {mark.certificate_id: mark.standing for mark in inventory.timeline(here, today())}
        assert marks == {pk: standing for standing, pks in expected.items() for pk in pks}
        assert list(to_renew(here, today())) == [], "a revocation runs"
        plan = plan_renewal(ending, now=today())
    assert (plan.outcome, plan.possible) == (RenewalOutcome.BEING_REVOKED, False)


def test_a_hold_is_noted_with_its_reason_and_lifted(hospital: Hospital) -> None:
    here = hospital.organisation
    one = shelve(here, "HELD", 400)
    held = Verdict(Trust.REVOKED, START, Witness.OCSP, HOLD)

    def heard(verdict: Verdict) -> Certificate:
        with acting_for([here.pk], as_platform=True):
            note_status(one, verdict, now=today())
            return Certificate.objects.get(pk=one.pk)

    for verdict in (held, held, Verdict(Trust.STATUS_UNKNOWN)):
        after = heard(verdict)
        assert (after.status(today()), after.revocation_reason) == (C.ON_HOLD, HOLD)
        assert (after.revoked_at, after.is_genuine, is_evidence(verdict)) == (None, False, False)
        assert after.on_hold_since == START
    after = heard(Verdict(Trust.TRUSTED))
    assert (after.status(today()), after.revocation_reason, after.on_hold_since) == (C.VALID, "", None)
    assert heard(Verdict(Trust.REVOKED, None, Witness.OCSP, HOLD)).on_hold_since is None
    assert heard(held).on_hold_since == START, "the day was told by another witness"
    after = heard(Verdict(Trust.REVOKED, START, Witness.CRL, "keyCompromise"))
    assert (after.status(today()), after.revocation_reason, after.revoked_at) == (
        C.REVOKED,
        "keyCompromise",
        START,
    )
    assert after.on_hold_since is None
    for verdict in (held, Verdict(Trust.TRUSTED)):
        assert heard(verdict).status(today()) is C.REVOKED, "that is final"
    with acting_for([here.pk], as_platform=True):
        events = AuditEvent.objects.filter(subject_id=one.pk).order_by("happened_at", "id")
        assert [one.action for one in events if one.action != "certificate_imported"] == [
            *("certificate_found_on_hold", "certificate_hold_lifted"),
            *("certificate_found_on_hold", "certificate_found_revoked"),
        ]
