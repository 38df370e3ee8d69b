"""Trust stores: what stands in them, and that Java's own keytool reads what we write."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import SHELVES, Purpose
from certificates.models import StoreNumber
from certificates.services.trusted.stores import Store, bytes_of, settings_lines, store_of
from certificates.trust.stores.building import Form, read_store
from certificates.trust.stores.entries import Entry, StoreNotBuilt, StoreUnreadable
from certificates.trust.stores.jks import read_jks, write_jks
from deploy.stack.bootstrap import BCPROV
from tests.certificates.trusted.conftest import Lists

pytestmark = pytest.mark.django_db
ENV = Environment.PRODUCTION


def now() -> datetime:
    return datetime.now(UTC)


def subjects(store: Store, *, past: bool | None = None) -> list[str]:
    found = []
    for one in store.entries:
        name = x509.load_der_x509_certificate(one.der).subject.get_attributes_for_oid(
            x509.NameOID.COMMON_NAME
        )
        if past in (None, one.past):
            found.append(str(name[0].value))
    return found


def keytool(file: Path, kind: str, password: str) -> list[str]:
    """Return the aliases under which Java finds a certificate."""
    command = ["keytool", "-J-Duser.language=en", "-list", "-rfc", "-keystore", str(file)]
    command += ["-storetype", kind, "-storepass", password]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    aliases = re.findall(r"^Alias name: (.*)$", listed, re.MULTILINE)
    assert listed.count("BEGIN CERTIFICATE") == listed.count("trustedCertEntry") == len(aliases)
    return aliases


@pytest.mark.parametrize("purpose", list(Purpose))
def test_keytool_reads_every_store(lists: Lists, tmp_path: Path, purpose: Purpose) -> None:
    lists.fetch()
    store = store_of(ENV, purpose, now())
    shelf = SHELVES[purpose]
    for form, kind, password in (
        (Form.JKS, "JKS", shelf.password),
        (Form.JKS, "JKS", "een ander wachtwoord"),
        (Form.PKCS12, "PKCS12", "een ander wachtwoord"),
        (Form.OLD_PKCS12, "PKCS12", "een ander wachtwoord"),
    ):
        file = tmp_path / f"{password}.{form}"
        file.write_bytes(bytes_of(store, form, password))
        aliases = keytool(file, kind, password)
        assert sorted(aliases) == sorted(one.alias for one in store.entries)
        assert aliases == [one.lower() for one in aliases]
        assert len(set(aliases)) == len(store.entries) > 0


def test_bouncy_castle_reads_what_is_for_older_software(lists: Lists, tmp_path: Path) -> None:
    """The platform's connector opens whatever is no .jks through it."""
    lists.fetch("person")
    store = store_of(ENV, Purpose.AUTHORITIES, now())
    file = tmp_path / "caCertificateKeystore.p12"
    file.write_bytes(bytes_of(store, Form.OLD_PKCS12, None))
    command = ["keytool", "-J-Duser.language=en", "-list", "-storetype", "PKCS12", "-keystore", str(file)]
    command += ["-storepass", SHELVES[Purpose.AUTHORITIES].password, "-providername", "BC"]
    command += ["-providerpath", str(BCPROV), "-providerclass"]
    command += ["org.bouncycastle.jce.provider.BouncyCastleProvider"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Keystore provider: BC" in said
    assert said.count("trustedCertEntry") == len(store.entries) == 4


def test_each_store_holds_what_its_list_says(lists: Lists) -> None:
    lists.fetch()
    tls = store_of(ENV, Purpose.TLS, now())
    assert subjects(tls) == [
        "Sandbox Web Root production",
        "Sandbox Web CA 2025 production",
        "services.production.sandbox.example",
    ], "what was withdrawn is not in it"
    assert [one.alias[:4] for one in tls.entries] == ["000 ", "001 ", "003 "]
    assert len(store_of(ENV, Purpose.AUTHORITIES, now()).entries) == 4
    operators = store_of(ENV, Purpose.OPERATORS, now())
    assert subjects(operators) == [
        "Sandbox list operator production 1",
        "Sandbox eHealth production issuing CA 001",
    ]
    assert [one.alias for one in operators.entries] == ["prd-tslo-01", "prd-tslo-02"]


def test_past_time_stamps_stay_and_are_marked(lists: Lists) -> None:
    lists.fetch("application")
    store = store_of(ENV, Purpose.TIMESTAMPS, now())
    assert [one.alias for one in store.entries] == ["ttsa01", "ttsa02", "ttsa03"]
    assert subjects(store, past=True) == ["Sandbox Time Stamping 2019 production"]
    lists.change("application", "remove", "Sandbox Time Stamping 2019 production")
    lists.change("application", "add", "Stamps 2027", type="http://uri.etsi.org/TrstSvc/Svctype/TSA")
    lists.fetch("application")
    later = store_of(ENV, Purpose.TIMESTAMPS, now())
    assert later.entries[:3] == store.entries, "numbers stay, and so does what is past"
    assert later.entries[3].alias == "ttsa04"
    assert not later.entries[3].past
    assert b"# past:" in bytes_of(later, Form.PEM, None)
    assert settings_lines(later, "/opt/conf/", "ttsa")[:3] == [
        "timestamp.signature.keystore.path=/opt/conf/tsacertificate.jks",
        "timestamp.signature.cert.alias.1=ttsa01",
        "timestamp.signature.cert.alias.2=ttsa02",
    ]


def test_a_status_counts_from_its_start(lists: Lists) -> None:
    begins = now() + timedelta(days=10)
    lists.change("transport", "add", "Web CA of next week", since=begins.isoformat())
    lists.fetch("transport")
    assert "Web CA of next week" not in subjects(store_of(ENV, Purpose.TLS, now()))
    assert "Web CA of next week" in subjects(store_of(ENV, Purpose.TLS, begins + timedelta(seconds=1)))
    lists.change(
        "transport", "withdraw", "Web CA of next week", since=(begins + timedelta(days=9)).isoformat()
    )
    lists.fetch("transport")
    assert "Web CA of next week" in subjects(store_of(ENV, Purpose.TLS, begins + timedelta(days=5)))
    assert "Web CA of next week" not in subjects(store_of(ENV, Purpose.TLS, begins + timedelta(days=10)))


def test_the_bytes_are_the_same_as_long_as_the_store_is(lists: Lists) -> None:
    lists.fetch("transport")
    first = bytes_of(store_of(ENV, Purpose.TLS, now()), Form.JKS, None)
    lists.change("transport", "issue")
    lists.fetch("transport")
    second = store_of(ENV, Purpose.TLS, now())
    assert bytes_of(second, Form.JKS, None) == first
    assert second.sequence > 1


def test_environments_are_apart(lists: Lists) -> None:
    lists.fetch()
    Lists(lists.sandbox, "acceptance").fetch()
    ours = {one.der for one in store_of(ENV, Purpose.AUTHORITIES, now()).entries}
    theirs = {one.der for one in store_of(Environment.ACCEPTANCE, Purpose.AUTHORITIES, now()).entries}
    assert len(ours & theirs) == 2, "the identity card's authorities alone"
    assert StoreNumber.objects.filter(environment="acceptance", purpose="operators").exists()


def test_what_java_would_lose_is_not_written() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    for aliases in (["Upper"], ["twice", "twice"], [""], ["line\nbreak"], ["\U0001f511"]):
        with pytest.raises(StoreNotBuilt):
            write_jks([Entry(alias, b"der", since) for alias in aliases], "changeit")
    written = write_jks([Entry("ttsa01", b"der", since)], "changeit")
    assert read_jks(written, "changeit") == [Entry("ttsa01", b"der", since)]
    for spoiled in (
        written[:-1],
        written + b"x",
        written.replace(b"ttsa01", b"ttsa02"),
        b"",
        b"\xfe\xed\xfe\xed",
    ):
        with pytest.raises(StoreUnreadable):
            read_store(spoiled + b"", "changeit") if spoiled else read_jks(spoiled, "changeit")
    with pytest.raises(StoreUnreadable):
        read_jks(written, "another")
