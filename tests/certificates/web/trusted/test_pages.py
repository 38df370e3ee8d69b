"""What software must trust: every page for every role; other tenants see none of a list of software."""

import urllib.error
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from certificates.models import ListVersion, PlatformCertificate, PreparedSoftware
from certificates.selectors.trusted import changes_since, touched
from certificates.trust.stores.building import read_store
from organisations.tenancy import acting_for
from tests.certificates.trusted.conftest import Lists, lists
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import own_queries
from tests.support.hospital import Hospital

__all__ = ["lists"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def fetched(lists: Lists) -> Lists:
    lists.fetch()
    return lists


def platform(use: str = "sessions") -> PlatformCertificate:
    found = PlatformCertificate.objects.filter(environment="production", use=use).first()
    assert found is not None
    return found


def addresses(lists: Lists) -> list[str]:
    return [
        "/trust/",
        f"/trust/lists/{lists.row('transport').pk}/",
        "/trust/production/tls/",
        f"/trust/certificates/{platform().pk}/",
        f"/trust/certificates/{platform().pk}/download",
        f"/trust/versions/{ListVersion.objects.filter(list__kind='person').latest('taken_at').pk}.xml",
    ]


def test_every_member_reads_and_nobody_else(
    fetched: Lists, administrator: Client, viewer: Client, holder_client: Client
) -> None:
    for address in addresses(fetched):
        for client in (administrator, viewer, holder_client):
            assert client.get(address).status_code == 200, address
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_what_is_not_there_is_not_found(fetched: Lists, administrator: Client) -> None:
    for address in ("/trust/nowhere/tls/", "/trust/production/all/", f"/trust/lists/{platform().pk}/"):
        assert administrator.get(address).status_code == 404


def test_before_the_first_list_the_pages_say_so(lists: Lists, administrator: Client) -> None:
    assert administrator.get("/trust/").status_code == 200
    assert "verified yet" in administrator.get("/trust/production/tls/").content.decode()


def test_the_overview_says_what_changed_and_whom_it_touches(
    fetched: Lists, administrator: Client, hospital: Hospital
) -> None:
    name = "Sandbox eHealth production issuing CA 001"
    fetched.change("person", "withdraw", name)
    fetched.fetch("person")
    der = x509.load_pem_x509_certificate((fetched.sandbox.pki / "production" / "issuing.pem").read_bytes())
    [change] = changes_since(datetime(2026, 1, 1, tzinfo=UTC))
    shelve(hospital.organisation, "BELOW", 90, issuer=change.subject)
    shelve(hospital.organisation, "ELSEWHERE", 90)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert touched(hospital.organisation, [change])[change.subject] == 1
    page = administrator.get("/trust/").content.decode()
    assert name in page
    assert "Trusted no more" in page
    assert "Authorities of eHealth and eID certificates" in page
    assert der.public_bytes(Encoding.DER)
    listed = administrator.get(f"/trust/lists/{fetched.row('person').pk}/").content.decode()
    assert "Trusted no more" in listed


def test_a_refused_list_is_shown(fetched: Lists, administrator: Client) -> None:
    fetched.spoil("transport", "stranger")
    fetched.fetch("transport")
    assert "A newer one was refused" in administrator.get("/trust/").content.decode()
    page = administrator.get(f"/trust/lists/{fetched.row('transport').pk}/").content.decode()
    assert "whom we do not know as operator" in page


def test_a_list_is_shown_with_what_it_does_not_trust(fetched: Lists, viewer: Client) -> None:
    page = viewer.get(f"/trust/lists/{fetched.row('application').pk}/").content.decode()
    for text in ("Sandbox Time Stamping 2019 production", "withdrawn", "Another kind, shown only", "granted"):
        assert text in page


@pytest.mark.parametrize(
    ("form", "password", "name"),
    [
        ("jks", "", "truststore.jks"),
        ("jks", "mijn wachtwoord", "truststore.jks"),
        ("p12", "mijn wachtwoord", "truststore.p12"),
        ("old.p12", "", "truststore.p12"),
        ("pem", "", "truststore.pem"),
    ],
)
def test_a_store_is_downloaded(fetched: Lists, viewer: Client, form: str, password: str, name: str) -> None:
    answer = viewer.post("/trust/production/tls/", {"form": form, "password": password})
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert len(read_store(answer.content, password or "changeit")) == 3


def test_a_password_that_software_would_not_take_is_refused(fetched: Lists, viewer: Client) -> None:
    for password in ("abc", "née-en-été"):
        answer = viewer.post("/trust/production/tls/", {"form": "jks", "password": password})
        assert answer.status_code == 422
        assert "without accents" in answer.content.decode()


def test_the_store_page_names_what_the_connector_expects(fetched: Lists, viewer: Client) -> None:
    page = viewer.get("/trust/production/operators/").content.decode()
    for text in ("tslostore.jks", "bootstrap.tsl.keystore.location=", "keystore.pwd=tslo", "prd-tslo-01"):
        assert text in page
    assert "/trust/v1/production/operators.jks" in page


def test_a_version_is_handed_out_as_it_came(fetched: Lists, viewer: Client) -> None:
    version = ListVersion.objects.filter(list__kind="person").latest("taken_at")
    answer = viewer.get(f"/trust/versions/{version.pk}.xml")
    assert answer.content == bytes(version.content)


def test_software_is_listed_ticked_and_taken_off(
    fetched: Lists, administrator: Client, viewer: Client, stranger: Client, hospital: Hospital
) -> None:
    page, add = f"/trust/certificates/{platform().pk}/", f"/trust/certificates/{platform().pk}/software"
    assert administrator.post(add, {"software": "  Connector   on SRV-02 "}).status_code == 302
    administrator.post(add, {"software": "Connector on SRV-02"})
    administrator.post(add, {"suggested": ["HiX", "Vitalink"]})
    administrator.post(add, {"software": "x" * 101})
    with acting_for([hospital.organisation.pk], as_platform=True):
        lines = list(PreparedSoftware.objects.filter(organisation=hospital.organisation))
    assert [one.software for one in lines] == ["Connector on SRV-02", "HiX", "Vitalink"]
    line = lines[0].pk
    assert viewer.post(add, {"software": "Mine"}).status_code == 403
    assert viewer.post(f"/trust/software/{line}/", {"deed": "prepared"}).status_code == 403
    assert stranger.post(f"/trust/software/{line}/", {"deed": "prepared"}).status_code == 404
    assert str(line) not in stranger.get(page).content.decode()
    assert Client().post(f"/trust/software/{line}/", {"deed": "prepared"}).status_code == 302
    assert administrator.post(f"/trust/software/{line}/", {"deed": "other"}).status_code == 400
    administrator.post(f"/trust/software/{line}/", {"deed": "prepared"})
    assert "1 of 3 prepared" in administrator.get(page).content.decode()
    assert "1 of 3 prepared" in viewer.get("/trust/").content.decode()
    administrator.post(f"/trust/software/{line}/", {"deed": "not-prepared"})
    assert "0 of 3 prepared" in administrator.get(page).content.decode()
    administrator.post(f"/trust/software/{line}/", {"deed": "remove"})
    assert "0 of 2 prepared" in administrator.get(page).content.decode()
    history = administrator.get("/organisation/history/").content.decode()
    assert "Software prepared for a certificate of the platform" in history


def test_earlier_lists_are_suggested(fetched: Lists, administrator: Client) -> None:
    administrator.post(f"/trust/certificates/{platform().pk}/software", {"software": "HiX"})
    page = administrator.get(f"/trust/certificates/{platform('tls').pk}/").content.decode()
    assert 'value="HiX"' in page


def test_the_overview_asks_as_often_however_much_changed(fetched: Lists, administrator: Client) -> None:
    _, before = own_queries(administrator, "/trust/")
    for number in range(4):
        fetched.change("transport", "add", f"Web CA {number}")
        fetched.fetch("transport")
    _, after = own_queries(administrator, "/trust/")
    assert after <= before + 1


def test_the_sandbox_says_what_it_does_not_know(fetched: Lists) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        fetched.change("transport", "vanish")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        fetched.spoil("transport", "unheard-of")
