"""Preparation files and `.csr` files: read strictly, whatever comes."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import CsrInvalid, JobMalformed
from agent.wire.link.preparation import (
    MAX_CSR_FILE_BYTES,
    MAX_PREPARATION_BYTES,
    Preparation,
    csr_file,
    csr_of_file,
)
from agent.wire.pki.keys import make_csr, read_csr
from agent.wire.pki.names import ehealth_dn

DN = ehealth_dn("SSIN", "85273003371", "Giulia De Luca", None)
GOOD = Preparation("AAECAwQFBgcICQoLDA0ODw", "https://certificates.example.org", "acceptance", DN)


def _changed(**changes: object) -> bytes:
    return json.dumps(json.loads(GOOD.to_json()) | changes).encode()


def test_what_is_written_is_read_back() -> None:
    assert Preparation.from_json(GOOD.to_json()) == GOOD


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        _changed(version=2),
        _changed(version=True),
        _changed(kind="request-certificate"),
        _changed(id="../../etc/passwd"),
        _changed(id="AAECAwQFBgcICQoLDA0OD"),
        _changed(server="https://certificates.example.org/"),
        _changed(server="ftp://certificates.example.org"),
        _changed(server="file:///etc"),
        _changed(environment="test"),
        _changed(dn="CN=Giulia"),
        _changed(dn=ehealth_dn("CBE", "0406798006", "Hospital", None)),
        _changed(dn=ehealth_dn("SSIN", "85273003371", "Giulia", "APP")),
        _changed(dn=DN + "x" * 2000),
        _changed(extra=1),
        GOOD.to_json().replace(b'"version": 1', b'"version": 1, "version": 1'),
        GOOD.to_json() + b" " * MAX_PREPARATION_BYTES,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(JobMalformed):
        Preparation.from_json(data)


@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(JobMalformed):
        Preparation.from_json(data)


@pytest.fixture(scope="module")
def csr() -> bytes:
    return make_csr(rsa.generate_private_key(65537, 2048), DN)


def test_a_csr_file_is_pem_or_der(csr: bytes) -> None:
    assert csr_of_file(csr_file(csr)) == csr
    assert csr_of_file(csr_file(csr).replace(b"\n", b"\r\n")) == csr
    assert csr_of_file(csr_file(csr).replace(b"CERTIFICATE", b"NEW CERTIFICATE")) == csr
    assert csr_of_file(csr) == csr
    assert read_csr(csr_of_file(csr_file(csr))).dn == DN


def test_other_files_are_no_csr(csr: bytes) -> None:
    pem = csr_file(csr)
    for data in (
        pem + pem,
        pem.replace(b"REQUEST", b"QUEST"),
        pem.replace(b"M", b"!", 1),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"x" * (MAX_CSR_FILE_BYTES + 1),
    ):
        with pytest.raises(CsrInvalid):
            csr_of_file(data)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_csr_reader(data: bytes) -> None:
    with pytest.raises(CsrInvalid):
        read_csr(csr_of_file(b"-----" + data))
    with pytest.raises(CsrInvalid):
        read_csr(csr_of_file(data))
