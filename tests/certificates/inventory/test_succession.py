"""What is written down of a certificate is what the definition says, whatever was done to it and to its neighbours."""

import random
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction

from certificates.domain.revocation import REVOCATION_FINAL_STATES, RevocationState
from certificates.models import Certificate, Revocation
from certificates.models.certificate import NOT_GOOD
from certificates.succession import NAME
from organisations.tenancy import acting_for
from tests.certificates.inventory.test_plans import multiply
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def is_renewed(one: Certificate, all_of_them: list[Certificate]) -> bool:
    """The definition, in so many words."""
    return bool(one.identifier_type) and any(
        other.organisation_id == one.organisation_id
        and all(getattr(other, field) == getattr(one, field) for field in NAME)
        and other.not_after > one.not_after
        and other.chain_trusted
        and other.revocation_status not in NOT_GOOD
        and other.private_to_id in (None, one.private_to_id)
        for other in all_of_them
    )


def assert_written_down(hospital: Hospital) -> int:
    """Compare every row with the definition; return how many are renewed."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = list(Certificate.objects.all())
        open_ones = set(
            Revocation.objects.exclude(state__in=REVOCATION_FINAL_STATES).values_list(
                "certificate_id", flat=True
            )
        )
    assert {row.pk: row.renewed for row in rows} == {row.pk: is_renewed(row, rows) for row in rows}
    assert {row.pk for row in rows if row.ending} == open_ones
    return sum(row.renewed for row in rows)


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order() -> None:
    hospital, chance, renewed = make_hospital(), random.Random(20261130), 0  # noqa: S311  # the same at every run
    names = ("ONE", "TWO", "")
    for turn in range(60):
        made = [
            shelve(
                hospital.organisation,
                chance.choice(names),
                chance.randrange(-100, 900),
                chain_trusted=chance.random() < 0.8,
                identifier_type=chance.choice(("CBE", "CBE", "")),
            )
            for _ in range(chance.randrange(3))
        ]
        with acting_for([hospital.organisation.pk], as_platform=True):
            rows = Certificate.objects.order_by("?")
            victim = rows.first()
            change = chance.choice(("revoked", "on_hold", "good", "trust", "end", "private", "gone", "bulk"))
            if victim is None:
                continue
            mine = Certificate.objects.filter(pk=victim.pk)
            if change in ("revoked", "on_hold", "good"):
                mine.update(revocation_status=change)
            elif change == "trust":
                mine.update(chain_trusted=not victim.chain_trusted)
            elif change == "end":
                mine.update(not_after=NOW + chance.randrange(-50, 900) * DAY)
            elif change == "private":
                hidden = victim.private_to_id is None
                mine.update(
                    owner=hospital.holder,
                    private_to=hospital.holder_user if hidden else None,
                    shared_at=None if hidden else NOW,
                )
            elif change == "gone":
                mine.delete()
            else:
                for number, row in enumerate(list(rows[:5])):
                    row.pk, row.fingerprint = None, f"{turn:032x}{number:032x}"
                    row._state.adding = True
                    row.not_after += chance.randrange(1, 90) * DAY
                    made.append(row)
                Certificate.objects.bulk_create(made[-5:], ignore_conflicts=True)
        renewed = max(renewed, assert_written_down(hospital))
    assert renewed > 5


@pytest.mark.django_db
def test_a_revocation_on_its_way_until_it_is_over() -> None:
    hospital = make_hospital()
    first = revoke(hospital, RevocationState.AWAITING_SIGNATURE)
    revoke(hospital, RevocationState.COMPLETED)
    assert_written_down(hospital)
    for state, ending in (
        (RevocationState.SIGNED, True),
        (RevocationState.CANCELLED, False),
        (RevocationState.AWAITING_EVIDENCE, True),
    ):
        with acting_for([hospital.organisation.pk], as_platform=True):
            Revocation.objects.filter(pk=first.pk).update(state=state)
            assert Certificate.objects.get(pk=first.certificate_id).ending is ending
    assert_written_down(hospital)


@pytest.mark.usefixtures("committing")
def test_two_who_write_the_same_name_at_once() -> None:
    """Neither sees the other's; whoever comes second waits for the first, and judges both."""
    hospital, start = make_hospital(), threading.Barrier(2)

    def write(days: int) -> None:
        try:
            with acting_for([hospital.organisation.pk], as_platform=True), transaction.atomic():
                start.wait()
                shelve(hospital.organisation, "BOTH", days)
        finally:
            connection.close()

    for round_ in range(5):
        start.reset()
        writers = [threading.Thread(target=write, args=(days + 10 * round_,)) for days in (100, 105)]
        for one in writers:
            one.start()
        for one in writers:
            one.join()
        assert assert_written_down(hospital) == 2 * round_ + 1


@pytest.mark.parametrize(("pages", "rows"), [(854, 0), (854, 300), (1, 1)])
def test_each_name_is_looked_up_once_whatever_the_planner_takes_the_table_for(
    committing: None, admin_url: str, owner_url: str, pages: int, rows: int
) -> None:
    """Statistics of a table that was nearly empty made thousands of new rows take minutes."""
    hospital = make_hospital()
    model = shelve(hospital.organisation, "MODEL", 300)
    forged = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE relname = 'certificates_certificate'"
    counted = (
        "SELECT idx_scan, idx_tup_fetch + seq_tup_read FROM pg_stat_xact_all_tables"
        " WHERE relname = 'certificates_certificate'"
    )
    with psycopg.connect(urlsplit(admin_url)._replace(path=urlsplit(owner_url).path).geturl()) as admin:
        admin.execute(forged, [pages, rows])
    with psycopg.connect(owner_url) as owner:
        before = owner.execute(counted).fetchone() or (0, 0)
        multiply(owner, model, 2_000)
        after = owner.execute(counted).fetchone()
    assert after is not None
    looked_up, read = (late - early for early, late in zip(before, after, strict=True))
    assert looked_up >= 1_900, "names are not joined as they stand"
    assert read <= 3 * 2_000
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.filter(renewed=True).count() == 20
