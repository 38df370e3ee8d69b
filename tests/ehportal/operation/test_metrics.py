"""The work in Prometheus's text, read by its own parser: every kind, with lane, and what is parked."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from ehportal.lanes import KINDS
from tests.ehportal.operation.test_work import parked
from tests.support.hospital import make_hospital

pytestmark = pytest.mark.django_db


def figures(client: Client) -> dict[str, dict[tuple[str, str], float]]:
    text = client.get("/metrics").content.decode()
    return {
        family.name: {(one.labels["lane"], one.labels["kind"]): one.value for one in family.samples}
        for family in text_string_to_metric_families(text)
        if family.name.startswith("ehportal_work_")
    }


def test_every_kind_has_its_figures(client: Client) -> None:
    found = figures(client)
    assert set(found) == {
        f"ehportal_work_{one}" for one in ("due", "oldest_seconds", "leased", "failing", "parked")
    }
    for by_kind in found.values():
        assert set(by_kind) == {(kind.lane.value, kind.name) for kind in KINDS}


def test_what_is_parked_is_counted_and_named_nowhere(client: Client) -> None:
    hospital = make_hospital()
    row = parked(hospital)
    found = figures(client)
    here = ("notices", "invitations")
    assert found["ehportal_work_parked"][here] == 1
    assert found["ehportal_work_due"][here] == 0
    assert found["ehportal_work_due"][("notices", "notices")] == 1, "a new organisation is looked at"
    assert found["ehportal_work_oldest_seconds"][("notices", "notices")] > 0
    text = client.get("/metrics").content.decode()
    for told in (str(row.pk), str(row.organisation_id), hospital.organisation.name):
        assert told not in text
