"""Certificates read field by field: what one field holds keeps none of the others from being read."""

import hashlib
import warnings
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.pki.keys import certificate_fingerprint, public_key_identifier
from agent.wire.pki.moments import EARLIEST, NO_END, asn1_moment, within
from agent.wire.pki.names import dn_of
from agent.wire.pki.reading.fields import NotACertificate, read_fields
from agent.wire.pki.reading.loaded import name_of, serial_of
from tests.support.authority import Authority, key
from tests.support.odd import HOPELESS, ODD, named, numbered

AUTHORITY = Authority()
GOOD = AUTHORITY.issue(key(10)).certificate
EVERY = (GOOD, AUTHORITY.root, AUTHORITY.issuing, AUTHORITY.etk_ra)


@pytest.mark.parametrize("certificate", EVERY)
def test_a_good_certificate_says_what_the_library_says(certificate: x509.Certificate) -> None:
    fields = read_fields(certificate.public_bytes(Encoding.DER))
    assert fields.unread == ()
    assert fields.fingerprint == certificate_fingerprint(certificate)
    assert fields.key_identifier == public_key_identifier(certificate.public_key())
    assert fields.serial == certificate.serial_number == serial_of(certificate)
    assert (fields.not_before, fields.not_after) == (
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
    assert fields.subject.rfc4514.replace("=", "").replace("\\", "") == dn_of(certificate.subject).replace(
        "=", ""
    ).replace("\\", "")
    assert fields.subject == name_of(certificate, "subject")
    assert fields.is_self_issued is (certificate.subject == certificate.issuer)
    constraints = [
        one.value.ca for one in certificate.extensions if isinstance(one.value, x509.BasicConstraints)
    ]
    assert fields.is_authority is (constraints == [True])
    named_key = [
        one.value.digest for one in certificate.extensions if isinstance(one.value, x509.SubjectKeyIdentifier)
    ]
    assert fields.subject_key_identifier == b"".join(named_key)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_der_fingerprint_and_dates_are_kept_of_an_odd_one(odd: str) -> None:
    der = ODD[odd](GOOD)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fields = read_fields(der)
    assert fields.der == der
    assert fields.fingerprint == hashlib.sha256(der).hexdigest()
    assert EARLIEST <= fields.not_before <= fields.not_after <= NO_END
    assert all(text.isprintable() for text in (fields.subject.rfc4514, fields.issuer.rfc4514))


@pytest.mark.parametrize("hopeless", HOPELESS, ids=str)
def test_what_is_no_certificate_is_refused(hopeless: str) -> None:
    with pytest.raises(NotACertificate):
        read_fields(HOPELESS[hopeless](GOOD))


@pytest.mark.parametrize(
    ("tag", "text", "shown", "unread"),
    [
        (0x0C, "Fédéral".encode("latin-1"), "F�d�ral", ("subject",)),
        (0x16, "Fédéral".encode("latin-1"), "F�d�ral", ("subject",)),
        (0x14, "Fédéral".encode("latin-1"), "Fédéral", ()),
        (0x1E, "Fédéral".encode("utf-16-be"), "Fédéral", ()),
        (0x0C, "Fédéral".encode(), "Fédéral", ()),
    ],
)
def test_a_mark_stands_for_what_cannot_be_read_and_the_rest_for_itself(
    tag: int, text: bytes, shown: str, unread: tuple[str, ...]
) -> None:
    fields = read_fields(named(tag, text)(GOOD))
    assert fields.subject.values("2.5.4.10") == [shown]
    assert fields.unread == unread
    assert str(fields.certificate_name) == "CBE=0406798006"


def test_a_serial_number_below_zero_is_one() -> None:
    assert read_fields(numbered(b"\xff\x01")(GOOD)).serial == -255
    assert read_fields(numbered(b"\x00")(GOOD)).serial == 0


@pytest.mark.parametrize(
    ("tag", "contents", "moment"),
    [
        (0x17, b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x18, b"20500101000000Z", datetime(2050, 1, 1, tzinfo=UTC)),
        (0x18, b"20291231235959.999999999Z", datetime(2029, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x18, b"20291231235959,5Z", datetime(2029, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x18, b"20291231235959+0130", datetime(2029, 12, 31, 22, 29, 59, tzinfo=UTC)),
        (0x17, b"2912312359Z", datetime(2029, 12, 31, 23, 59, tzinfo=UTC)),
        (0x18, b"99991231235959Z", NO_END),
        (0x18, b"99991231235959-1400", NO_END),
        (0x18, b"00000101000000Z", EARLIEST),
        (0x18, b"00010101000000+1400", EARLIEST),
    ],
)
def test_times_as_authorities_write_them(tag: int, contents: bytes, moment: datetime) -> None:
    assert asn1_moment(tag, contents) == moment


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_can_be_shown_and_counted_with(moment: datetime) -> None:
    kept = within(moment)
    assert EARLIEST <= kept <= NO_END
    assert within(kept) == kept


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(NotACertificate):
        read_fields(content)


DER = GOOD.public_bytes(Encoding.DER)


@given(st.lists(st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_no_damage_raises_anything_else(damage: list[tuple[int, int]]) -> None:
    content = bytearray(DER)
    for place, value in damage:
        content[place] = value
    try:
        fields = read_fields(bytes(content))
    except NotACertificate:
        return
    assert all(
        "\0" not in text
        for text in (fields.common_name, fields.issuer.rfc4514, *fields.crl_urls, *fields.ocsp_urls)
    )
    assert all(0 <= bit < 8 * len(DER) for bit in fields.key_usage)
    assert all("." in purpose for purpose in fields.extended_key_usages)
    assert all(isinstance(text, str) for text in fields.texts())
