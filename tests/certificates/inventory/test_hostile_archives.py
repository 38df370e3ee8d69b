"""Archives that strangers make: each is read within bounds, and each entry that is not read has its reason."""

import io
import struct
import zipfile

import pytest
from django.utils import translation

from certificates.domain.files import MAX_FILE_BYTES
from certificates.services.inventory import archives, consignments
from certificates.services.inventory.imports import PROBLEMS
from tests.certificates.inventory.large import archive, findings, read
from tests.certificates.samples import ehealth, pem
from tests.certificates.stages import tag
from tests.support.hospital import make_hospital

pytestmark = pytest.mark.django_db
GOOD = pem(ehealth(application_id=tag()))


def encrypted() -> bytes:
    """An archive whose entries say that they are encrypted, in both places in which they say it."""
    made = bytearray(archive({"secret.pem": GOOD}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(signature) + offset] |= 1
    return bytes(made)


def damaged() -> bytes:
    made = bytearray(archive({"broken.pem": GOOD}, how=zipfile.ZIP_STORED))
    made[made.index(GOOD) + 40] ^= 0xFF
    return bytes(made)


def lying() -> bytes:
    """An entry that says it is small and is not."""
    made = bytearray(archive({"small.pem": b" " * (MAX_FILE_BYTES + 10)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", made, made.index(signature) + offset, 100)
    return bytes(made)


CASES = [
    (archive({"bomb.pem": b"\0" * (8 * MAX_FILE_BYTES)}), "bomb.pem", "too_large"),
    (lying(), "small.pem", "entry_damaged"),
    (archive({"../../etc/passwd": GOOD}), "../../etc/passwd", "outside"),
    (archive({"/root/a.pem": GOOD}), "/root/a.pem", "outside"),
    (archive({"C:\\a.pem": GOOD}), "C:\\a.pem", "outside"),
    (archive({"inner.zip": archive({"a.pem": GOOD})}), "inner.zip", "nested"),
    (encrypted(), "secret.pem", "encrypted"),
    (damaged(), "broken.pem", "entry_damaged"),
    (archive({"b.pem": GOOD}, how=zipfile.ZIP_BZIP2), "b.pem", "compression"),
    (archive({"l.pem": GOOD}, how=zipfile.ZIP_LZMA), "l.pem", "compression"),
    (archive({"a.pem": GOOD})[:-30], "sent.zip", "archive_damaged"),
    (b"PK\x03\x04" + b"\0" * 500, "sent.zip", "archive_damaged"),
    (archive({"key.p12": b"\x30\x82\x01\x00\x02\x01\x03"}), "key.p12", "private_key"),
    (archive({"SSIN=85073003328 20200827-144621.pem": b"x"}), "SSIN=••.••.••-•••.28 20200827-144621.pem", "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "problem"), CASES, ids=[f"{one[2]}-{one[1][:8]}" for one in CASES]
)
def test_each_has_its_reason_and_the_others_are_read(content: bytes, name: str, problem: str) -> None:
    hospital = make_hospital()
    found = read(hospital, ("sent.zip", content), ("good.pem", GOOD))
    assert (found.state, found.counts) == ("to_decide", {"unreadable": 1, "not_recognised": 1})
    assert findings(hospital, found) == [(name, "unreadable", problem), ("good.pem", "not_recognised", "")]
    said = []
    for language in ("nl", "fr", "de", "en"):
        with translation.override(language):
            said.append(str(PROBLEMS[problem]))
    assert len(set(said)) == 4


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = make_hospital()
    content = archive({f"{number}.pem": GOOD for number in range(5)})
    monkeypatch.setattr(archives, "MAX_ENTRIES", 4)
    assert findings(hospital, read(hospital, ("a.zip", content))) == [
        ("a.zip", "unreadable", "archive_too_many")
    ]
    monkeypatch.setattr(archives, "MAX_ENTRIES", 5)
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 100)
    assert findings(hospital, read(hospital, ("a.zip", content))) == [
        ("a.zip", "unreadable", "archive_too_many")
    ]


@pytest.mark.parametrize(
    ("limit", "most"),
    [("MAX_UNPACKED", 2 * len(GOOD)), ("MAX_CERTIFICATES", 2), ("MAX_ENTRIES", 2)],
    ids=["bytes", "certificates", "entries"],
)
def test_too_much_altogether_ends_the_reading(limit: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = make_hospital()
    monkeypatch.setattr(consignments, limit, most)
    content = archive({f"{number}.pem": pem(ehealth(application_id=tag())) for number in range(9)})
    found = read(hospital, ("a.zip", content))
    assert (found.state, found.counts["unreadable"]) == ("to_decide", 1)
    assert findings(hospital, found)[-1][1:] == ("unreadable", "too_much")
    assert 1 <= found.counts["not_recognised"] <= 3


def test_bytes_are_read_across_pieces() -> None:
    content = bytes(range(256)) * 4
    for size in (1, 7, 256, 1024, 5000):
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        for start, length in ((0, len(content)), (10, 500), (255, 1)):
            sent = archives.Sent(pieces.__getitem__, start=start, size=length, piece_size=size)
            reading = io.BufferedReader(sent, 64)
            assert reading.read() == content[start : start + length]
            assert reading.seek(-1, io.SEEK_END) == length - 1
            assert reading.read(9) == content[start + length - 1 : start + length]
