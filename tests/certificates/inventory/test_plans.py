"""How PostgreSQL answers the questions of the lists, with fresh statistics, at sizes at which plans used to flip."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certificates.models import Certificate
from certificates.selectors import inventory, renewals
from certificates.selectors.calendar import day_counts
from certificates.selectors.filters import CertificateFilters
from certificates.selectors.listing.orders import ORDERS, in_order, order_named
from certificates.services.reminders.notices import notices_of
from organisations.keyset import encode
from organisations.models import Organisation
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital

SIZES = (300, 3_000, 10_000)
BESIDE = 15_000
"""Certificates of other organisations in the same table."""


def page_of_list(here: Organisation, now: datetime, **asked: str) -> object:
    """Return a page of the list as the address `asked` gives it."""
    after, before = asked.pop("after", None), asked.pop("before", None)
    filters = CertificateFilters(asked, here, now)
    return inventory.listed(filters.found, filters.sorted_by, after=after, before=before)


Question = Callable[[Organisation, datetime], object]
QUESTIONS: dict[str, Question] = {
    "counts": inventory.status_counts,
    "ended": inventory.ended,
    "timeline": inventory.timeline,
    "first page": lambda here, now: page_of_list(here, now),
    "deep page": lambda here, now: page_of_list(here, now, after=encode(now + timedelta(days=400), here.pk)),
    "page before": lambda here, now: page_of_list(
        here, now, before=encode(now + timedelta(days=400), here.pk)
    ),
    "renewable": lambda here, now: page_of_list(here, now, status="renewable"),
    "needing someone": lambda here, now: page_of_list(here, now, status="needs"),
    "a rare word": lambda here, now: page_of_list(here, now, q="app77"),
    "a common word": lambda here, now: page_of_list(here, now, q="cbe"),
    "to renew": lambda here, now: list(renewals.to_renew(here, now)[:50]),
    "switches": renewals.unconfirmed_switches,
    "what is told": lambda here, now: notices_of(here, now, []),
    "days of a calendar": lambda here, now: day_counts(here, now.date(), now.date() + timedelta(days=42)),
}


@pytest.fixture(scope="module")
def shelves(committing: None, owner_url: str) -> dict[int, Hospital]:
    """Organisations of each size, and others beside them; statistics are fresh."""
    made = {}
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for number, size in enumerate((*SIZES, BESIDE)):
            hospital = make_hospital(
                name=f"Size {size}", cbe=checked(4067980 + number, 8), ssin=checked(850730033 + number, 9)
            )
            multiply(owner, shelve(hospital.organisation, "MODEL", 300), size)
            made[size] = hospital
        owner.execute("ANALYZE")
    return made


def checked(number: int, digits: int) -> str:
    """Return a number of an enterprise or a person with its two check digits."""
    return f"{number:0{digits}d}{97 - number % 97:02d}"


def multiply(owner: "psycopg.Connection[tuple[object, ...]]", model: Certificate, size: int) -> None:
    """Stand `size` certificates like `model` beside it: names of their own, two in a hundred with a successor."""
    columns = [str(field.column) for field in Certificate._meta.concrete_fields]
    made = {
        "id": "gen_random_uuid()",
        "fingerprint": "md5(model.id::text || n) || md5(n || model.id::text)",
        "serial": "md5(n || 'serial')",
        "application_id": "'APP' || (n - mod(n, 100) / 98)",
        "not_before": "now() - interval '2 years'",
        "not_after": f"now() - interval '60 days' + interval '1 minute' * (n::bigint * 1576800 / {size})",
        "revocation_status": "CASE WHEN mod(n, 50) = 0 THEN 'revoked' ELSE 'good' END",
    }
    values = ", ".join(made.get(column, f"model.{column}") for column in columns)
    owner.execute(
        f"INSERT INTO certificates_certificate ({', '.join(columns)}) SELECT {values}"  # noqa: S608  # names of the model's
        " FROM certificates_certificate AS model, generate_series(1, %s) AS n WHERE model.id = %s",
        [size, model.pk],
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_walked_again_and_again(shelves: dict[int, Hospital], size: int, question: str) -> None:
    """No row of an organisation makes PostgreSQL look at others of it, and no page reads all tenants' rows."""
    hospital = shelves[size]
    now = datetime.now(UTC)
    with (
        acting_for([hospital.organisation.pk], user=hospital.administrator.pk),
        connection.cursor() as cursor,
    ):
        with CaptureQueriesContext(connection) as captured:
            QUESTIONS[question](hospital.organisation, now)
        told = [one["sql"] for one in captured if '"certificates_' in one["sql"]]
        assert told
        for sql in told:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
            [(found,)] = cursor.fetchall()
            judge(found[0]["Plan"], size)


PAGE_READS = 250
"""Certificates that a page of fifty may read: those beside its position are of one name, or settled meanwhile."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("order", ORDERS)
def test_a_page_deep_in_any_order_costs_what_the_first_does(
    shelves: dict[int, Hospital], size: int, order: str
) -> None:
    """An index leads to it: nothing is sorted, thrown away or read beyond the page, forwards or backwards."""
    hospital, now = shelves[size], datetime.now(UTC)
    here = hospital.organisation
    with (
        acting_for([here.pk], user=hospital.administrator.pk),
        connection.cursor() as cursor,
    ):
        stretches = in_order(Certificate.objects.filter(organisation=here), order_named(order, now))
        asked: list[dict[str, str]] = [{}]
        for number, rows in enumerate(stretches):
            if middle := rows[rows.count() // 2 :].first():
                single = len(stretches) == 1 and order in {"", "latest", "added", "-added"}
                moment = middle.created_at if "added" in order else middle.not_after
                position = encode(moment, middle.pk) if single else f"{number}.{middle.pk}"
                asked += [{"after": position}, {"before": position}]
        with CaptureQueriesContext(connection) as captured:
            for one in asked:
                page_of_list(here, now, order=order, **one)
        told = [one["sql"] for one in captured if '"certificates_' in one["sql"]]
        assert len(told) >= len(asked) > 1
        for sql in told:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
            [(found,)] = cursor.fetchall()
            judge(found[0]["Plan"], 0, most=PAGE_READS)


def judge(node: dict[str, object], size: int, most: float = 0) -> None:
    """Raise AssertionError where a node of the plan reads more certificates, again or anew, than `size` (or `most`)."""
    if node.get("Relation Name") == "certificates_certificate":
        loops, rows = int(str(node["Actual Loops"])), float(str(node["Actual Rows"]))
        thrown = float(str(node.get("Rows Removed by Filter", 0)))
        read = loops * (rows + thrown)
        assert read <= (most or 1.1 * size + 60), node
    for child in node.get("Plans", []):  # type: ignore[attr-defined]  # JSON
        judge(child, size, most)
