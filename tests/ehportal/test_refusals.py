"""What is refused before a page sees it: our page and our words, never a bare "Bad Request", and JSON for programs."""

import json

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agent.wire.encoding import to_base64url
from certificates.services.inventory import consignments
from organisations.domain.roles import Role
from organisations.models import User
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital, make_hospital


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


@pytest.fixture
def administrator(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR))


def in_dutch(client: Client) -> Client:
    User.objects.filter(pk=client.session["_auth_user_id"]).update(language="nl")
    return client


def test_more_files_than_one_upload_takes(administrator: Client) -> None:
    files = [SimpleUploadedFile(f"{number}.pem", b"x") for number in range(101)]
    answer = administrator.post("/certificates/import/", {"files": files})
    page = answer.content.decode()
    assert answer.status_code == 413
    assert "At most 100 files are taken at once" in page
    assert "<h1>" in page
    assert "Bad Request" not in page


def test_more_lines_than_one_form_takes(administrator: Client) -> None:
    many = {f"take-{number}": "on" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS or 1000)}
    answer = in_dutch(administrator).post("/certificates/import/", many | {"one": "more"})
    page = answer.content.decode()
    assert answer.status_code == 413
    assert "Er worden hoogstens 1000 regels in één keer aangenomen" in page
    assert '<html lang="nl">' in page


def test_more_bytes_than_one_form_takes(administrator: Client) -> None:
    answer = administrator.post("/certificates/import/", {"text": "x" * (5 * 1024 * 1024)})
    assert answer.status_code in (413, 422), "a text in a form with files is read as a file's part"
    answer = administrator.post(
        "/certificates/import/",
        "text=" + "x" * (5 * 1024 * 1024),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 413
    assert "At most 4 MB are taken at once" in answer.content.decode()


def test_a_file_set_that_is_too_large_says_how_large_it_may_be(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consignments, "MAX_SENT", 4 * 1024 * 1024)
    files = [SimpleUploadedFile(f"{number}.pem", b" " * 1024 * 1024) for number in range(5)]
    answer = administrator.post("/certificates/import/", {"files": files})
    assert answer.status_code == 422
    assert "At most 4 MB are taken in at once" in answer.content.decode()


def test_a_form_that_is_cut_off(administrator: Client) -> None:
    answer = administrator.post(
        "/certificates/import/", b"--x\r\n", content_type="multipart/form-data; boundary="
    )
    assert answer.status_code == 400
    assert "cannot be read. Go back" in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/certificates/import/", {"text": "a\0b"}),
        ("/requests/new/", {"reason": "a\0b"}),
        ("/requests/new/", {"a\0b": "x"}),
        ("/organisation/members/new/", {"email": "els\0@example.test"}),
        ("/accounts/login/", {"login": "els\0@example.test", "password": "x"}),
        ("/language/", {"language": "nl\0"}),
    ],
)
def test_nul_in_any_text_that_is_posted(administrator: Client, address: str, form: dict[str, str]) -> None:
    answer = administrator.post(address, form)
    assert answer.status_code == 400
    assert "(NUL)" in answer.content.decode()


def test_nul_in_an_address_leads_nowhere(administrator: Client) -> None:
    for address in ("/certificates/?q=%00", "/accounts/login/?next=%00", "/certificates/%00"):
        assert administrator.get(address).status_code == 404


def test_programs_are_told_in_json(client: Client, db: None) -> None:
    client.raise_request_exception = False
    for path in ("/agent/v1/enrolments", "/agent/v1/installations"):
        answer = client.post(path, "x" * (5 * 1024 * 1024), content_type="application/json")
        assert 400 <= answer.status_code < 500
        assert answer["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["title"]


@pytest.mark.parametrize("kid", ["\0" * 43, "\ud800" * 43, "x", "é" * 43, "a" * 42 + "\0", ""])
def test_a_proof_that_names_an_impossible_device(hospital: Hospital, kid: str) -> None:
    head = to_base64url(json.dumps({"typ": "ehportal-proof+jwt", "alg": "ES256", "kid": kid}).encode())
    body = {"htm": "GET", "htu": "x", "bod": "x", "iat": 1, "jti": to_base64url(b"x" * 16)}
    token = f"{head}.{to_base64url(json.dumps(body).encode())}.{to_base64url(b'x' * 64)}"
    answer = Client().get("/agent/v1/jobs", headers={"Ehportal-Proof": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "proof_invalid")


def test_a_wrong_host_gets_a_page_too(db: None) -> None:
    answer = Client().get("/", headers={"Host": "another.example"})
    assert answer.status_code == 400
    assert "Bad Request" not in answer.content.decode()
    assert "<h1>" in answer.content.decode()
