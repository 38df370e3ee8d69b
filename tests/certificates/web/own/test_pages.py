"""The page of one's own certificates offers what can be had, and says from when the rest."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.revocation import RevocationState
from certificates.models import Certificate
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, shelve
from tests.organisations.web.members import own_queries
from tests.support.hospital import Hospital

NEW = 'href="/own/new/"'


def mine(hospital: Hospital, days_left: int, **fields: Any) -> Certificate:
    values: dict[str, Any] = {
        "identifier_type": "SSIN",
        "identifier_value": "",
        "ssin_index": hospital.holder.ssin_index,
        "owner": hospital.holder,
        "private_to": hospital.holder_user,
    }
    return shelve(hospital.organisation, "", days_left, **(values | fields))


def requested(hospital: Hospital, environment: Environment) -> None:
    ask(
        hospital,
        RequestState.AWAITING_SIGNATURE,
        identifier=None,
        application_id="",
        personal=True,
        private_to=hospital.holder_user,
        environment=environment,
    )


@pytest.fixture
def page(holder_client: Client) -> Any:
    def get(address: str = "/own/") -> str:
        answer = holder_client.get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def test_a_first_certificate_is_offered_where_none_stands_in_its_way(page: Any, hospital: Hospital) -> None:
    assert "Mijn certificaat aanvragen" in page()
    form = page("/own/new/")
    assert 'value="production"' in form
    assert 'value="acceptance"' in form
    mine(hospital, 400)
    shown = page()
    assert "Mijn certificaat aanvragen" not in shown
    assert "Een voor acceptatie aanvragen" in shown
    form = page("/own/new/")
    assert 'value="production"' not in form
    assert 'value="acceptance"' in form
    requested(hospital, Environment.ACCEPTANCE)
    assert NEW not in page()
    assert "<select" not in page("/own/new/")


@pytest.mark.parametrize("fields", [{"revocation_status": "revoked"}, {"chain_trusted": False}])
def test_what_does_not_count_stands_in_no_ones_way(
    page: Any, hospital: Hospital, fields: dict[str, Any]
) -> None:
    mine(hospital, 400, **fields)
    assert "Mijn certificaat aanvragen" in page()


def test_a_renewal_is_offered_in_its_time_and_once(page: Any, hospital: Hospital) -> None:
    later = "Het kan hernieuwd worden vanaf"
    mine(hospital, -5)
    assert later not in page(), "what has ended is not renewed"
    old = mine(hospital, 40)
    renew = f'href="/own/new/?renews={old.pk}"'
    assert renew in page()
    assert later not in page()
    form = page(f"/own/new/?renews={old.pk}")
    assert 'value="production"' in form
    assert 'value="acceptance"' not in form
    requested(hospital, Environment.PRODUCTION)
    shown = page()
    assert renew not in shown
    assert "De hernieuwing is onderweg" in shown


def test_what_is_being_revoked_says_so(page: Any, hospital: Hospital) -> None:
    revoke(hospital, RevocationState.AWAITING_EVIDENCE, mine(hospital, 400))
    assert "Wordt ingetrokken" in page()


def test_what_was_renewed_says_so(page: Any, holder_client: Client, hospital: Hospital) -> None:
    mine(hospital, 40)
    mine(hospital, 1000, not_before=datetime.now(UTC))
    answer, made = own_queries(holder_client, "/own/")
    text = answer.content.decode()
    assert "Hernieuwd" in text
    assert "?renews=" not in text
    assert text.count("Het kan hernieuwd worden vanaf") == 1
    assert made == 5
