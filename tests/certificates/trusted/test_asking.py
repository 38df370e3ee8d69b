"""Software that asks for a store by itself: tags, nothing twice, a password of its own, and nobody signed in."""

import pytest
from django.test import Client

from certificates.trust.stores.building import read_store
from tests.certificates.trusted.conftest import Lists

pytestmark = pytest.mark.django_db
FORMS = ("pem", "jks", "p12", "old.p12", "json", "properties")


@pytest.mark.parametrize("form", FORMS)
def test_the_same_store_is_sent_once(lists: Lists, client: Client, form: str) -> None:
    lists.fetch("transport")
    address = f"/trust/v1/production/tls.{form}"
    first = client.get(address)
    assert first.status_code == 200
    assert first["Cache-Control"] == "public, max-age=300"
    assert first["ETag"].startswith('W/"' if form.endswith("p12") else '"')
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert client.head(address)["ETag"] == first["ETag"]
    lists.change("transport", "withdraw", "Sandbox Web CA 2025 production")
    lists.fetch("transport")
    other = client.get(address, headers={"If-None-Match": f'"x", {first["ETag"]}'})
    assert other.status_code == 200
    assert other["ETag"] != first["ETag"]


def test_a_password_of_ones_own_makes_another_store(lists: Lists, client: Client) -> None:
    lists.fetch("application")
    address = "/trust/v1/production/timestamps.jks"
    known = client.get(address)
    own = client.get(address, headers={"Trust-Store-Password": "my-own"})
    assert known["ETag"] != own["ETag"]
    assert own["Cache-Control"] == "private, max-age=300"
    assert "Trust-Store-Password" in own["Vary"]
    assert len(read_store(own.content, "my-own")) == len(read_store(known.content, "ttsa")) == 3
    assert client.get(address, headers={"Trust-Store-Password": "née"}).status_code == 400


def test_what_is_not_there_is_said(lists: Lists, client: Client) -> None:
    for address in ("production/tls.jks", "nowhere/tls.jks", "production/all.jks", "production/tls.exe"):
        answer = client.get(f"/trust/v1/{address}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert client.post("/trust/v1/production/tls.jks").status_code == 405


def test_what_a_store_holds_can_be_read_by_programs(lists: Lists, client: Client) -> None:
    lists.fetch("application")
    found = client.get("/trust/v1/production/timestamps.json").json()
    assert found["sequence"] >= 1
    assert [(one["alias"], one["past"]) for one in found["entries"]] == [
        ("ttsa01", False),
        ("ttsa02", False),
        ("ttsa03", True),
    ]
