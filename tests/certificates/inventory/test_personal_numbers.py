"""The national number of a personal certificate: in no column, no event and no file name in clear."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from django.db import connection

from agent.wire.pki.names import ehealth_dn
from organisations import ssin
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import stored, take, upload
from tests.certificates.samples import certificate, der, ehealth, pem, plain_name
from tests.certificates.stages import signed
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

NUMBER = "85073003328"
SPELLINGS = (NUMBER, "85.07.30-033.28", "85 07 30 033 28")


def every_cell(hospital: Hospital) -> list[tuple[str, str]]:
    """Return (table, row as text) of every row that this tenant can see, in raw SQL; bytes as their own text."""
    with acting_for([hospital.organisation.pk], as_platform=True), connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [str(name) for (name,) in cursor.fetchall()]
        found: list[tuple[str, str]] = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # names from the catalogue
            for row in cursor.fetchall():
                found.append((table, " ".join(as_text(cell) for cell in row)))
    return found


def as_text(cell: Any) -> str:
    if isinstance(cell, (bytes, memoryview)):
        return bytes(cell).decode("latin-1")
    return str(cell)


def assert_nowhere(hospital: Hospital) -> None:
    cells = every_cell(hospital)
    assert len({table for table, _ in cells}) >= 8, "there is something to look at"
    for table, text in cells:
        for spelling in SPELLINGS:
            assert spelling not in text, table


PERSONAL = [
    ehealth("SSIN", NUMBER, "An Marie Peeters"),
    certificate(ehealth_dn("SSIN", NUMBER, f"An {NUMBER} Peeters", "APP")),
    # An identity card's own certificate: no eHealth name, but the number is its serialNumber attribute.
    certificate(
        x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "An Peeters (Authentication)"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, NUMBER),
            ]
        ),
        issuer=plain_name(f"CA of {NUMBER}"),
    ),
    certificate(plain_name("An 85.07.30-033.28 Peeters")),
]


@pytest.mark.parametrize("one", PERSONAL, ids=["personal", "in the name", "identity card", "written apart"])
def test_an_imported_certificate_shows_no_number(hospital: Hospital, one: x509.Certificate) -> None:
    batch = upload(hospital, [(f"SSIN={NUMBER} 20200827-144621.pem", pem(one))])
    assert_nowhere(hospital)
    assert take(hospital, batch, {"0"}) == 1
    assert_nowhere(hospital)
    [found] = stored(hospital)
    assert found.der == der(one), "sealed, and whole"
    assert "28" in found.common_name + found.subject


def test_a_personal_certificate_is_found_by_its_index(hospital: Hospital) -> None:
    take(hospital, upload(hospital, [("x.pem", pem(PERSONAL[0]))]), {"0"})
    [found] = stored(hospital)
    assert (found.identifier_type, found.identifier_value) == ("SSIN", "")
    assert found.ssin_index == ssin.index_of(NUMBER)
    assert found.common_name == "SSIN=••.••.••-•••.28"


def test_a_whole_request_leaves_no_number(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = signed(hospital, holder)
    assert_nowhere(hospital)
    request = hospital.step(hospital.step(request))
    assert request.certificate is not None, request.problem
    assert_nowhere(hospital)
