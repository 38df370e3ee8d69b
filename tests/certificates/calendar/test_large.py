"""A feed of an organisation with more certificates than a calendar holds."""

import re
from datetime import UTC, datetime

import psycopg
from django.test import Client

from certificates.services.calendar import gather
from tests.certificates.calendar.reading import calendar_of, events, feed_of
from tests.certificates.inventory.test_plans import checked, multiply
from tests.certificates.web.shelf import shelve
from tests.support.hospital import make_hospital


def test_days_stand_for_their_certificates_and_the_horizon_is_told(committing: None, owner_url: str) -> None:
    hospital = make_hospital(name="Large", cbe=checked(4067998, 8), ssin=checked(850730998, 9))
    with psycopg.connect(owner_url, autocommit=True) as owner:
        multiply(owner, shelve(hospital.organisation, "MODEL", 300), 4_000)
        owner.execute(
            "UPDATE certificates_certificate SET common_name = application_id WHERE organisation_id = %s",
            [hospital.organisation.pk],
        )
    _feed, address = feed_of(hospital.administrator, hospital.organisation)
    content = Client().get(address).content
    found = events(content)
    assert len(found) == gather.MOST_EVENTS
    assert len(content) < 1_000_000
    counted = [int(number) for number in re.findall(r"SUMMARY:(\d+) certificat", content.decode())]
    assert max(counted) > 1
    calendar = calendar_of(content)
    last = max(one["DTSTART"].dt for one in found)
    assert str(last.year) in str(calendar["X-WR-CALDESC"])
    assert "meer past er niet in" in str(calendar["X-WR-CALDESC"])
    assert (last - datetime.now(UTC).date()).days > 250
