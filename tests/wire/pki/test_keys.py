import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent.wire.errors import CsrInvalid
from agent.wire.pki.keys import make_csr, public_key_identifier, read_csr
from agent.wire.pki.names import name_from_dn, same_name
from tests.wire.conftest import DN


def _der(
    builder: x509.CertificateSigningRequestBuilder, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_request_reads_back(key: rsa.RSAPrivateKey, csr: bytes) -> None:
    facts = read_csr(csr)
    assert same_name(facts.dn, DN)
    assert facts.public_key == key.public_key()
    bits = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert facts.public_key_identifier == hashlib.sha1(bits, usedforsecurity=False).hexdigest()
    assert public_key_identifier(key.public_key()) == facts.public_key_identifier
    assert not list(x509.load_der_x509_csr(csr).attributes)


def test_every_changed_byte_is_noticed(csr: bytes) -> None:
    for index in range(0, len(csr), 7):
        broken = bytearray(csr)
        broken[index] ^= 1
        with pytest.raises(CsrInvalid):
            read_csr(bytes(broken))


def test_other_keys_and_wishes_are_refused(key: rsa.RSAPrivateKey, csr: bytes) -> None:
    name = name_from_dn(DN)
    builder = x509.CertificateSigningRequestBuilder(subject_name=name)
    refused = [
        _der(builder, rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505  is refused
        _der(builder, ec.generate_private_key(ec.SECP256R1())),
        _der(builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True), key),
        builder.sign(key, hashes.SHA512()).public_bytes(serialization.Encoding.DER),
        csr + b"\x00",
        csr[:-1],
        b"",
        b"\x30" * 9000,
    ]
    for der in refused:
        with pytest.raises(CsrInvalid):
            read_csr(der)


@pytest.mark.parametrize("version", [1, 2, 3, 77, 127, 255])
def test_a_version_that_does_not_exist_is_refused(csr: bytes, version: int) -> None:
    place = csr.index(b"\x02\x01\x00")
    with pytest.raises(CsrInvalid):
        read_csr(csr[: place + 2] + bytes([version]) + csr[place + 3 :])


def test_a_request_of_our_own_is_small(key: rsa.RSAPrivateKey) -> None:
    assert len(make_csr(key, DN)) < 1024
