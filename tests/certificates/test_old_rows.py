"""Rows as older versions of the platform wrote them, carried through every migration since."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_django
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

from agent.wire.pki.moments import EARLIEST, NO_END
from deploy.stack import postgres
from ehportal import env
from organisations.sealing import seal
from tests.certificates.samples import certificate, der, ehealth, plain_name
from tests.support.odd import ending

BEFORE = [("certificates", "0021_what_was_proven"), ("organisations", "0012_number_claims")]
FIRST, LAST = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)
DAY = datetime(2026, 6, 1, tzinfo=UTC)
NUMBER = "85073003328"


@pytest.fixture
def old(
    admin_url: str, owner_url: str, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[MigrationExecutor]:
    """A database of its own as it was before, seen by its owner; the session's own comes back afterwards."""
    connection = connections["default"]
    name, kept = f"ehportal_old_{os.getpid()}", dict(connection.settings_dict)
    urls = postgres.prepare(
        admin_url, name, passwords={postgres.OWNER: "owner", postgres.WEB: "web"}, fresh=True
    )
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(env.database(urls.owner))
        try:
            executor = MigrationExecutor(connection)
            executor.migrate(BEFORE)
            yield executor
        finally:
            connection.close()
            connection.settings_dict.update(kept)
    import psycopg

    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def forward(executor: MigrationExecutor, to: list[tuple[str, str]] | None = None) -> StateApps:
    """Migrate to `to`, or to the last of everything; returns the tables as they are then."""
    executor.loader.build_graph()
    targets = to or executor.loader.graph.leaf_nodes()
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


class Shelf:
    """Rows of one organisation in the tables as they were."""

    def __init__(self, executor: MigrationExecutor) -> None:
        apps = executor.loader.project_state(BEFORE).apps
        self.certificates = apps.get_model("certificates", "Certificate").objects
        self.installations = apps.get_model("certificates", "Installation").objects
        self.batches = apps.get_model("certificates", "ImportBatch").objects
        self.events = apps.get_model("organisations", "AuditEvent").objects
        self.organisation = apps.get_model("organisations", "Organisation").objects.create(name="AZ Maasdal")
        self.user = apps.get_model("organisations", "User").objects.create(
            email="an@maasdal.example", full_name="An Peeters"
        )
        self.person = apps.get_model("organisations", "Person").objects.create(
            organisation=self.organisation,
            first_names="An",
            name="Peeters",
            ssin_ciphertext=seal(NUMBER.encode()),
            ssin_index="i" * 64,
        )

    def certificate(self, data: bytes, **changes: Any) -> Any:
        values: dict[str, Any] = {
            "organisation": self.organisation,
            "environment": "production",
            "sealed_der": seal(data),
            "fingerprint": hashlib.sha256(data + uuid4().bytes).hexdigest(),
            "public_key_identifier": "ab" * 20,
            "serial": "2a",
            "subject": "CN=x",
            "issuer": "CN=y",
            "common_name": "x",
            "not_before": DAY,
            "not_after": DAY.replace(year=2029),
            "key_algorithm": "RSA 2048",
            "source": "imported",
            "search_text": "x",
        }
        return self.certificates.create(**(values | changes))

    def installation(self, found: Any, **changes: Any) -> Any:
        values: dict[str, Any] = {
            "organisation": self.organisation,
            "certificate": found,
            "device_id": uuid4(),
            "machine": "PC",
            "path": "/a.p12",
            "file_digest": "0" * 64,
            "fingerprint": found.fingerprint if found else "",
            "environment": "production",
            "first_seen_at": DAY,
            "last_seen_at": DAY,
        }
        return self.installations.create(**(values | changes))

    def on_hold(self, found: Any, at: datetime, since: datetime | None) -> None:
        self.events.create(
            organisation=self.organisation,
            happened_at=at,
            action="certificate_found_on_hold",
            subject_type="certificate",
            subject_id=found.pk,
            actor_type="platform",
            actor_name="ehportal",
            details={"source": "crl", "revoked_at": since.isoformat() if since else None},
            content=b"{}",
            leaf_hash=b"0" * 32,
        )


def test_ends_numbers_and_texts_are_repaired(old: MigrationExecutor) -> None:
    shelf = Shelf(old)
    endless = shelf.certificate(
        ending(0x18, b"99991231235959Z")(ehealth()), not_after=LAST, not_before=FIRST, replaceable_from=LAST
    )
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in NUMBER)
    card = shelf.certificate(
        der(certificate(plain_name(f"An Peeters {NUMBER}"))),
        subject=f"CN=An Peeters {full_width}" + "," * 400,
        search_text=f"an peeters {full_width}",
        crl_urls=[f"http://crl.example/{NUMBER}.crl"],
    )
    damaged = shelf.certificate(b"\x30\x03no")
    plain = shelf.certificate(der(ehealth(application_id="EHBOX")))
    shelf.installation(plain, not_after=LAST)
    shelf.installation(plain, not_after=FIRST, path="/b.p12")
    shelf.installation(plain, not_after=None, path="/c.p12")
    shelf.installation(plain, not_after=DAY, path="/d.p12")
    apps = forward(old)
    rows = {row.pk: row for row in apps.get_model("certificates", "Certificate").objects.all()}
    assert (rows[endless.pk].not_before, rows[endless.pk].not_after) == (EARLIEST, NO_END)
    assert rows[endless.pk].replaceable_from == NO_END
    assert [rows[one.pk].holds_number for one in (endless, card, damaged, plain)] == [
        False,
        True,
        True,
        False,
    ]
    masked = rows[card.pk]
    assert full_width not in masked.subject + masked.search_text
    assert NUMBER not in str(masked.crl_urls)
    assert masked.subject.startswith("CN=An Peeters ")
    assert bytes(rows[damaged.pk].sealed_der) == bytes(damaged.sealed_der)
    same = rows[plain.pk]
    assert (same.not_before, same.not_after, same.subject, same.serial) == (
        plain.not_before, plain.not_after, "CN=x", "2a",
    )  # fmt: skip
    found = apps.get_model("certificates", "Installation").objects
    ends = dict(found.values_list("path", "not_after"))
    assert ends == {"/a.p12": NO_END, "/b.p12": EARLIEST, "/c.p12": None, "/d.p12": DAY}


def test_more_rows_than_are_written_at_once_are_all_read(old: MigrationExecutor) -> None:
    shelf = Shelf(old)
    for number in range(503):
        shelf.certificate(b"\x30\x03no", fingerprint=f"{number:064x}")
    apps = forward(old)
    rows = apps.get_model("certificates", "Certificate").objects
    assert rows.filter(holds_number=True).count() == rows.count() == 503


def test_installations_that_were_matched_by_their_key_alone(old: MigrationExecutor) -> None:
    shelf = Shelf(old)
    shared = shelf.certificate(der(ehealth()))
    own = shelf.certificate(der(ehealth()), owner=shelf.person, private_to=shelf.user)
    rows = {
        "itself": shelf.installation(shared, path="/1"),
        "another": shelf.installation(shared, path="/2", fingerprint="e" * 64),
        "closed": shelf.installation(shared, path="/3", fingerprint=""),
        "own": shelf.installation(own, path="/4"),
        "own, another": shelf.installation(own, path="/5", fingerprint="e" * 64),
        "own, closed": shelf.installation(own, path="/6", fingerprint=""),
        "unknown": shelf.installation(None, path="/7", fingerprint="e" * 64),
    }
    apps = forward(old)
    kept = dict(apps.get_model("certificates", "Installation").objects.values_list("pk", "certificate_id"))
    expected = {
        "itself": shared.pk, "another": None, "closed": shared.pk, "own": own.pk, "own, closed": own.pk,
        "unknown": None,
    }  # fmt: skip
    assert {name: kept[row.pk] for name, row in rows.items() if row.pk in kept} == expected
    assert rows["own, another"].pk not in kept, "a private certificate leaves no trace with the others'"


def test_turns_holds_and_serial_numbers_are_kept(old: MigrationExecutor) -> None:
    shelf = Shelf(old)
    checked, never = (
        shelf.certificate(der(ehealth()), revocation_checked_at=at, serial="7f" * 21) for at in (DAY, None)
    )
    held, untold, good = (shelf.certificate(der(ehealth())) for _ in range(3))
    apps = forward(old, [("certificates", "0041_installations_by_themselves")])
    certificates = apps.get_model("certificates", "Certificate").objects
    certificates.filter(pk__in=[held.pk, untold.pk]).update(revocation_status="on_hold")
    shelf.on_hold(held, DAY.replace(day=2), DAY.replace(day=1))
    shelf.on_hold(held, DAY.replace(day=9), DAY.replace(day=8))
    shelf.on_hold(untold, DAY.replace(day=2), None)
    shelf.on_hold(good, DAY.replace(day=2), DAY.replace(day=1))
    rows = {row.pk: row for row in forward(old).get_model("certificates", "Certificate").objects.all()}
    assert rows[checked.pk].next_attempt_at == DAY + timedelta(hours=24), "a day after it was asked about"
    assert rows[never.pk].next_attempt_at > rows[checked.pk].next_attempt_at
    assert rows[checked.pk].serial == "7f" * 21
    assert [rows[one.pk].on_hold_since for one in (held, untold, good)] == [DAY.replace(day=8), None, None]


def test_the_way_back_runs_too(old: MigrationExecutor) -> None:
    Shelf(old).certificate(der(ehealth()), revocation_checked_at=DAY)
    forward(old)
    apps = forward(old, [("certificates", "0041_installations_by_themselves")])
    assert apps.get_model("certificates", "Certificate").objects.get().revocation_checked_at == DAY
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ehportal_certificates_to_check(now(), 100)")
        assert cursor.fetchone() == (1,)
