"""People, mandates and the record by the API; a national number only with its own scope, and not without a trace."""

import pytest

from organisations.domain.scopes import Scope
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.support.connections import connect
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
NUMBER = "85073003328"


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def test_people_and_mandates_without_their_numbers(hospital: Hospital) -> None:
    make_hospital(cbe="0419052272", ssin="72020290081", first_names="Luc", surname="Dubois")
    system = connect(hospital, Scope.SEE_PEOPLE, Scope.SEE_RECORD)
    people, mandates = system.get("people"), system.get("mandates")
    [person], [mandate] = people.json()["items"], mandates.json()["items"]
    assert (person["name"], person["ssin"]) == ("Peeters", "••.••.••-•••.••")
    assert (mandate["person"], mandate["value"], mandate["state"]) == (person["id"], "0406798006", "active")
    for answer in (people, mandates, system.get("events?limit=200")):
        assert NUMBER not in answer.content.decode()
        assert "Dubois" not in answer.content.decode()
    refused = system.get(f"people/{person['id']}/ssin")
    assert (refused.status_code, refused.json()["scope"]) == (403, "numbers.read")


def test_a_number_is_read_one_by_one_and_written_down(hospital: Hospital) -> None:
    other = make_hospital(cbe="0419052272", ssin="72020290081")
    system = connect(hospital, Scope.SEE_NUMBERS, name="Payroll")
    assert system.get(f"people/{other.holder.pk}/ssin").status_code == 404
    found = system.get(f"people/{hospital.holder.pk}/ssin")
    assert found.json() == {"person": str(hospital.holder.pk), "ssin": NUMBER}
    with acting_for([hospital.organisation.pk], as_platform=True):
        event = AuditEvent.objects.get(action="ssin_viewed")
    assert (event.actor_type, event.actor_name, event.subject_id) == (
        "connection",
        "Payroll",
        hospital.holder.pk,
    )


def test_the_record_newest_first_and_of_one_thing(hospital: Hospital) -> None:
    system = connect(hospital, Scope.SEE_RECORD)
    found = system.get("events").json()["items"]
    assert found[0]["action"] == "connection_made"
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    [made] = system.get(f"events?subject={system.connection.pk}").json()["items"]
    assert (made["actor_type"], made["actor"]) == ("user", "Els Wouters")
    assert system.get("events?subject=x").status_code == 400
