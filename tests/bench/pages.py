"""Pages of a member, beside the same rows by plain SQL."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.bench.stand import milliseconds, show

CERTIFICATES = 10_000
OTHERS, EACH = 199, 50
REQUESTS = 60


def fill(organisation: Any, count: int) -> None:
    """Put `count` certificates that differ in end, name and number into the inventory."""
    from certificates.models import Certificate
    from organisations.sealing import seal
    from organisations.tenancy import acting_for
    from tests.certificates.web.shelf import DER

    now = datetime.now(UTC)
    sealed = seal(DER)
    rows = []
    for number in range(count):
        name = f"CBE=0406798006, APP{number:05d}"
        end = now + timedelta(minutes=number * 7 * 24 * 60 * 180 // max(count, 1) - 60 * 24 * 60)
        rows.append(
            Certificate(
                organisation=organisation,
                environment="production" if number % 3 else "acceptance",
                sealed_der=sealed,
                fingerprint=secrets.token_hex(32),
                public_key_identifier=secrets.token_hex(20),
                serial=secrets.token_hex(16),
                subject=f"CN={name},OU=eHealth-platform Belgium,O=Federal Government,C=BE",
                issuer="CN=An issuing CA,C=BE",
                common_name=name,
                holder_name="AZ SINT-ELISABETH MAASDAL",
                identifier_type="CBE",
                identifier_value="0406798006",
                application_id=f"APP{number:05d}",
                not_before=end - timedelta(days=1096),
                not_after=end,
                key_algorithm="RSA 2048",
                chain_trusted=True,
                revocation_status="revoked" if number % 50 == 0 else "good",
                source="imported",
                search_text=name.lower(),
            )
        )
    with acting_for([organisation.pk], as_platform=True):
        Certificate.objects.bulk_create(rows, batch_size=1000)


def make_site() -> tuple[Any, Any, Any]:
    """Return a hospital with a full inventory, a member of it alone and one of 200 organisations."""
    from certificates.domain.lifecycle import RequestState
    from organisations.domain.roles import Role
    from organisations.models import Membership, Organisation
    from organisations.tenancy import acting_for
    from tests.certificates.web.shelf import ask
    from tests.organisations.web.members import member
    from tests.support.hospital import make_hospital

    hospital = make_hospital()
    fill(hospital.organisation, CERTIFICATES)
    states = [state for state in RequestState if state is not RequestState.AWAITING_SIGNATURE]
    for number in range(REQUESTS):
        ask(hospital, states[number % len(states)])
    alone = member(hospital.organisation, Role.ADMINISTRATOR, name="Alone")
    many = member(hospital.organisation, Role.ADMINISTRATOR, name="Many")
    for number in range(OTHERS):
        key = uuid4()
        with acting_for([key], as_platform=True):
            other = Organisation.objects.create(id=key, name=f"Organisation {number:03d}")
            Membership.objects.create(organisation=other, user=many, role=Role.ADMINISTRATOR)
        fill(other, EACH)
    return hospital, alone, many


def deep_cursor(organisation: Any) -> str:
    """Return the cursor of a page in the middle of the inventory."""
    from certificates.models import Certificate
    from organisations.keyset import encode
    from organisations.tenancy import acting_for

    with acting_for([organisation.pk], as_platform=True):
        row = Certificate.objects.filter(organisation=organisation).order_by("not_after", "pk")[
            CERTIFICATES // 2
        ]
    return encode(row.not_after, row.pk)


def replay(statements: list[str], organisation: UUID, user: UUID) -> Callable[[], None]:
    """Return the page's SELECTs as plain SQL, under the same policies."""
    from django.db import connection

    from organisations.tenancy import acting_for

    def run() -> None:
        with acting_for([organisation], user=user), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

    return run


def measure() -> None:
    """Print one line a page and member."""
    from django.db import connection, connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from certificates.models import Certificate
    from organisations.tenancy import acting_for
    from organisations.web.tenancy import CURRENT
    from tests.organisations.web.members import signed_in

    hospital, alone, many = make_site()
    organisation = hospital.organisation
    with acting_for([organisation.pk], as_platform=True):
        one = Certificate.objects.filter(organisation=organisation).values_list("pk", flat=True)[0]
    paths = {
        "dashboard": "/",
        "inventory": "/certificates/",
        "inventory, deep": f"/certificates/?after={deep_cursor(organisation)}",
        "inventory, renewable": "/certificates/?status=renewable",
        "inventory, searched": "/certificates/?q=app09",
        "certificate": f"/certificates/{one}/",
        "requests": "/requests/",
    }
    rows = []
    for who, user in (("1 organisation", alone), ("200 organisations", many)):
        client: Client = signed_in(user)
        session = client.session
        session[CURRENT] = str(organisation.pk)
        session.save()
        for name, path in paths.items():

            def get(path: str = path, client: Client = client) -> None:
                answer = client.get(path)
                if answer.status_code != 200:
                    raise AssertionError(f"{path} answered {answer.status_code}")

            get()
            with CaptureQueriesContext(connection) as caught:
                get()
            selects = [
                query["sql"]
                for query in caught.captured_queries
                if query["sql"].startswith("SELECT")
                and not re.search("set_config|current_setting", query["sql"])
            ]
            count = len(caught.captured_queries)  # the next request empties the log
            page, page_95 = milliseconds(get)
            raw, raw_95 = milliseconds(replay(selects, organisation.pk, user.pk))
            rows.append(
                (
                    f"{name} ({who})",
                    f"{page:.1f}",
                    f"{page_95:.1f}",
                    str(count),
                    f"{raw:.1f}",
                    f"{raw_95:.1f}",
                    f"{page / raw:.1f}",
                )
            )
    connections.close_all()
    head = ("page", "ms", "p95", "queries", "raw SQL ms", "p95", "ratio")
    show(f"Pages over {CERTIFICATES} certificates", head, rows)
