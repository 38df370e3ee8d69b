"""Dashboard, inventory, one certificate, import: who may, whose rows, how many queries."""

import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, ImportBatch
from certificates.services.inventory import imports
from organisations.domain.roles import Role
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import DER, make_der, shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital


def below(page: str) -> str:
    """Return what stands in the list of all, below those that need someone."""
    return page.partition('id="all"')[2]


@pytest.mark.parametrize(
    "address", ["/", "/certificates/", "/certificates/import/", "/requests/", "/requests/new/"]
)
def test_anonymous_visitors_are_sent_to_sign_in(client: Client, db: None, address: str) -> None:
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_an_empty_dashboard_says_where_to_begin(administrator: Client) -> None:
    page = administrator.get("/").content.decode()
    assert "Where to begin" in page
    assert '<svg class="plot' not in page


def test_the_dashboard_counts_and_draws(administrator: Client, hospital: Hospital) -> None:
    for days in (20, 45, 300, 301, 302, -5):
        shelve(hospital.organisation, f"A{abs(days)}", days)
    shelve(hospital.organisation, "TEST", 500, environment=Environment.ACCEPTANCE)
    page = administrator.get("/").content.decode()
    assert "2 certificates must be renewed in the coming 90 days" in page
    assert page.count('<circle class="mark" cx') == 2 * 3 + 1, (
        "three production marks in both drawings, one in the key"
    )
    assert page.count('<circle class="mark soon" cx') == 2 * 2 + 1
    assert page.count('class="mark acceptance" d="M') >= 2
    assert "The same in words" in page


def test_the_dashboards_queries_do_not_grow(administrator: Client, hospital: Hospital) -> None:
    for index in range(40):
        shelve(hospital.organisation, f"B{index}", 10 + index * 20)
    assert own_queries(administrator, "/")[1] == 20


def test_the_inventory_narrows(viewer: Client, hospital: Hospital) -> None:
    shelve(hospital.organisation, "APOTHEEK", 400)
    shelve(hospital.organisation, "LABO", 30, environment=Environment.ACCEPTANCE)
    shelve(hospital.organisation, "OUD", -4, value="71000436", identifier_type="NIHII-HOSPITAL")

    def names(**query: str) -> list[str]:
        page = viewer.get("/certificates/", query).content.decode()
        return re.findall(r'<a href="/certificates/[0-9a-f-]{36}/">(\w+)<span', below(page))

    assert own_queries(viewer, "/certificates/")[1] == 6
    assert names() == ["OUD", "LABO", "APOTHEEK"]
    assert names(q="apoth") == ["APOTHEEK"]
    assert names(environment="acceptance") == ["LABO"]
    assert names(status="expired") == ["OUD"]
    assert names(status="renewable", environment="production") == []
    assert names(identifier="NIHII-HOSPITAL=71000436") == ["OUD"]
    assert names(status="no such thing") == []


def test_the_inventory_turns_its_pages(viewer: Client, hospital: Hospital) -> None:
    for index in range(55):
        shelve(hospital.organisation, f"C{index:02}", 100 + index)
    first = viewer.get("/certificates/", {"q": "c"}).content.decode()
    [more] = re.findall(r'href="\?(q=c&amp;after=[^"]+)"', first)
    second = viewer.get("/certificates/?" + more.replace("&amp;", "&")).content.decode()
    shown = re.findall(r">(C\d\d)<span", first), re.findall(r">(C\d\d)<span", second)
    assert sorted(shown[0] + shown[1]) == [f"C{index:02}" for index in range(55)]
    assert (shown[0][0], shown[1][-1]) == ("C00", "C54")


def test_a_certificate_shows_what_is_known(viewer: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 61)
    answer, made = own_queries(viewer, f"/certificates/{certificate.pk}/")
    page = answer.content.decode()
    assert made == 16, (
        "the certificate, its record, its token and who could make one, its end, its name's others, its renewal, "
        "installations, who looks after it, tags, notes"
    )
    assert "61 days left" in page
    assert "To renew" in page
    assert certificate.fingerprint[:2].upper() in page
    assert "Certificate imported" in page
    assert "environment-band" not in page


def test_acceptance_is_unmistakable(viewer: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "TEST", 400, environment=Environment.ACCEPTANCE)
    page = viewer.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "environment-band" in page
    assert "Never for care" in page


@pytest.mark.parametrize("suffix", ["", "download"])
def test_another_tenants_certificate_is_not_found(
    stranger: Client, client: Client, hospital: Hospital, suffix: str
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 61)
    address = f"/certificates/{certificate.pk}/{suffix}"
    assert stranger.get(address).status_code == 404
    assert client.get(address).status_code == 302


def test_the_download_is_the_certificate(viewer: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 61)
    answer = viewer.get(f"/certificates/{certificate.pk}/download")
    assert x509.load_pem_x509_certificate(answer.content).public_bytes(Encoding.DER) == DER
    assert 'filename="CBE=0406798006_EHBOX.pem"' in answer["Content-Disposition"]


def test_a_personal_certificate_is_only_for_those_who_may_see_its_number(
    viewer: Client, administrator: Client, hospital: Hospital
) -> None:
    certificate = shelve(
        hospital.organisation, "", 61, identifier_type="SSIN", identifier_value="", ssin_index="a" * 64
    )
    assert viewer.get(f"/certificates/{certificate.pk}/download").status_code == 403
    assert administrator.get(f"/certificates/{certificate.pk}/download").status_code == 200
    assert "Download" not in viewer.get(f"/certificates/{certificate.pk}/").content.decode()


def _upload(client: Client, *files: tuple[str, bytes]) -> str:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    answer = client.post("/certificates/import/", {"files": sent})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def test_an_upload_is_looked_at_before_it_is_taken_in(administrator: Client, hospital: Hospital) -> None:
    der = make_der("CBE=0406798006, INGEVOERD")
    address = _upload(administrator, ("one.der", der), ("two.txt", b"no certificate"))
    page = administrator.get(address).content.decode()
    assert "INGEVOERD" in page
    assert "two.txt" in page
    assert "Cannot be read" in page
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not Certificate.objects.exists()
    keys = re.findall(r'name="take" value="([^"]+)"', page)
    done = administrator.post(address, {"take": keys}, follow=True)
    assert "1 certificate was taken in." in done.content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.count() == 1
        assert not ImportBatch.objects.exists()


def test_an_upload_belongs_to_who_sent_it(
    administrator: Client, stranger: Client, hospital: Hospital
) -> None:
    address = _upload(administrator, ("one.der", DER))
    assert stranger.get(address).status_code == 404
    colleague = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    assert colleague.get(address).status_code == 404


def test_an_upload_that_is_too_large_is_refused_by_its_size(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is read into memory first."""
    monkeypatch.setattr(imports, "MAX_TOTAL_BYTES", 10)
    monkeypatch.setattr(imports, "read_file", None)
    files = [SimpleUploadedFile("a.pem", b"123456"), SimpleUploadedFile("b.pem", b"123456")]
    answer = administrator.post("/certificates/import/", {"files": files})
    assert answer.status_code == 422
    assert "Send fewer of them" in answer.content.decode()


@pytest.mark.parametrize("query", ["q=a%00", "identifier=CBE%3D%00", "environment=%00", "after=%00"])
def test_addresses_that_no_column_holds_lead_nowhere(viewer: Client, query: str) -> None:
    assert viewer.get(f"/certificates/?{query}").status_code == 404


def test_an_upload_without_files_says_so(administrator: Client) -> None:
    answer = administrator.post("/certificates/import/", {})
    assert answer.status_code == 422
    assert "Choose at least one file." in answer.content.decode()


def test_only_those_who_may_import_see_its_page(viewer: Client) -> None:
    assert viewer.get("/certificates/import/").status_code == 403
    assert "/certificates/import/" not in viewer.get("/certificates/").content.decode()
