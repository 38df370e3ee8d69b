"""The work in Prometheus's text, read by its own parser: every kind, with lane, and what is parked."""

import re
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from agent.wire.version import VERSION
from ehportal.lanes import CHORES, KINDS
from organisations.models import Chore
from organisations.services.work.chores import plan_chores
from tests.ehportal.operation.metrics import scraped
from tests.ehportal.operation.test_work import parked
from tests.environment import ROOT
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


def test_chores_tell_when_they_ran_and_how_long_that_took(client: Client) -> None:
    plan_chores(CHORES)
    assert scraped(client, "ehportal_chore_seconds") == {}
    kind = next(kind for kind in KINDS if kind.name == "chores")
    row = Chore.objects.get(name="forget-old-card-checks")
    now = datetime.now(UTC)
    kind.step(row.pk, row.pk, now=now)
    assert scraped(client, "ehportal_chore_done_timestamp_seconds") == {(row.name,): now.timestamp()}
    [took] = scraped(client, "ehportal_chore_seconds").values()
    assert took >= 0


def test_the_readme_names_every_metric(client: Client) -> None:
    """Each is declared in a module of `ehportal/metrics`, and stands in the README's table, and the reverse."""
    table = re.findall(r"^\| (`ehportal_.*?) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    told = {name.removesuffix("_total") for row in table for name in re.findall(r"`(ehportal_\w+)`", row)}
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    there = {family.name for family in families if family.name.startswith("ehportal_")}
    # When the library began to count is told beside each.
    assert {name for name in there if not name.endswith("_created")} == told


def test_without_a_database_the_rest_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scraped(client, "ehportal_metrics_missing") == {(): 0}

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(connection, "chunked_cursor", away)
    [missing] = scraped(client, "ehportal_metrics_missing").values()
    assert missing >= 4
    assert scraped(client, "ehportal_version") == {(VERSION,): 1}
