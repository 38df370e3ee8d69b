"""The operator's page about trusted lists: to anybody else it is not there."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.models import ListOperator, PlatformCertificate, WatchedList
from organisations.domain.roles import Role
from tests.certificates.trusted.conftest import Lists, lists
from tests.ehportal.operation.metrics import scraped
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import make_hospital

__all__ = ["lists"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    user = member(make_hospital().organisation, Role.VIEWER, name="Kaat Operator")
    user.is_operator = True
    user.save()
    return signed_in(user)


def test_who_watches_hears_of_it(lists: Lists, client: Client) -> None:
    lists.fetch()
    lists.change("application", "announce")
    lists.fetch("application")
    lists.spoil("person", "wrapped")
    lists.fetch("person")
    refused = scraped(client, "ehportal_trusted_list_refused")
    assert refused == {
        ("production", "application"): 0,
        ("production", "person"): 1,
        ("production", "transport"): 0,
    } | {("acceptance", kind): 0 for kind in ("application", "person", "transport")}
    assert set(scraped(client, "ehportal_trusted_list_ends_seconds")) == {
        ("production", kind) for kind in ("application", "person", "transport")
    }
    assert scraped(client, "ehportal_trusted_list_operators_waiting") == {(): 1}


def test_others_do_not_find_it(lists: Lists) -> None:
    lists.fetch("transport")
    nobody = signed_in(member(make_hospital(cbe="0809394427").organisation, Role.ADMINISTRATOR))
    row = lists.row("transport").pk
    for client, status in ((nobody, 404), (Client(), 302)):
        assert client.get("/operation/trust/").status_code == status
        assert client.post(f"/operation/trust/lists/{row}/").status_code == status
        assert client.post(f"/operation/trust/operators/{row}/", {"answer": "yes"}).status_code == status


def test_an_announced_operator_is_decided_about_once(lists: Lists, operator: Client) -> None:
    lists.fetch()
    lists.change("application", "announce")
    lists.fetch("application")
    asked = ListOperator.objects.get(environment="production")
    assert asked.fingerprint in operator.get("/operation/trust/").content.decode()
    address = f"/operation/trust/operators/{asked.pk}/"
    assert operator.post(address, {"answer": "perhaps"}).status_code == 400
    assert operator.post(address, {"answer": "yes"}).status_code == 302
    operator.post(address, {"answer": "no"})
    asked.refresh_from_db()
    assert asked.accepted_at is not None
    assert asked.declined_at is None
    assert (
        WatchedList.objects.filter(environment="production", next_attempt_at__lte=datetime.now(UTC)).count()
        == 3
    )


def test_a_list_is_asked_for_at_once(lists: Lists, operator: Client) -> None:
    row = lists.fetch("person")
    assert row.next_attempt_at is not None
    assert row.next_attempt_at > datetime.now(UTC)
    assert operator.post(f"/operation/trust/lists/{row.pk}/").status_code == 302
    due = lists.row("person").next_attempt_at
    assert due is not None
    assert due < row.next_attempt_at


def test_a_certificate_of_the_platform_is_taken_in_with_its_day(lists: Lists, operator: Client) -> None:
    lists.sandbox.control_post("/control/iam/acceptance/rotate")
    pem = (lists.sandbox.pki / "acceptance" / "iam.pem").read_bytes()
    given = {"environment": "production", "use": "sessions", "switch_on": "2027-03-01"}
    before = PlatformCertificate.objects.count()
    for _ in range(2):
        answer = operator.post("/operation/trust/", given | {"file": SimpleUploadedFile("iam.pem", pem)})
        assert answer.status_code == 302
    found = PlatformCertificate.objects.filter(source="file")
    assert PlatformCertificate.objects.count() == before + len(found)
    first = found[0]
    assert first.switch_at == datetime(2027, 2, 28, 23, tzinfo=UTC)
    assert first.told_by == "Kaat Operator"
    address = f"/operation/trust/certificates/{first.pk}/"
    operator.post(address, {"switch_on": "2027-07-01"})
    first.refresh_from_db()
    assert first.switch_at == datetime(2027, 6, 30, 22, tzinfo=UTC)
    operator.post(address, {"switch_on": "soon"})
    operator.post(address, {"switch_on": ""})
    first.refresh_from_db()
    assert first.switch_at is None


@pytest.mark.parametrize("content", [b"", b"no certificate", b"x" * 300_000], ids=["empty", "text", "large"])
def test_a_file_that_is_none_is_refused(lists: Lists, operator: Client, content: bytes) -> None:
    given = {"environment": "production", "use": "tls", "file": SimpleUploadedFile("a.pem", content)}
    assert operator.post("/operation/trust/", given).status_code == 422
    authority = (lists.sandbox.pki / "production" / "root.pem").read_bytes()
    given["file"] = SimpleUploadedFile("root.pem", authority)
    assert operator.post("/operation/trust/", given).status_code == 422
