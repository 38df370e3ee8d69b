"""Odd certificates: each is like a good one but for one field that no standard allows, or that few programs read."""

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.pki.der import children, retagged

SERIAL, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = 1, 3, 4, 5, 6, 7
"""Numbers of the fields of a TBSCertificate of version 3 (RFC 5280 4.1)."""
_SEQUENCE, _SET, _OID, _UTF8 = 0x30, 0x31, 0x06, 0x0C


def sequence(*parts: bytes) -> bytes:
    return retagged(_SEQUENCE, b"".join(parts))


def with_field(certificate: x509.Certificate | bytes, number: int, element: bytes) -> bytes:
    """The DER with another field in its place; its signature holds no more."""
    der = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    tbs, algorithm, signature = children(der)
    fields = children(tbs)
    fields[number:] = [element, *fields[number + 1 :]]
    return sequence(sequence(*fields), algorithm, signature)


def name(*values: tuple[bytes, int, bytes]) -> bytes:
    """A Name of (object identifier, string tag, contents)."""
    return sequence(
        *(retagged(_SET, sequence(retagged(_OID, oid), retagged(tag, text))) for oid, tag, text in values)
    )


CN, ORGANISATION, OU = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x04\x0b"


def named(tag: int, text: bytes) -> Callable[[x509.Certificate], bytes]:
    """A certificate of an eHealth name whose organisation is spelled in an odd way."""

    def made(good: x509.Certificate) -> bytes:
        odd = name((ORGANISATION, tag, text), (OU, _UTF8, b"CBE=0406798006"), (CN, _UTF8, b"CBE=0406798006"))
        return with_field(good, SUBJECT, odd)

    return made


def ending(tag: int, contents: bytes) -> Callable[[x509.Certificate], bytes]:
    return lambda good: with_field(
        good, VALIDITY, sequence(retagged(0x17, b"240101000000Z"), retagged(tag, contents))
    )


def numbered(contents: bytes) -> Callable[[x509.Certificate], bytes]:
    return lambda good: with_field(good, SERIAL, retagged(0x02, contents))


def extended(*extensions: tuple[bytes, bytes]) -> Callable[[x509.Certificate], bytes]:
    """A certificate with extensions of (object identifier, value)."""
    made = sequence(*(sequence(retagged(_OID, oid), retagged(0x04, value)) for oid, value in extensions))
    return lambda good: with_field(good, EXTENSIONS, retagged(0xA3, made))


KEY_USAGE, POLICIES = b"\x55\x1d\x0f", b"\x55\x1d\x20"
_NOTICE = b"\x2b\x06\x01\x05\x05\x07\x02\x02"
LATIN_POLICY = sequence(
    sequence(
        retagged(_OID, b"\x2a\x03"),
        sequence(
            sequence(retagged(_OID, _NOTICE), sequence(retagged(_UTF8, "conformément".encode("latin-1"))))
        ),
    )
)

ODD: dict[str, Callable[[x509.Certificate], bytes]] = {
    "latin-1 in a UTF8String": named(0x0C, "Fédéral".encode("latin-1")),
    "an accent in an IA5String": named(0x16, "Fédéral".encode("latin-1")),
    "an accent in a T61String": named(0x14, "Fédéral".encode("latin-1")),
    "half a character in a BMPString": named(0x1E, b"\x00F\xd8"),
    "a number for a name": named(0x02, b"\x05"),
    "controls in a name": named(0x0C, b"a\x00b\nc"),
    "a negative serial number": numbered(b"\xff\x01"),
    "a serial number of zero": numbered(b"\x00"),
    "a serial number of sixty octets": numbered(b"\x7f" * 60),
    "the longest serial number": numbered(b"\x81" + b"\x7f" * 254),
    "a serial number without end": numbered(b"\x7f" * 300),
    "an empty serial number": numbered(b""),
    "a version that does not exist": lambda good: with_field(good, 0, b"\xa0\x03\x02\x01\x4c"),
    "a version that is no number": lambda good: with_field(good, 0, b"\xa0\x02\x05\x00"),
    "no end": ending(0x18, b"99991231235959Z"),
    "an end with a fraction": ending(0x18, b"20291231235959.25Z"),
    "an end in another zone": ending(0x18, b"20291231235959+0130"),
    "an end without seconds": ending(0x17, b"2912312359Z"),
    "a key usage that is none": extended((KEY_USAGE, b"\x04\x02ab")),
    "an extension cut off": extended((KEY_USAGE, b"\x03\x05\x00")),
    "the same extension twice": extended((KEY_USAGE, b"\x03\x02\x05\xa0"), (KEY_USAGE, b"\x03\x02\x05\xa0")),
    "latin-1 in a policy": extended((POLICIES, LATIN_POLICY)),
    "a key of an unknown kind": lambda good: with_field(
        good, KEY, sequence(sequence(retagged(_OID, b"\x2a\x03\x04")), b"\x03\x03\x00ab")
    ),
}
"""What can still be taken in, with a mark or without."""

HOPELESS: dict[str, Callable[[x509.Certificate], bytes]] = {
    "an end that is no date": ending(0x17, b"yesterday"),
    "no serial number at all": lambda good: with_field(good, SERIAL, b"\x05\x00"),
    "no key": lambda good: with_field(good, KEY, sequence(b"\x05\x00")),
}
"""What is refused, alone and with a reason."""
