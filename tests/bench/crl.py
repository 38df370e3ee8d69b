"""Judging all certificates of an issuer by one list: its entries into rows, who is named, and who stays good."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from tests.bench.stand import owner_connection, show

SIZES = (3_000, 10_000, 100_000)
MILLION = 1_000_000
ORGANISATIONS = 200
LISTED = 50
"""One certificate in so many stands on the list."""
NEW = 5
"""Of those listed so many are news: what becomes revoked is written one by one, with its line in the record."""


def measure(*, sizes: tuple[int, ...] = SIZES) -> None:
    """Print the time of each part at several sizes, beside the same by one plain statement of the owner."""
    from django.conf import settings

    from tests.bench.pages import fill
    from tests.support.hospital import make_hospital
    from tests.support.responder import World

    world = World("http://127.0.0.1:1")
    hospital = make_hospital()
    fill(hospital.organisation, 1)
    rows = []
    settings.CERTRA_ANCHORS = {"production": [], "acceptance": []}
    for size in sizes:
        rows.append(_one_size(world, size))
    head = (
        "certificates",
        "entries",
        "raw COPY",
        "entries in",
        "raw join",
        "named",
        "raw UPDATE",
        "first time",
        "whole pass",
        "ms a revocation",
    )
    show("One list against all certificates of its issuer, in seconds", head, rows)


def _one_size(world: Any, size: int) -> tuple[str, ...]:
    from django.db import connection

    from certificates.domain.lifecycle import Environment
    from certificates.models import RevocationList
    from certificates.services.status import judge_by_lists as judging

    kept, issuers, crl = _lay_out(world, size)
    production = Environment.PRODUCTION
    copied = _seconds(lambda: _raw_copy(size // LISTED))
    entries = _seconds(lambda: judging._write_entries(kept, crl))
    with owner_connection() as owner:
        owner.execute("VACUUM ANALYZE certificates_certificate, certificates_listedcertificate")
        joined = _seconds(lambda: owner.execute(
            "SELECT c.id FROM certificates_listedcertificate e JOIN certificates_certificate c ON c.serial = e.serial"
            " WHERE c.revocation_status <> 'revoked'"
        ).fetchall())  # fmt: skip

        def named() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT * FROM ehportal_listed(%s, %s, %s)", [kept.pk, issuers, production.value]
                )
                cursor.fetchall()

        found = _seconds(named)
        updated = _seconds(lambda: owner.execute(
            "UPDATE certificates_certificate c SET revocation_checked_at = now(), next_attempt_at = now() + interval"
            " '1 day' WHERE revocation_status = 'good' AND NOT EXISTS (SELECT 1 FROM certificates_listedcertificate e"
            " WHERE e.serial = c.serial)"
        ))  # fmt: skip
        owner.execute("VACUUM ANALYZE certificates_certificate")
        first = _seconds(lambda: judging._date(kept.pk, issuers, production))
        owner.execute("VACUUM ANALYZE certificates_certificate")
    with mock.patch.object(judging, "_is_trusted", _always):  # its calls are the network's
        # A new edition with news, and one more without.
        RevocationList.objects.update(entries_digest="")
        news = _seconds(lambda: judging.judge_by_list(kept.pk, now=datetime.now(UTC)))
        RevocationList.objects.update(entries_digest="")
        whole = _seconds(lambda: judging.judge_by_list(kept.pk, now=datetime.now(UTC)))
    taken = (copied, entries, joined, found, updated, first, whole)
    each = (news - whole) * 1000 / (size // (LISTED * NEW))
    return (f"{size:,}", f"{size // LISTED:,}", *(f"{one:.2f}" for one in taken), f"{each:.0f}")


def _always(_issuer: bytes, environment: Any, *, asking: bool) -> bool:
    return bool(environment == "production")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _raw_copy(entries: int) -> None:
    """The same rows by COPY alone, into a table of the same shape."""
    with owner_connection() as owner:
        owner.execute("CREATE TEMP TABLE raw (LIKE certificates_listedcertificate INCLUDING ALL)")
        columns = "list_id, serial, revoked_at, reason, is_final"
        with owner.cursor() as cursor, cursor.copy(f"COPY raw ({columns}) FROM STDIN") as copying:
            for number in range(entries):
                copying.write_row(
                    ("00000000-0000-0000-0000-000000000000", f"{number:032x}", datetime.now(UTC), "", True)
                )


def _lay_out(world: Any, size: int) -> tuple[Any, list[str], Any]:
    """Stand so many certificates of one issuer in many organisations, and a list with some of them."""
    from cryptography import x509

    from certificates.models import Certificate, Issuer, RevocationList
    from certificates.services.status.shared_answers import SharedAnswers
    from certificates.trust.anchors import asn1_of
    from certificates.trust.shelf import edition_of, list_key
    from tests.certificates.samples import der

    address = f"{world.base}/issuing.crl"
    with owner_connection() as owner:
        owner.execute("DELETE FROM certificates_revocationlist")
        [(first,)] = owner.execute(
            "SELECT id FROM certificates_certificate ORDER BY created_at LIMIT 1"
        ).fetchall()
        owner.execute("DELETE FROM certificates_certificate WHERE id <> %s", [first])
        owner.execute(
            "INSERT INTO organisations_organisation (id, name, language, key_store_software, created_at,"
            " reminders_due_at) SELECT gen_random_uuid(), 'Organisation ' || n, 'nl', model.key_store_software, now(),"
            " now() + interval '1 day'"
            " FROM generate_series(2, %s) AS n, (SELECT * FROM organisations_organisation LIMIT 1) AS model"
            " WHERE (SELECT count(*) FROM organisations_organisation) < 2",
            [ORGANISATIONS],
        )
        [issuer] = Issuer.objects.keep([der(world.issuing)])
        known = f"n % {LISTED} = 0 AND n % {LISTED * NEW} <> 0"
        made = {
            "id": "gen_random_uuid()",
            "organisation_id": "tenant.id",
            "fingerprint": "md5(n::text) || md5('f' || n)",
            # As 16 random bytes; the list is made of the same numbers.
            "serial": "'1' || substr(md5('serial' || n), 2)",
            "environment": "'production'",
            "issuers": f"ARRAY['{issuer}']",
            "crl_urls": f"'[\"{address}\"]'::jsonb",
            "revocation_status": f"CASE WHEN {known} THEN 'revoked' ELSE 'good' END",
            "revoked_at": f"CASE WHEN {known} THEN now() END",
            "not_after": "now() + interval '1 year'",
            "next_attempt_at": "now() + interval '1 hour'",
            "judged_by": "NULL::uuid",
        }
        columns = [str(field.column) for field in Certificate._meta.concrete_fields]
        values = ", ".join(made.get(column, f"model.{column}") for column in columns)
        owner.execute(
            f"INSERT INTO certificates_certificate ({', '.join(columns)}) SELECT {values}"  # noqa: S608  # ours
            " FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM organisations_organisation) AS tenant,"
            f" certificates_certificate AS model, generate_series(1, {size}) AS n"
            f" WHERE tenant.place = n % {ORGANISATIONS} AND model.id = '{first}'"
        )
        listed = owner.execute(
            "SELECT '1' || substr(md5('serial' || n), 2) FROM generate_series(%(step)s::int, %(size)s::int,"
            " %(step)s::int) AS n",
            {"step": LISTED, "size": size},
        ).fetchall()
    builder = x509.CertificateRevocationListBuilder().issuer_name(world.issuing.subject)
    builder = builder.last_update(datetime.now(UTC) - timedelta(hours=1))
    builder = builder.next_update(datetime.now(UTC) + timedelta(days=7))
    content = world_list(world, builder, [int(serial, 16) for (serial,) in listed])
    crl = x509.load_der_x509_crl(content)
    edition = edition_of(crl)
    assert edition is not None
    key = list_key(address, asn1_of(world.issuing))
    SharedAnswers().keep(key, content, ends=edition.ends, now=datetime.now(UTC), edition=edition)
    kept = RevocationList.objects.select_related("issuer").get()
    return kept, [issuer], crl


def world_list(world: Any, builder: Any, serials: list[int]) -> bytes:
    """Sign a list with these numbers."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    at = datetime.now(UTC) - timedelta(days=2)
    entries = [
        x509.RevokedCertificateBuilder().serial_number(one).revocation_date(at).build() for one in serials
    ]
    builder._revoked_certificates = entries  # adding them one by one copies the list each time
    made: bytes = builder.sign(world.keys[1], hashes.SHA256()).public_bytes(Encoding.DER)
    return made
