"""The description of the API: as committed, complete, and shown on a page of our own."""

import json
import re

import pytest
from django.test import Client

from certificates.selectors.filters import CertificateFilters
from ehportal.api.describing import FILE, SCOPES, describe, text_of
from organisations.domain.scopes import Scope


def test_it_is_as_committed() -> None:
    assert text_of(describe()) == FILE.read_text(), "run manage.py describe_api and look at the difference"


def test_it_is_complete() -> None:
    schema = json.loads(FILE.read_text())
    assert schema["openapi"].startswith("3.1")
    assert set(SCOPES) == {one.value for one in Scope}
    operations = [one for ways in schema["paths"].values() for one in ways.values()]
    ids = [one["operationId"] for one in operations]
    assert len(set(ids)) == len(ids)
    for one in operations:
        assert {"200", "401", "403", "429"} <= set(one["responses"])
        assert one["security"][1]["oauth2"][0] in SCOPES
        assert one["summary"]
        assert one["tags"]
    given = {one["name"] for one in schema["paths"]["/api/v1/certificates"]["get"]["parameters"]}
    assert given == set(CertificateFilters.base_filters) - {"columns", "told"} | {
        "count",
        "limit",
        "after",
        "before",
    }


@pytest.mark.django_db
def test_the_page_and_the_file_need_nobody() -> None:
    page = Client().get("/api/", headers={"accept-language": "en"})
    text = page.content.decode()
    assert page.status_code == 200
    for path in json.loads(FILE.read_text())["paths"]:
        assert path in text
    assert "renewals.ask" in text
    assert "http" not in re.sub(r"https?://testserver|http://www.w3.org", "", text).partition("<main")[0]
    file = Client().get("/api/v1/openapi.json")
    assert file["Content-Type"] == "application/vnd.oai.openapi+json;version=3.1"
    assert file.content == FILE.read_bytes()
