"""What ends when, as Prometheus reads it: all organisations together, nothing of any of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, EndFigure
from certificates.services.inventory.count_ends import count_ends
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.ehportal.operation.metrics import scraped
from tests.support.hospital import make_hospital

pytestmark = pytest.mark.django_db
NAMES = ("ends", "environment", "kind", "standing")


def counted(client: Client) -> dict[tuple[str, ...], float]:
    count_ends(datetime.now(UTC))
    return scraped(client, "ehportal_certificates")


def test_each_stands_in_its_bucket(client: Client) -> None:
    hospital = make_hospital()
    here = hospital.organisation
    for days in (-3, 0, 1, 2, 7, 8, 30, 31, 90, 91, 800):
        shelve(here, f"D{days}", days)
    shelve(here, "HELD", 5, revocation_status="on_hold")
    shelve(here, "GONE", 5, revocation_status="revoked")
    shelve(here, "STRANGE", 5, chain_trusted=False)
    shelve(here, "TEST", 5, environment=Environment.ACCEPTANCE)
    shelve(here, "TWICE", 40)
    shelve(here, "TWICE", 1000)
    shelve(here, "", 5, owner=hospital.holder, private_to=hospital.holder_user, identifier_value="")
    production = ("production", "organisation")
    assert counted(client) == {
        ("ended", *production, "expired"): 1,
        ("1", *production, "renewable"): 2,
        ("7", *production, "renewable"): 2,
        ("30", *production, "renewable"): 2,
        ("90", *production, "renewable"): 2,
        ("later", *production, "valid"): 3,
        ("7", *production, "on_hold"): 1,
        ("7", *production, "revoked"): 1,
        ("7", *production, "not_recognised"): 1,
        ("7", "acceptance", "organisation", "renewable"): 1,
        ("90", *production, "renewed"): 1,
        ("7", "production", "own", "renewable"): 1,
    }
    soonest = scraped(client, "ehportal_certificates_next_end_seconds")
    assert -86_400 <= soonest[(*production, "renewable")] <= 0
    assert 90 * 86_400 <= soonest[(*production, "valid")] <= 92 * 86_400
    text = client.get("/metrics").content.decode()
    for told in (here.name, str(here.pk), "D800"):
        assert told not in text


def test_organisations_are_added_up_and_what_goes_is_taken_off(client: Client) -> None:
    one = make_hospital()
    other = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    shelve(one.organisation, "A", 20)
    gone = shelve(other.organisation, "B", 20)
    bucket = ("30", "production", "organisation", "renewable")
    assert counted(client) == {bucket: 2}
    with acting_for([other.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=gone.pk).update(not_after=datetime.now(UTC) + timedelta(days=500))
    assert counted(client) == {bucket: 1, ("later", "production", "organisation", "valid"): 1}


def test_reading_costs_one_query_whatever_there_is(client: Client, django_assert_num_queries: Any) -> None:
    from ehportal.metrics.ends import Ends

    shelve(make_hospital().organisation, "A", 20)
    count_ends(datetime.now(UTC))
    assert EndFigure.objects.count() == 1
    with django_assert_num_queries(1):
        assert len(list(Ends().collect())) == 2
