"""Certificates by the API: the page's own filters, pages, tags of what was read, and what is written beside one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from django.db import connection as database
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certificates.models import Certificate
from certificates.selectors.filters import CertificateFilters
from certificates.selectors.inventory import listed
from organisations.domain.scopes import Scope
from organisations.models import AuditEvent
from organisations.tenancy import NOBODY, acting_for
from tests.certificates.api_v1.test_coming_in import problem
from tests.certificates.web.shelf import shelve
from tests.support.connections import System, connect
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def system(hospital: Hospital) -> System:
    return connect(hospital)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["application_id"] for one in answer.json()["items"]]


def keep_private(certificate: Certificate, hospital: Hospital) -> None:
    """Make it the holder's own, shown to nobody else."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=certificate.pk).update(
            owner=hospital.holder, private_to=hospital.holder_user
        )


def events(hospital: Hospital, *actions: str) -> list[AuditEvent]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(AuditEvent.objects.filter(action__in=actions).order_by("happened_at", "id"))


def test_pages_go_forth_and_back_by_their_links(hospital: Hospital, system: System) -> None:
    for number in range(5):
        shelve(hospital.organisation, f"APP{number}", 100 + number)
    first = system.get("certificates?limit=2&count=true")
    assert names(first) == ["APP0", "APP1"]
    assert first.json()["total"] == {"number": 5, "about": False}
    assert first.json()["previous"] is None
    link = first["Link"].partition(">")[0].removeprefix("<")
    assert first["Link"].endswith('rel="next"')
    second = system.get(urlsplit(link)._replace(scheme="", netloc="").geturl())
    assert names(second) == ["APP2", "APP3"]
    assert 'rel="prev"' in second["Link"]
    back = system.get(f"certificates?limit=2&count=true&before={second.json()['previous']}")
    assert names(back) == ["APP0", "APP1"]
    third = system.get(f"certificates?limit=2&count=true&after={second.json()['next']}")
    assert names(third) == ["APP4"]
    assert third.json()["next"] is None
    problem(system.get(f"certificates?order=latest&after={first.json()['next']}"), 400, "cursor_refused")
    problem(system.get(f"requests?after={first.json()['next']}"), 400, "cursor_refused")


@pytest.mark.parametrize(
    "query",
    [
        "q=PHARM",
        "status=renewable",
        "status=needs",
        "environment=production&order=latest",
        "application=LAB",
        "order=name",
        "order=-state",
        "order=added",
        "tag=x",
    ],
)
def test_it_finds_what_the_page_finds(hospital: Hospital, system: System, query: str) -> None:
    for name, days in (("PHARMACY", 20), ("LAB", 200), ("OLD", -3)):
        shelve(hospital.organisation, name, days)
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        filters = CertificateFilters(QueryDict(query), hospital.organisation, datetime.now(UTC))
        rows = listed(filters.found, filters.sorted_by).rows
    wanted = [one.application_id for one in rows]
    assert names(system.get(f"certificates?{query}")) == wanted
    turned: list[str] = []
    address = f"certificates?{query}&limit=1"
    while address and len(turned) < 9:
        answer = system.get(address)
        turned += names(answer)
        after = answer.json()["next"]
        address = f"certificates?{query}&limit=1&after={after}" if after else ""
    assert turned == wanted


def test_a_filter_with_a_value_that_does_not_exist_is_refused(system: System) -> None:
    found = problem(system.get("certificates?status=shiny&ends_from=tomorrow"), 400, "query_refused")
    assert set(found["errors"]) == {"status", "ends_from"}
    problem(system.get("certificates?count=yes"), 400, "query_refused")


def test_as_many_queries_for_many_as_for_few(hospital: Hospital, system: System) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(database) as captured:
            assert system.get(path).status_code == 200
        return len(captured)

    shelve(hospital.organisation, "ONE", 20)
    paths = ("certificates", "renewals", "overview", "people", "mandates", "events", "requests")
    for path in paths:
        asked(path)  # the first use is written down
    before = {path: asked(path) for path in paths}
    for number in range(6):
        shelve(hospital.organisation, f"M{number}", 40 + number)
        hospital.request(application_id=f"R{number}")
    assert {path: asked(path) for path in paths} == before
    assert max(before.values()) <= 30


def test_what_is_private_or_anothers_is_not_there(hospital: Hospital, system: System) -> None:
    other = make_hospital(cbe="0419052272", ssin="72020290081", name="CHU Val-de-Brume")
    foreign = shelve(other.organisation, "THEIRS", 20)
    own = shelve(hospital.organisation, "OWN", 20, identifier_type="SSIN", identifier_value="")
    shelve(hospital.organisation, "SHARED", 30)
    keep_private(own, hospital)
    assert names(system.get("certificates")) == ["SHARED"]
    assert names(system.get("certificates?q=OWN")) == []
    assert sum(system.get("overview").json()["certificates"].values()) == 1
    for hidden in (foreign, own):
        for path in ("", "/pem", "/notices"):
            problem(system.get(f"certificates/{hidden.pk}{path}"), 404, "not_found")
        answer = system.call("PATCH", f"certificates/{hidden.pk}", {"tags": ["x"]}, if_match='"x"')
        problem(answer, 404, "not_found")
    told = [one["subject"] for one in system.get("events?limit=200").json()["items"]]
    assert str(foreign.pk) not in told
    with acting_for([hospital.organisation.pk], user=NOBODY):
        assert not Certificate.objects.filter(pk=own.pk).exists()


def test_one_certificate_and_its_tag(hospital: Hospital, system: System) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20)
    answer = system.get(f"certificates/{made.pk}")
    found = answer.json()
    assert (found["standing"], found["days_left"], found["application_id"]) == ("renewable", 20, "PHARMACY")
    assert found["number"] == {"type": "CBE", "value": "0406798006"}
    same = system.get(f"certificates/{made.pk}", if_none_match=answer["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", answer["ETag"])


def test_a_change_needs_what_was_read(hospital: Hospital, system: System) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20)
    path = f"certificates/{made.pk}"
    tag = system.get(path)["ETag"]
    owner = hospital.administrator
    wish = {"tags": ["Pharmacy", " night  shift"], "owner": owner.email, "note": "Ask Koen first."}
    problem(system.call("PATCH", path, wish), 428, "precondition_required")
    changed = system.call("PATCH", path, wish, if_match=tag)
    assert changed.status_code == 200, changed.content
    found = changed.json()
    assert found["tags"] == ["night shift", "pharmacy"]
    assert found["owner"] == {"name": "Els Wouters", "email": owner.email}
    assert [(one["text"], one["written_by"]) for one in found["notes"]] == [("Ask Koen first.", "TOPdesk")]
    problem(system.call("PATCH", path, {"tags": []}, if_match=tag), 412, "precondition_failed")
    after = system.call("PATCH", path, {"tags": ["pharmacy"], "owner": None}, if_match=changed["ETag"])
    assert (after.json()["tags"], after.json()["owner"]) == (["pharmacy"], None)
    done = events(hospital, "certificate_tagged", "certificate_given", "note_written", "certificate_untagged")
    assert {(one.actor_type, one.actor_name) for one in done} == {("connection", "TOPdesk")}
    assert len({one.action for one in done}) == 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": "x"}, "tags"),
        ({"colour": 1}, "colour"),
        ({"owner": "nobody@maasdal.example"}, "owner"),
        ({"note": "\0"}, "note"),
        ([], ""),
        ({"\ud800": 1}, ""),
        ({"x" * 1000: 1}, "x" * 40),
    ],
)
def test_what_cannot_be_written_names_its_field(
    hospital: Hospital, system: System, body: Any, field: str
) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20)
    answer = system.call("PATCH", f"certificates/{made.pk}", body, if_match="*")
    assert set(problem(answer, 422, "fields_refused")["errors"]) == {field}


def test_what_is_nested_without_end_is_no_json(hospital: Hospital, system: System) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20)
    given = {"authorization": f"Bearer {system.secret}", "if-match": "*"}
    path = f"/api/v1/certificates/{made.pk}"
    answer = Client().generic("PATCH", path, "[" * 200_000, content_type="application/json", headers=given)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_the_file_and_what_stands_above_it(hospital: Hospital, system: System) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20)
    answer = system.get(f"certificates/{made.pk}/pem")
    assert answer["Content-Type"] == "application/pem-certificate-chain"
    assert x509.load_pem_x509_certificate(answer.content)
    chain = system.get(f"certificates/{made.pk}/pem?chain=true")
    assert len(x509.load_pem_x509_certificates(chain.content)) == 2
    assert not events(hospital, "certificate_handed_out")


def test_a_file_with_a_number_in_it_needs_more_and_is_written_down(
    hospital: Hospital, system: System
) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 20, holds_number=True)
    few = connect(hospital, Scope.SEE_CERTIFICATES, name="few")
    assert problem(few.get(f"certificates/{made.pk}/pem"), 403, "scope_missing")["scope"] == "numbers.read"
    assert system.get(f"certificates/{made.pk}/pem").status_code == 200
    [event] = events(hospital, "certificate_handed_out")
    assert (event.actor_type, event.actor_name, event.subject_id) == ("connection", "TOPdesk", made.pk)


def test_who_will_be_told_what(hospital: Hospital, system: System) -> None:
    made = shelve(hospital.organisation, "PHARMACY", 100)
    found = system.get(f"certificates/{made.pk}/notices").json()
    assert found["by_mail"] is True
    first = found["items"][0]
    assert (first["happening"], first["days_before"], first["fate"]) == ("opens", 90, "ahead")
    assert first["readers"] == ["Els Wouters"]
    assert datetime.fromisoformat(first["at"]) > datetime.now(UTC) + timedelta(days=8)
