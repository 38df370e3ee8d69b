"""A certificate read field by field: what one field holds never keeps the others from being read.

`certificates.read_certificate` is for those whose signature is about to be believed, and takes only what is whole.
This reader is for lists, reports and inventories, in which a strange certificate stands beside good ones.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from agent.wire.errors import NameMalformed
from agent.wire.limits import MAX_DN_CHARACTERS, MAX_LISTED_CERTIFICATE_BYTES
from agent.wire.pki.moments import EARLIEST, asn1_moment
from agent.wire.pki.names import CertificateName, name_in_common_name
from agent.wire.pki.reading.text import (
    COMMON_NAME,
    NameTexts,
    elements,
    is_remembered,
    name_texts,
    oid_of,
    string_of,
)
from agent.wire.pki.unreadable import UNREADABLE

BASIC_CONSTRAINTS: Final = "2.5.29.19"
KEY_USAGE: Final = "2.5.29.15"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
CRL_POINTS: Final = "2.5.29.31"
AUTHORITY_INFORMATION: Final = "1.3.6.1.5.5.7.1.1"
SUBJECT_KEY: Final = "2.5.29.14"
AUTHORITY_KEY: Final = "2.5.29.35"
_OCSP: Final = "1.3.6.1.5.5.7.48.1"

_SEQUENCE, _INTEGER, _BITS, _OCTETS, _OID, _BOOLEAN = 0x30, 0x02, 0x03, 0x04, 0x06, 0x01
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_STRINGS = frozenset({0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E})
_URI = 0x86
_NAMES_IN_CONTEXT = frozenset({0x81, 0x82, _URI})
"""GeneralName (RFC 5280 4.2.1.6): rfc822Name, dNSName, uniformResourceIdentifier."""
_DEEPEST = 12
_VERSION_1 = b"\x02\x01\x00"
_VERSIONS = frozenset({_VERSION_1, b"\x02\x01\x01", b"\x02\x01\x02"})

MAX_SERIAL_OCTETS: Final = 255
"""RFC 5280 4.1.2.2 allows 20; some made by hand have more, and what is longer still is no number that anybody reads."""


class NotACertificate(ValueError):
    """Bytes in which no certificate can be recognised."""


@dataclass(frozen=True)
class CertificateFields:
    """What a certificate says, as far as each field can be read; `unread` names those that cannot, whole or in part.

    Dates are within the range of `moments`; a serial number that cannot be read is 0. `key` is the
    SubjectPublicKeyInfo; extensions are (type, value), in order.
    """

    der: bytes
    serial: int
    issuer: NameTexts
    subject: NameTexts
    issuer_der: bytes
    subject_der: bytes
    not_before: datetime
    not_after: datetime
    key: bytes
    key_identifier: str
    extensions: tuple[tuple[str, bytes], ...]
    unread: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER, 64 lower-case hex digits."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def common_name(self) -> str:
        """The first common name, else the whole name."""
        found = self.subject.values(COMMON_NAME)
        return found[0] if found else self.subject.rfc4514

    @property
    def certificate_name(self) -> CertificateName | None:
        """Whose certificate it is, as an eHealth name says; None for any other name."""
        common = self.subject.values(COMMON_NAME)
        if len(common) != 1 or not self.subject.is_of_ehealth_kind:
            return None
        try:
            return name_in_common_name(common[0]) if len(self.subject.rfc4514) <= MAX_DN_CHARACTERS else None
        except NameMalformed:
            return None

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer, as roots do."""
        return self.subject_der == self.issuer_der

    def public_key(self) -> PublicKeyTypes | None:
        """The key; None for one of a kind or form that cannot be read."""
        try:
            return load_der_public_key(self.key)
        except UNREADABLE:
            return None

    def extension(self, kind: str) -> bytes | None:
        """The value of the first extension of a type."""
        return next((value for name, value in self.extensions if name == kind), None)

    @property
    def is_authority(self) -> bool:
        """Whether its basic constraints say that it issues certificates."""
        value = self.extension(BASIC_CONSTRAINTS)
        return value is not None and any(
            tag == _BOOLEAN and data[:1] != b"\0" and data != b"" for tag, data in _inside(value)
        )

    @property
    def key_usage(self) -> frozenset[int]:
        """The numbers of the bits that are set (RFC 5280 4.2.1.3); empty where it says nothing."""
        return _usage_bits(self.extension(KEY_USAGE) or b"")

    @property
    def extended_key_usages(self) -> tuple[str, ...]:
        """The purposes, as numbers in dots."""
        return _purposes(self.extension(EXTENDED_KEY_USAGE) or b"")

    @property
    def crl_urls(self) -> tuple[str, ...]:
        """Addresses of revocation lists."""
        return _points(self.extension(CRL_POINTS) or b"")

    @property
    def ocsp_urls(self) -> tuple[str, ...]:
        """Addresses of OCSP responders."""
        return _responders(self.extension(AUTHORITY_INFORMATION) or b"")

    @property
    def subject_key_identifier(self) -> bytes:
        """What the certificate calls its key; empty where it does not."""
        return next((data for tag, data in _own(self.extension(SUBJECT_KEY) or b"") if tag == _OCTETS), b"")

    @property
    def authority_key_identifier(self) -> bytes:
        """What it calls its issuer's key; empty where it does not."""
        return next((data for tag, data in _inside(self.extension(AUTHORITY_KEY) or b"") if tag == 0x80), b"")

    def texts(self) -> Iterator[str]:
        """Every name and text in it: subject, issuer, and whatever stands in an extension."""
        for name in (self.subject, self.issuer):
            yield from (value for rdn in name.rdns for _kind, value in rdn)
        for _kind, value in self.extensions:
            yield from _texts(value)


def read_fields(der: bytes) -> CertificateFields:
    """Read a DER certificate field by field. Raises NotACertificate where there is none, or its end is no date."""
    if len(der) > MAX_LISTED_CERTIFICATE_BYTES:
        raise NotACertificate("the certificate is too large")
    try:
        return _read(der)
    except (ValueError, IndexError) as error:
        raise NotACertificate("not a certificate") from error


def _read(der: bytes) -> CertificateFields:
    [(outer, _, inside, end)] = elements(der)
    (tbs, _, content, stop), (algorithm, *_), (signature, *_) = elements(der, inside, end)
    if (outer, tbs, algorithm, signature) != (_SEQUENCE, _SEQUENCE, _SEQUENCE, _BITS):
        raise ValueError("not the three parts of a certificate")
    fields = list(elements(der, content, stop))
    if fields[0][0] == _VERSION:
        version = der[fields[0][2] : fields[0][3]]
        del fields[0]
    else:
        version = _VERSION_1
    serial, _signature, issuer, validity, subject, key = fields[:6]
    if [serial[0], issuer[0], validity[0], subject[0], key[0]] != [_INTEGER, *[_SEQUENCE] * 4]:
        raise ValueError("fields that are not those of a certificate")
    begin, finish = elements(der, validity[2], validity[3])
    names = {"issuer": name_texts(der, *issuer[2:]), "subject": name_texts(der, *subject[2:])}
    unread = [field for field, name in names.items() if not name.whole]
    if version not in _VERSIONS:
        unread.insert(0, "version")
    bits = [element for element in elements(der, *key[2:]) if element[0] == _BITS]
    if len(bits) != 1:
        raise ValueError("no key")
    number = der[serial[2] : serial[3]]
    if not 0 < len(number) <= MAX_SERIAL_OCTETS:
        number = b""
        unread.append("serial")
    try:
        not_before = asn1_moment(begin[0], der[begin[2] : begin[3]])
    except ValueError:
        not_before = EARLIEST  # it says nothing about today, where an end that cannot be read would
        unread.append("not_before")
    extensions: list[tuple[str, bytes]] = []
    for tag, _at, start, after in fields[6:]:
        if tag == _EXTENSIONS:
            try:
                [(_sequence, _a, first, last)] = elements(der, start, after)
                extensions += map(
                    _remembered_extension, [der[a:b] for _t, _x, a, b in elements(der, first, last)]
                )
            except (ValueError, IndexError):
                unread.append("extensions")
    return CertificateFields(
        der=der,
        serial=int.from_bytes(number, "big", signed=True),
        issuer=names["issuer"],
        subject=names["subject"],
        issuer_der=der[issuer[1] : issuer[3]],
        subject_der=der[subject[1] : subject[3]],
        not_before=not_before,
        not_after=asn1_moment(finish[0], der[finish[2] : finish[3]]),
        key=der[key[1] : key[3]],
        key_identifier=hashlib.sha1(der[bits[0][2] + 1 : bits[0][3]], usedforsecurity=False).hexdigest(),
        extensions=tuple(extensions),
        unread=tuple(unread),
    )


def _extension(contents: bytes) -> tuple[str, bytes]:
    parts = list(elements(contents))
    (tag, _, at, end), (octets, _, value_at, value_end) = parts[0], parts[-1]
    if tag != _OID or octets != _OCTETS:
        raise ValueError("not an extension")
    return oid_of(contents[at:end]), contents[value_at:value_end]


def _parts(contents: bytes) -> list[tuple[int, bytes]]:
    """The elements of some contents, empty for what is no DER."""
    try:
        return [(tag, contents[at:end]) for tag, _begin, at, end in elements(contents)]
    except ValueError:
        return []


def _own(value: bytes) -> list[tuple[int, bytes]]:
    return _parts(value)[:1]


def _inside(value: bytes) -> list[tuple[int, bytes]]:
    """The elements of a SEQUENCE."""
    return [part for tag, contents in _own(value) if tag == _SEQUENCE for part in _parts(contents)]


def _oid(contents: bytes) -> str:
    try:
        return oid_of(contents)
    except ValueError:
        return ""


def _uri(contents: bytes) -> str:
    return string_of(0x16, contents)


def _strings(value: bytes, depth: int) -> Iterator[str]:
    for tag, contents in _parts(value) if depth < _DEEPEST else ():
        if tag in _STRINGS:
            yield string_of(tag, contents)
        elif tag in _NAMES_IN_CONTEXT:
            # Seven-bit by the standard; whoever writes other letters there writes UTF-8.
            yield string_of(0x0C, contents)
        elif tag & 0x20 or tag == _OCTETS:
            yield from _strings(contents, depth + 1)


Read = TypeVar("Read")


def _once(read: Callable[[bytes], Read]) -> Callable[[bytes], Read]:
    """Read a value once for all certificates that hold it: those of one authority hold the same, but for the keys.

    Nothing is kept in which a number of a person may stand.
    """
    remembered = lru_cache(maxsize=512)(read)
    return lambda value: remembered(value) if is_remembered(value) else read(value)


def _read_usage(value: bytes) -> frozenset[int]:
    for tag, data in _own(value):
        if tag == _BITS:
            return frozenset(
                8 * at + bit for at, octet in enumerate(data[1:]) for bit in range(8) if octet << bit & 0x80
            )
    return frozenset()


def _read_purposes(value: bytes) -> tuple[str, ...]:
    return tuple(text for tag, data in _inside(value) if tag == _OID and (text := _oid(data)))


def _read_points(value: bytes) -> tuple[str, ...]:
    found: list[str] = []
    for _tag, point in _inside(value):
        for tag, name in _parts(point):
            if tag == 0xA0:  # distributionPoint: fullName [0]
                found += [_uri(uri) for kind, full in _parts(name) if kind == 0xA0
                          for one, uri in _parts(full) if one == _URI]  # fmt: skip
    return tuple(found)


def _read_responders(value: bytes) -> tuple[str, ...]:
    found = []
    for _tag, access in _inside(value):
        parts = list(_parts(access))
        if len(parts) == 2 and _oid(parts[0][1]) == _OCSP and parts[1][0] == _URI:
            found.append(_uri(parts[1][1]))
    return tuple(found)


_usage_bits = _once(_read_usage)
_purposes = _once(_read_purposes)
_points = _once(_read_points)
_responders = _once(_read_responders)
_texts = _once(lambda value: tuple(_strings(value, 0)))
_remembered_extension = _once(_extension)
