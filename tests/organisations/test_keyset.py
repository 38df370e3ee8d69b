"""Cursors: what goes out comes back, and what somebody made up starts at the beginning."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from certificates.models import Certificate
from organisations.keyset import decode, encode, page_of
from organisations.models import AuditEvent
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for
from tests.support.hospital import make_hospital

WHEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEY = UUID(int=7)


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_comes_back_as_it_went(moment: datetime, key: UUID) -> None:
    assert decode(encode(moment, key)) == (moment, key)


@pytest.mark.parametrize(
    "made_up",
    [
        "x",
        "é",
        "AAAA",
        cursor([WHEN.isoformat()]),
        cursor([WHEN.isoformat(), 5]),
        cursor([5, str(KEY)]),
        cursor({"a": 1, "b": 2}),
        cursor(None),
        cursor(["2026-11-23T10:00:00", str(KEY)]),  # without a zone
        cursor([WHEN.isoformat(), "not a key"]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_made_up_cursor_is_none(made_up: str) -> None:
    assert decode(made_up) is None


@given(st.text(max_size=300))
def test_no_text_makes_reading_fail(text: str) -> None:
    found = decode(text)
    assert found is None or found[0].tzinfo is not None


@pytest.mark.django_db
@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_each_row_once_even_at_one_moment(descending: bool) -> None:
    hospital = make_hospital()
    subject = uuid4()
    with acting_for([hospital.organisation.pk], as_platform=True):
        for number in range(11):
            moment = WHEN + timedelta(seconds=number // 4)
            event = record(
                hospital.organisation, "tried", hospital.holder, actor=Actor.platform(), now=moment
            )
            assert event.content
        events = AuditEvent.objects.filter(organisation=hospital.organisation, action="tried")
        whole = list(
            events.order_by(*(("-happened_at", "-pk") if descending else ("happened_at", "pk"))).values_list(
                "pk", flat=True
            )
        )
        seen, after = [], None
        for _ in range(10):
            page = page_of(events, by="happened_at", after=after, size=3, descending=descending)
            assert len(page.rows) <= 3
            seen += [row.pk for row in page.rows]
            after = page.next_cursor
            if after is None:
                break
    assert seen == whole
    assert subject not in seen


@pytest.mark.django_db
@pytest.mark.parametrize(("descending", "side"), [(False, ">"), (True, "<")])
def test_the_index_is_entered_at_the_position(descending: bool, side: str) -> None:
    """However deep a page lies, what stands before it is not read: the position is a condition of the index."""
    hospital = make_hospital()
    named = acting_for([hospital.organisation.pk], user=hospital.administrator.pk)
    with named, connection.cursor() as cursor:
        # The table is empty: what a planner would rather do there says nothing.
        for way in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        rows = Certificate.objects.filter(organisation=hospital.organisation)
        with CaptureQueriesContext(connection) as captured:
            page_of(rows, by="not_after", after=encode(WHEN, KEY), size=50, descending=descending)
        cursor.execute("EXPLAIN " + captured[-1]["sql"])
        seen = [str(line) for (line,) in cursor.fetchall()]
    [condition] = [line for line in seen if "Index Cond" in line]
    assert f"ROW(not_after, id) {side} ROW(" in condition, seen
    assert any("certificate_by_end" in line for line in seen), seen
    assert not any("Sort" in line for line in seen), seen
