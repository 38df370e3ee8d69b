"""Renewals by the API: what can be renewed, and asking for several, once for a key."""

from typing import Any

import pytest

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from organisations.domain.scopes import Scope
from organisations.models import AuditEvent, KeptAnswer
from organisations.tenancy import acting_for
from tests.certificates.api_v1.test_coming_in import NOWHERE, problem
from tests.certificates.web.shelf import ask, shelve
from tests.support.connections import System, connect
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
CONTACT = {"email_private": "ict@maasdal.example", "phone_private": "+32 11 22 33 44"}


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def system(hospital: Hospital) -> System:
    return connect(hospital)


def renew(system: System, body: Any, key: str = "k1") -> Any:
    return system.call("POST", "renewals", body, idempotency_key=key)


def test_what_can_be_renewed_and_what_it_lacks(hospital: Hospital, system: System) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20)
    shelve(hospital.organisation, "LATER", 200)
    [one] = system.get("renewals").json()["items"]
    assert (one["certificate"], one["ready"], one["request"]) == (str(made.pk), False, None)
    assert one["outcome"] == "no_workstation"
    assert one["missing"] == ["email_private", "phone_private"]
    assert one["holder"] == "An Marie Peeters"


def test_asking_says_what_was_made_and_what_is_missing(hospital: Hospital, system: System) -> None:
    one, late = shelve(hospital.organisation, "A", 20), shelve(hospital.organisation, "B", 200)
    foreign = shelve(make_hospital(cbe="0419052272", ssin="72020290081").organisation, "C", 20)
    wish = {"certificates": [str(one.pk), str(late.pk), str(foreign.pk), NOWHERE]}
    bare = renew(system, wish, "k0").json()
    assert bare["made"] == []
    assert [(line["outcome"], line["missing"]) for line in bare["not_made"]] == [
        ("no_workstation", ["email_private", "phone_private"]),
        ("too_early", []),
        ("not_found", []),
        ("not_found", []),
    ]
    told = renew(system, wish | {"contact": CONTACT}).json()
    [made] = told["made"]
    assert made["certificate"] == str(one.pk)
    with acting_for([hospital.organisation.pk], as_platform=True):
        request = CertificateRequest.objects.get()
        assert str(request.pk) == made["request"]
        assert (request.replaces_id, request.requested_by) == (one.pk, hospital.administrator)
        event = AuditEvent.objects.get(subject_id=request.pk, action="request_made")
    assert (event.actor_type, event.actor_name) == ("connection", "TOPdesk")
    assert next(line["outcome"] for line in renew(system, wish, "k2").json()["not_made"]) == "in_progress"
    [line] = system.get("requests?state=open").json()["items"]
    assert (line["id"], line["replaces"]) == (made["request"], str(one.pk))


def test_the_same_key_does_it_once(hospital: Hospital, system: System) -> None:
    one, two = shelve(hospital.organisation, "A", 20), shelve(hospital.organisation, "B", 20)
    wish = {"certificates": [str(one.pk)], "contact": CONTACT}
    first, again = renew(system, wish), renew(system, wish)
    assert first.json() == again.json()
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    problem(renew(system, wish | {"certificates": [str(two.pk)]}), 422, "idempotency_key_reused")
    other = connect(hospital, name="other")
    assert renew(other, wish).json()["made"] == [], "keys are each connection's own"
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert CertificateRequest.objects.count() == 1


def test_what_was_refused_leaves_no_key(hospital: Hospital, system: System) -> None:
    problem(renew(system, {"certificates": []}), 422, "fields_refused")
    problem(
        renew(system, {"certificates": [NOWHERE], "contact": {"email_private": "x"}}), 422, "fields_refused"
    )
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not KeptAnswer.objects.exists()
    assert renew(system, {"certificates": [NOWHERE]}).status_code == 200
    for key in ("", "x" * 101, "a b"):
        problem(renew(system, {"certificates": [NOWHERE]}, key), 400, "idempotency_key_missing")


def test_asking_needs_its_own_scope(hospital: Hospital) -> None:
    reader = connect(hospital, Scope.SEE_CERTIFICATES)
    assert (
        problem(renew(reader, {"certificates": [NOWHERE]}), 403, "scope_missing")["scope"] == "renewals.ask"
    )


def test_requests_by_their_state(hospital: Hospital, system: System) -> None:
    ask(hospital, RequestState.COMPLETED)
    opened = ask(hospital, RequestState.AWAITING_SIGNATURE)
    [found] = system.get("requests?state=awaiting_signature").json()["items"]
    assert (found["id"], found["holder"]) == (str(opened.pk), "An Marie Peeters")
    assert len(system.get("requests").json()["items"]) == 2
    problem(system.get("requests?state=shiny"), 400, "query_refused")
    assert "85073003328" not in system.get("requests").content.decode()
