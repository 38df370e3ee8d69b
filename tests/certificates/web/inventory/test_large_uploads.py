"""A large upload on its pages: progress that survives a reload, groups to choose from, a report for spreadsheets."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agent.wire.version import VERSION
from certificates.services.inventory import consignments
from certificates.web.inventory import imports
from certificates.web.parts.tables import defused
from organisations.domain.roles import Role
from organisations.domain.work import Lane
from tests.certificates.inventory.large import archive
from tests.certificates.inventory.uploads import stored
from tests.certificates.samples import certificate, ehealth, key, pem, plain_name
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital
from tests.support.work import work_off


def upload(client: Client, *files: tuple[str, bytes]) -> str:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    answer = client.post("/certificates/import/", {"files": sent})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def test_a_folder_from_upload_to_inventory(
    administrator: Client, stranger: Client, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consignments, "PART", 2)
    content = {f"{n}.pem": pem(ehealth(application_id=f"W{n}", signer=key())) for n in range(3)}
    address = upload(administrator, ("folder.zip", archive(content | {"=1+1.pem": b"nothing"})))
    page = administrator.get(address).content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "It is being read" in page
    assert f"ehportal {VERSION}<" in page, "what a page counts is not the release"
    status = re.search(r'hx-get="([^"]+)"', page)
    assert status is not None
    assert administrator.get(status[1]).status_code == 204, "nothing changed since"
    work_off(Lane.IMPORTS)
    moved = administrator.get(status[1])
    assert (moved.status_code, moved["HX-Refresh"]) == (286, "true")
    page = administrator.get(address).content.decode()
    assert 'value="not_recognised"' in page
    assert 'value="unreadable"' not in page
    assert "CBE=0406798006, W0" in page
    assert "CBE=0406798006, W2" not in page
    assert "CBE=0406798006, W2" in administrator.get(f"{address}?part=1").content.decode()
    for odd in ("-1", "99999", "x", "²"):
        assert administrator.get(f"{address}?part={odd}").status_code == 200
    assert administrator.post(address, {"group": ["not_recognised", "unreadable", "x"]}).status_code == 302
    assert "It is being taken in" in administrator.get(address).content.decode()
    work_off(Lane.IMPORTS)
    done = administrator.get(address).content.decode()
    assert "/certificates/imported/" in done
    assert len(stored(hospital)) == 3
    answer = administrator.get(f"{address}report")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][0] == "'=1+1.pem"
    assert rows[1][3] == "This file holds nothing that can be read as a certificate (PEM, DER or PKCS#7)."
    colleague = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    for suffix in ("", "status", "report"):
        assert stranger.get(address + suffix).status_code == 404
        assert colleague.get(address + suffix).status_code == 404


def test_nothing_chosen_decides_nothing(administrator: Client, hospital: Hospital) -> None:
    address = upload(administrator, ("folder.zip", archive({"a.pem": pem(ehealth())})))
    work_off(Lane.IMPORTS)
    administrator.post(address, {})
    assert 'value="not_recognised"' in administrator.get(address).content.decode()


def test_more_than_a_page_can_wait_for_goes_to_workers(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pem(certificate(plain_name("www.maasdal.example")))
    assert "/large/" not in upload(administrator, ("a.pem", one))
    monkeypatch.setattr(imports, "MAX_TOTAL_BYTES", len(one) - 1)
    assert "/large/" in upload(administrator, ("a.pem", one))


def test_too_much_is_refused_before_it_is_kept(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consignments, "MAX_SENT", 10)
    sent = SimpleUploadedFile("a.zip", archive({"a": b"x"}))
    answer = administrator.post("/certificates/import/", {"files": [sent]})
    assert answer.status_code == 422
    assert "MB are taken in at once" in answer.content.decode()


def test_the_page_says_its_limits_before(administrator: Client) -> None:
    page = administrator.get("/certificates/import/").content.decode()
    assert "100 files of 256 MB together" in page
    assert re.search(r"up to 100[.,\xa0\u202f ]?000 certificates", page)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert defused(f"a{cell}") == f"a{cell}"
