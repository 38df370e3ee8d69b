"""A store of one's own: compared, and completed without losing names or what was added by hand."""

import resource
from datetime import UTC, datetime

import pytest
from asn1crypto import pkcs12
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import Purpose
from certificates.services.trusted.stores import store_of
from certificates.trust.stores import apart
from certificates.trust.stores.building import Form, build, read_store
from certificates.trust.stores.entries import Entry
from certificates.trust.stores.jks import write_jks
from tests.certificates.samples import AUTHORITY, certificate, plain_name
from tests.certificates.trusted.conftest import Lists, lists

__all__ = ["lists"]

pytestmark = pytest.mark.django_db
ADDRESS = "/trust/production/timestamps/own/"


def sent(content: bytes, deed: str, password: str = "", **more: str) -> dict[str, object]:
    return {"file": SimpleUploadedFile("store", content), "password": password, "deed": deed, **more}


@pytest.mark.parametrize("form", [Form.JKS, Form.PKCS12])
def test_what_was_added_by_hand_stays(lists: Lists, viewer: Client, form: Form) -> None:
    lists.fetch()
    now = datetime.now(UTC)
    store = store_of(Environment.PRODUCTION, Purpose.TIMESTAMPS, now)
    mine = certificate(plain_name("Hospital's own"), extensions=(AUTHORITY,)).public_bytes(Encoding.DER)
    kept = Entry("ttsa41", store.entries[1].der, now)
    content = build([Entry("own one", mine, now), kept], form, "my-own")
    page = viewer.post(ADDRESS, sent(content, "compare", "my-own")).content.decode()
    assert "Missing in it" in page
    assert "ttsa42" in page
    assert "Added by hand" in page
    answer = viewer.post(ADDRESS, sent(content, "complete", "my-own"))
    found = {one.alias: one.der for one in read_store(answer.content, "my-own")}
    assert found["own one"] == mine
    assert found["ttsa41"] == kept.der
    assert set(found) == {"own one", "ttsa41", "ttsa42", "ttsa43"}
    again = viewer.post(ADDRESS, sent(answer.content, "compare", "my-own")).content.decode()
    assert "It holds what the list says" in again


def test_what_is_trusted_no_more_is_named_and_left_out(lists: Lists, viewer: Client) -> None:
    lists.fetch("transport")
    store = store_of(Environment.PRODUCTION, Purpose.TLS, datetime.now(UTC))
    content = build(store.entries, Form.JKS, "changeit")
    lists.change("transport", "withdraw", "Sandbox Web CA 2025 production")
    lists.fetch("transport")
    address = "/trust/production/tls/own/"
    assert "trusted no more" in viewer.post(address, sent(content, "compare")).content.decode()
    without = viewer.post(address, sent(content, "complete", without_withdrawn="on"))
    assert len(read_store(without.content, "changeit")) == 2
    assert len(read_store(viewer.post(address, sent(content, "complete")).content, "changeit")) == 3


def test_what_is_no_store_is_refused(lists: Lists, viewer: Client) -> None:
    lists.fetch("application")
    store = store_of(Environment.PRODUCTION, Purpose.TIMESTAMPS, datetime.now(UTC))
    content = build(store.entries, Form.JKS, "another")
    for wrong in (content, b"no store", content[:-3]):
        assert viewer.post(ADDRESS, sent(wrong, "compare")).status_code == 422
    assert viewer.get(ADDRESS).status_code == 200
    assert viewer.get("/trust/acceptance/tls/own/").status_code == 302
    assert viewer.get("/trust/nowhere/tls/own/").status_code == 404


def test_a_file_that_asks_for_endless_work_holds_nobody(
    lists: Lists, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file says how often its key is derived: here as often as the field can say."""
    lists.fetch("application")
    store = store_of(Environment.PRODUCTION, Purpose.TIMESTAMPS, datetime.now(UTC))
    honest = build(store.entries, Form.PKCS12, "changeit")
    endless = _with_rounds(honest, 2**31 - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    answer = viewer.post(ADDRESS, sent(endless, "compare", "changeit"))
    assert answer.status_code == 422
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    assert spent < apart.SECONDS, "the work was another process's"


def _with_rounds(content: bytes, rounds: int) -> bytes:
    """Return a file whose integrity is to be checked with this many rounds."""
    file = pkcs12.Pfx.load(content)
    file["mac_data"]["iterations"] = rounds
    written: bytes = file.dump(force=True)
    return written


def test_a_certificate_that_nobody_can_read_is_refused_not_an_error(lists: Lists, viewer: Client) -> None:
    lists.fetch("application")
    odd = write_jks([Entry("odd", b"\x30\x03\x02\x01\x05", datetime.now(UTC))], "changeit")
    assert viewer.post(ADDRESS, sent(odd, "compare", "changeit")).status_code == 422
