"""Taking in an import: reading alone, COPY alone, and both with everything that hangs on a row of the inventory.

Beside the rates stands the processor time of one worker and of its process of PostgreSQL, for each certificate: on a
machine that others use too, it says more.
"""

import os
import resource
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bench.stand import owner_connection, show

SIZES = (3_000, 10_000)
LARGE = 100_000
NAMES = 3_000
"""How many names the certificates bear; as many as there are certificates where those are fewer."""


def measure(*, sizes: tuple[int, ...] = SIZES) -> None:
    """Print rows a second of each part at several sizes, by one worker and by two at once, and a worker's memory."""
    rows = [_one_size(size) for size in sizes]
    head = (
        "certificates",
        "read",
        "read + judge",
        "raw COPY",
        "one worker",
        "two workers",
        "same again",
        "µs worker",
        "µs database",
        "grows by MB",
    )
    show("Taking in, certificates a second (goal: 10,000 by both cores)", head, rows)


def _one_size(size: int) -> tuple[str, ...]:
    from certificates.domain.x509 import read_certificate
    from certificates.services.inventory.chains import Chains
    from tests.support.hospital import make_hospital

    ders = make(size)
    read = _rate(size, lambda: [read_certificate(der) for der in ders])

    def judge() -> None:
        chains = Chains([_authority()[0]])
        for der in ders:
            chains.judge(read_certificate(der))

    judged = _rate(size, judge)
    alone, together = make_hospital(), make_hospital()
    organisation = str(alone.organisation.pk)
    before, ours, theirs = _memory(), time.process_time(), _backend_seconds()
    one = _rate(size, lambda: take_in(organisation, ders))
    grown = _memory() - before
    costs = [seconds / size * 1e6 for seconds in (time.process_time() - ours, _backend_seconds() - theirs)]
    with owner_connection() as owner:
        owner.execute("ANALYZE certificates_certificate")
    again = _rate(size, lambda: take_in(organisation, ders))
    copied = _rate(size, lambda: _raw_copy(organisation))
    other = str(together.organisation.pk)
    two = _rate(size, lambda: _by_two(other, ders))
    with owner_connection() as owner:
        [(found,)] = owner.execute("SELECT count(*) FROM certificates_certificate").fetchall()
        assert found == 2 * size, found
        owner.execute("DELETE FROM certificates_certificate")
    rates = (read, judged, copied, one, two, again, *costs, grown)
    return (f"{size:,}", *(f"{one:,.0f}" for one in rates))


def take_in(organisation: str, ders: Sequence[bytes]) -> None:
    """Read and take in, a thousand in a transaction, as workers do."""
    from uuid import UUID

    from certificates.domain.lifecycle import Environment
    from certificates.domain.x509 import read_certificate
    from certificates.services.inventory.add_certificates import AT_ONCE, Arrival, add_certificates
    from organisations.services.audit import Actor
    from organisations.tenancy import acting_for

    chain, intake = [_authority()[0]], uuid4()
    for start in range(0, len(ders), AT_ONCE):
        with acting_for([UUID(organisation)], as_platform=True):
            add_certificates(
                UUID(organisation),
                (
                    Arrival(read_certificate(der), Environment.PRODUCTION, chain, True)
                    for der in ders[start : start + AT_ONCE]
                ),
                source="imported",
                taken_in_with=intake,
                actor=Actor.platform(),
                now=datetime.now(UTC),
            )


def _by_two(organisation: str, ders: Sequence[bytes]) -> None:
    """Let two processes take half each, as two workers would."""
    from django.db import connections

    connections.close_all()
    middle = len(ders) // 2
    children = []
    for half in (ders[:middle], ders[middle:]):
        child = os.fork()
        if not child:
            code = 1
            try:
                take_in(organisation, half)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]


def _raw_copy(organisation: str) -> None:
    """Put the same rows by COPY alone into a table with the same indexes, without triggers and policies."""
    with owner_connection() as owner:
        columns = [row[0] for row in owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'certificates_certificate'::regclass AND attnum > 0"
            " AND NOT attisdropped"
        ).fetchall()]  # fmt: skip
        names = ", ".join(columns)
        owner.execute("CREATE TABLE IF NOT EXISTS raw (LIKE certificates_certificate INCLUDING ALL)")
        content: list[Any] = []
        with owner.cursor() as cursor:
            rows = f"SELECT {names} FROM certificates_certificate WHERE organisation_id = '{organisation}'"  # noqa: S608  # ours
            with cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT BINARY)") as copying:
                content.extend(bytes(block) for block in copying)
            global _reading
            began = time.perf_counter()
            with cursor.copy(f"COPY raw ({names}) FROM STDIN (FORMAT BINARY)") as copying:
                for block in content:
                    copying.write(block)
        _reading = time.perf_counter() - began
        owner.execute("DROP TABLE raw")


_reading = 0.0


def _rate(size: int, work: Any) -> float:
    global _reading
    _reading = 0.0
    began = time.perf_counter()
    work()
    return size / (_reading or time.perf_counter() - began)


def _backend_seconds() -> float:
    """Return the processor time that our connection's process of PostgreSQL has had, where it is on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        place = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not place.exists():
        return 0.0
    fields = place.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


_made: dict[str, Any] = {}


def _authority() -> tuple[bytes, Any]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from tests.certificates.samples import AUTHORITY, certificate, der, plain_name

    if "authority" not in _made:
        key = rsa.generate_private_key(65537, 2048)
        issued = certificate(
            plain_name("Issuing CA"),
            issuer=plain_name("Root"),
            public_key=key.public_key(),
            extensions=(AUTHORITY,),
        )
        _made["authority"] = der(issued), key
    return _made["authority"]  # type: ignore[no-any-return]


def make(size: int) -> list[bytes]:
    """Return so many certificates (DER) of one authority, as the government's look."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import ExtendedKeyUsageOID

    from agent.wire.pki.names import ehealth_dn, name_from_dn
    from tests.certificates.samples import plain_name

    _der, signer = _authority()
    issuer = plain_name("Issuing CA")
    key = rsa.generate_private_key(65537, 2048).public_key()
    point = x509.DistributionPoint(
        [x509.UniformResourceIdentifier("http://crl.example.test/issuing.crl")], None, None, None
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    now = datetime.now(UTC).replace(microsecond=0)
    made = []
    for number in range(size):
        name = ehealth_dn("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal", f"APP{number % NAMES}")
        builder = (
            x509.CertificateBuilder()
            .subject_name(name_from_dn(name))
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=1086, seconds=-number))
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        )
        made.append(builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER))
    return made
