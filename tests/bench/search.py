"""The inventory's questions at sizes where plans flip: counts, pages, words; for one organisation and two hundred."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.stand import milliseconds, owner_connection, show

SIZES = (3_000, 10_000, 100_000)
MILLION = 1_000_000
TENANTS, BESIDE = 200, 50
"""Organisations that the member of many looks after, and the certificates of each of the others."""


def measure(sizes: tuple[int, ...]) -> None:
    """Print, for each size, what a page costs through Django beside its own statements as plain SQL."""
    for size in sizes:
        rows = _at(size)
        head = ("asked", "ms", "p95", "raw SQL ms", "p95", "ratio")
        show(f"{size} certificates of one organisation, after ANALYZE, policies on", head, rows)


def _at(size: int) -> list[tuple[str, ...]]:
    from django.test import Client

    from organisations.domain.roles import Role
    from organisations.models import Membership, Organisation
    from organisations.tenancy import acting_for
    from organisations.web.tenancy import CURRENT
    from tests.certificates.inventory.test_plans import checked, multiply
    from tests.certificates.web.shelf import shelve
    from tests.organisations.web.members import member, signed_in
    from tests.support.hospital import make_hospital

    number = size % 97 + len(str(size))
    hospital = make_hospital(
        name=f"Size {size}", cbe=checked(4167980 + number, 8), ssin=checked(850730133 + number, 9)
    )
    here = hospital.organisation
    alone = member(here, Role.ADMINISTRATOR, name=f"Alone{size}")
    many = member(here, Role.ADMINISTRATOR, name=f"Many{size}")
    model = shelve(here, "MODEL", 300)
    others = []
    for place in range(TENANTS - 1):
        other = Organisation(name=f"Organisation {size}-{place:03d}")
        with acting_for([other.pk], as_platform=True):
            other.save()
            Membership.objects.create(organisation=other, user=many, role=Role.ADMINISTRATOR)
        others.append(other)
    with owner_connection() as owner:
        multiply(owner, model, size)
        for other in others:
            multiply(owner, shelve(other, "MODEL", 300), BESIDE)
        # A word that a seventh of them has, one that is rare, and numbers of which each has its own.
        owner.execute(
            "UPDATE certificates_certificate SET search_text = lower(concat_ws(' ', common_name, holder_name, serial,"
            " fingerprint, CASE WHEN left(fingerprint, 1) < '3' THEN 'apotheek' END,"
            " CASE WHEN left(fingerprint, 3) = '000' THEN 'zeldzaam' END)) WHERE organisation_id = %s",
            [here.pk],
        )
        owner.execute("SELECT ehportal_gather_tallies()")
        owner.execute("VACUUM ANALYZE")
        fingerprint = str(
            owner.execute(
                "SELECT fingerprint FROM certificates_certificate WHERE organisation_id = %s LIMIT 1",
                [here.pk],
            ).fetchall()[0][0]
        )
    middle = _cursor(datetime.now(UTC) + timedelta(days=400), here.pk)
    paths = {
        "dashboard": "/",
        "first page": "/certificates/",
        "deep page": f"/certificates/?after={middle}",
        "page before it": f"/certificates/?before={middle}",
        "needs someone": "/certificates/?status=needs",
        "a common word": "/certificates/?q=apotheek",
        "a rare word": "/certificates/?q=zeldzaam",
        "beginning of a number": f"/certificates/?q={fingerprint[:4]}",
        "a whole number": f"/certificates/?q={fingerprint}",
        "common and rare": f"/certificates/?q=apotheek+{fingerprint[:2]}",
        "a word of all": "/certificates/?q=cbe",
        "nothing": "/certificates/?q=nothing",
        **_sorted_pages(here, alone),
        "count of all": "/certificates/count",
        "count of a common word": "/certificates/count?q=apotheek",
    }
    rows = []
    for who, user in (("1", alone), (str(TENANTS), many)):
        client: Client = signed_in(user)
        session = client.session
        session[CURRENT] = str(here.pk)
        session.save()
        rows += [(f"{name} ({who})", *_line(client, path, here.pk, user.pk)) for name, path in paths.items()]
    return rows


def _sorted_pages(here: Any, user: Any) -> dict[str, str]:
    """Return the first page and one in the middle of each other order."""
    from certificates.models import Certificate
    from certificates.selectors.listing.orders import in_order, order_named
    from organisations.tenancy import acting_for

    found, now = {}, datetime.now(UTC)
    for order in ("state", "name", "-name", "identifier", "environment", "-added"):
        found[f"by {order}"] = f"/certificates/?order={order}"
        with acting_for([here.pk], user=user.pk):
            rows = in_order(Certificate.objects.filter(organisation=here), order_named(order, now))[0]
            middle = rows[rows.count() // 2 :].first()
        if middle is not None:
            cursor = _cursor(middle.created_at, middle.pk) if order == "-added" else f"0.{middle.pk}"
            found[f"by {order}, deep"] = f"/certificates/?order={order}&after={cursor}"
    return found


def _line(client: Any, path: str, organisation: Any, user: Any) -> tuple[str, ...]:
    import re

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.bench.pages import replay

    def get() -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise AssertionError(f"{path} answered {answer.status_code}")

    get()
    with CaptureQueriesContext(connection) as caught:
        get()
    selects = [
        query["sql"]
        for query in caught.captured_queries
        if query["sql"].startswith("SELECT") and not re.search("set_config|current_setting", query["sql"])
    ]
    raw: Callable[[], None] = replay(selects, organisation, user)
    page, page_95 = milliseconds(get)
    plain, plain_95 = milliseconds(raw)
    return f"{page:.1f}", f"{page_95:.1f}", f"{plain:.1f}", f"{plain_95:.1f}", f"{page / plain:.1f}"


def _cursor(moment: datetime, key: Any) -> str:
    from organisations.keyset import encode

    return encode(moment, key)
