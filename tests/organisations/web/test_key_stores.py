"""The administrator's choice of what loads the key stores: kept, written down, and in the document of the next job."""

import pytest
from django.test import Client

from agent.wire.jobs import KNOWS_HEADER
from agent.wire.link.preparation import Preparation
from organisations.models import AuditEvent, Organisation
from organisations.tenancy import acting_for
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

ADDRESS = "/organisation/key-stores/"


def _kept(hospital: Hospital) -> str:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Organisation.objects.get(pk=hospital.organisation.pk).key_store_software


def test_the_choice_is_kept_and_written_down_once(administrator: Client, hospital: Hospital) -> None:
    assert _kept(hospital) == "connector-4"
    for _ in range(2):
        answer = administrator.post(ADDRESS, {"software": "openssl"}, follow=True)
        assert "OpenSSL" in answer.content.decode()
    assert _kept(hospital) == "openssl"
    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(action="key_store_software_chosen")
        assert [event.details for event in events] == [{"software": "openssl", "format": "modern"}]


@pytest.mark.parametrize("code", ["", "x", "connector-4 "])
def test_what_is_not_in_the_list_changes_nothing(
    administrator: Client, hospital: Hospital, code: str
) -> None:
    answer = administrator.post(ADDRESS, {"software": code}, follow=True)
    assert "Choose one of the kinds of software in the list." in answer.content.decode()
    assert _kept(hospital) == "connector-4"


def test_only_an_administrator_chooses(viewer: Client, hospital: Hospital) -> None:
    assert viewer.post(ADDRESS, {"software": "openssl"}).status_code == 403
    assert _kept(hospital) == "connector-4"


def test_an_agent_that_knows_the_field_gets_it_and_another_does_not(
    hospital: Hospital, government: SandboxProcess, administrator: Client
) -> None:
    administrator.post(ADDRESS, {"software": "openssl"})
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    request = hospital.step(hospital.request(application_id="FORMATS"))
    assert request.job is not None
    path = f"/agent/v1/jobs/{request.job.pk}"
    assert "store_format" not in holder.call("GET", path).json()
    for known in ("store_format", "else, store_format"):
        answer = holder.call("GET", path, headers={KNOWS_HEADER: known})
        assert answer.json()["store_format"] == "modern"


@pytest.mark.parametrize("store_format", ["legacy", "modern"])
def test_a_preparation_file_says_it_only_where_it_is_not_the_safe_one(store_format: str) -> None:
    made = Preparation(
        "AAECAwQFBgcICQoLDA0ODw",
        "https://ehportal.example",
        "production",
        "CN=SSIN\\=85473003319,OU=eHealth-platform Belgium,OU=X,OU=SSIN\\=85473003319,O=Federal Government,C=BE",
        store_format,  # type: ignore[arg-type]  # one of both
    )
    written = made.to_json()
    assert (b"store_format" in written) is (store_format == "modern")
    assert Preparation.from_json(written) == made
