"""A panic inside a library in Rust is no Exception in Python: every door takes it for bytes that it cannot read."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from agent.wire.errors import CsrInvalid
from agent.wire.pki.certificates import load_certificate, read_certificate, readable
from agent.wire.pki.keys import read_csr
from agent.wire.pki.reading.fields import read_fields
from agent.wire.pki.unreadable import PANICS, UNREADABLE, UNREADABLE_NAME
from tests.environment import ROOT
from tests.support.authority import Authority, key

GOOD = Authority().issue(key(10)).certificate
DER = GOOD.public_bytes(serialization.Encoding.DER)


def panicking(*_arguments: object, **_names: object) -> None:
    raise PANICS[0]("called `Option::unwrap()` on a `None` value")


def test_the_class_is_known_and_is_no_exception() -> None:
    assert PANICS
    for kind in PANICS:
        assert (kind.__module__, kind.__name__) == ("pyo3_runtime", "PanicException")
        assert not issubclass(kind, Exception)
    for together in (UNREADABLE, UNREADABLE_NAME):
        assert set(PANICS) < set(together)


def test_what_ends_a_process_is_not_among_them() -> None:
    for ends in (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        assert not issubclass(ends, UNREADABLE_NAME)


@pytest.mark.parametrize(
    ("called", "door", "raised"),
    [
        ((x509, "load_der_x509_certificate"), lambda: load_certificate(DER), ValueError),
        ((x509, "load_der_x509_certificate"), lambda: read_certificate(DER), ValueError),
        ((x509, "load_der_x509_csr"), lambda: read_csr(b"0"), CsrInvalid),
    ],
    ids=["a certificate", "a whole certificate", "a request"],
)
def test_a_door_refuses_what_the_library_panics_over(
    monkeypatch: pytest.MonkeyPatch,
    called: tuple[object, str],
    door: Callable[[], object],
    raised: type[Exception],
) -> None:
    monkeypatch.setattr(*called, panicking)
    with pytest.raises(raised):
        door()


def test_one_that_it_panics_over_takes_nothing_from_those_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    load = x509.load_der_x509_certificate

    def some(der: bytes) -> x509.Certificate:
        if der == b"odd":
            panicking()
        return load(der)

    monkeypatch.setattr(x509, "load_der_x509_certificate", some)
    assert readable([b"odd", DER, b"odd"]) == [GOOD]


def test_a_key_that_it_panics_over_is_a_key_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.wire.pki.reading.fields.load_der_public_key", panicking)
    fields = read_fields(DER)
    assert fields.public_key() is None
    assert fields.certificate_name is not None


def test_no_other_list_of_what_the_libraries_raise_stands_in_the_house() -> None:
    """Whoever names one of the library's own errors beside others keeps a list of his own, which will lack some."""
    own = {"UnsupportedAlgorithm", "InternalError", "InvalidVersion", "DuplicateExtension"}
    places = []
    for folder in ("agent", "certificates", "organisations", "ehportal"):
        for path in sorted(Path(ROOT, folder).rglob("*.py")):
            if path.name == "unreadable.py":
                continue
            names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
            places += [str(path)] * bool(names & own)
    assert places == []
