"""Key stores with odd certificates in them: each is read alone, and nothing of a library reaches the screen."""

import re
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import pkcs12
from agent.language import Texts
from agent.pkcs12 import CertificateEntry, Contents, KeyEntry
from agent.scan.found import opened
from agent.scan.report import ScanPage, report_lines, report_of
from agent.scan.search import scan
from agent.stores.contents import authority_alias, carried_over, encryption_entries, with_authorities
from agent.stores.verification import Verification
from agent.wire.link.installations import InstallationReport
from tests.agent.stores.samples import PASSWORD, full_contents, other_contents
from tests.agent.workstation import Workstation, finish
from tests.support.odd import HOPELESS, ODD, numbered

EVERY = ODD | HOPELESS
NOW = datetime.now(UTC)


class Bytes:
    """What the writer of stores needs of a certificate: its bytes, whatever they are."""

    def __init__(self, der: bytes) -> None:
        self.der = der

    def public_bytes(self, _encoding: Encoding) -> bytes:
        return self.der


def holding(odd: str, contents: Contents) -> bytes:
    """A store whose authentication certificate is odd, with an odd authority beside the good one."""
    first, *others = contents.keys
    assert first.certificate is not None
    strange = cast("x509.Certificate", Bytes(EVERY[odd](first.certificate)))
    entries = (KeyEntry(first.alias, first.key, strange), *others)
    authorities = (*contents.certificates, CertificateEntry("odd", strange))
    return pkcs12.write(Contents(entries, authorities), PASSWORD, "modern")


@pytest.mark.parametrize("odd", EVERY, ids=str)
def test_a_store_with_an_odd_certificate_is_read_looked_at_and_carried_over(odd: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = pkcs12.read(holding(odd, full_contents()), PASSWORD)
        path = tmp_path / "CBE=0406798006,APP 20260101-101500.p12"
        path.write_bytes(b"")
        findings = list(Verification(Texts("en"), path, read, now=NOW).examine())
        assert len(encryption_entries(read)) == 2
        assert len(carried_over(read, other_contents()).keys) == 4
        for entry in read.certificates:
            assert authority_alias(entry.certificate).isprintable()
            with_authorities(other_contents(), [entry.certificate])
    assert findings[0].key == "opened"
    assert [len(read.keys), len(read.certificates) + read.foreign >= 2] == [3, True]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd=st.lists(st.sampled_from(list(EVERY)), min_size=1, max_size=3, unique=True))
def test_a_good_store_is_reported_beside_any_odd_one(odd: list[str], tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("stores")
    files = {f"odd {number}.p12": holding(name, full_contents()) for number, name in enumerate(odd)}
    files["good.p12"] = pkcs12.write(other_contents(), PASSWORD, "modern")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    found = scan([folder])
    stores = tuple(opened(one, pkcs12.read(one.path.read_bytes(), PASSWORD)) for one in found.stores)
    assert len(stores) == len(files)
    report = report_of(type(found)(found.folders, stores), machine="desk", package=None)
    _report, left_out = InstallationReport.with_left_out(report.to_json())
    assert (left_out, report) == ((), InstallationReport.from_json(report.to_json()))
    [good] = [one for one in report.installations if one.path.endswith("good.p12")]
    assert good.fingerprint is not None
    assert good.subject is not None
    assert all("\n" not in line for line in report_lines(report, Texts("nl")))
    assert list(ScanPage(Texts("nl"), type(found)(found.folders, stores), NOW).lines())


def test_a_serial_number_that_nobody_else_gives_is_sent_or_left_out_alone(tmp_path: Path) -> None:
    good = full_contents().keys[0]
    assert good.certificate is not None
    for name, serial in (("minus.p12", b"\xff\x01"), ("huge.p12", b"\x7f" * 60)):
        strange = cast("x509.Certificate", Bytes(numbered(serial)(good.certificate)))
        store = pkcs12.write(Contents((KeyEntry(good.alias, good.key, strange),), ()), PASSWORD, "modern")
        (tmp_path / name).write_bytes(store)
    found = scan([tmp_path])
    stores = tuple(opened(one, pkcs12.read(one.path.read_bytes(), PASSWORD)) for one in found.stores)
    report = report_of(type(found)(found.folders, stores), machine="desk", package=None)
    assert [one.serial for one in InstallationReport.from_json(report.to_json()).installations] == [
        None,
        "-255",
    ]


def test_no_warning_reaches_the_screen(workstation: Workstation, tmp_path: Path) -> None:
    store = tmp_path / "CBE=0406798006,APP 20260101-101500.p12"
    store.write_bytes(holding("a negative serial number", full_contents()))
    terminal = workstation.spawn("verify", str(store), "--ui", "terminal")
    terminal.expect("Password of the key store[^:]*: ")
    terminal.sendline(PASSWORD)
    _code, screen = finish(terminal)
    assert store.name in screen
    assert not re.search(r"Warning|\.py\b|site-packages", screen), screen


def test_what_never_ends_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.p12").write_bytes(holding("no end", full_contents()))
    found = scan([tmp_path])
    stores = tuple(opened(one, pkcs12.read(one.path.read_bytes(), PASSWORD)) for one in found.stores)
    lines = list(ScanPage(Texts("nl"), type(found)(found.folders, stores), NOW).lines())
    assert any("geen einde" in line for line in lines), lines
