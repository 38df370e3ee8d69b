"""Many certificates in a few statements: the same rows as one by one, once, and nobody else's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from unittest import mock
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import read_certificate
from certificates.models import Certificate
from certificates.services.inventory import add_certificates as many
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.inventory.add_certificates import Added, Arrival, add_certificates
from organisations.models import AuditEvent
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.inventory.test_imports import ODD
from tests.certificates.inventory.test_succession import assert_written_down
from tests.certificates.inventory.uploads import stored
from tests.certificates.samples import AUTHORITY, certificate, der, ehealth, key, plain_name
from tests.certificates.stages import tag
from tests.support.hospital import Hospital, make_hospital

NOW = datetime.now(UTC)
MIDDLE = der(certificate(plain_name("Middle"), issuer=plain_name("Root"), extensions=(AUTHORITY,)))
ITS_OWN = {"id", "organisation_id", "sealed_der", "taken_in_with", "next_attempt_at"}
"""Columns in which two rows of one certificate differ."""


def arrivals(
    ders: Sequence[bytes], *, trusted: bool = True, chain: Sequence[bytes] = (MIDDLE,)
) -> list[Arrival]:
    return [Arrival(read_certificate(one), Environment.PRODUCTION, chain, trusted) for one in ders]


def add(hospital: Hospital, coming: Sequence[Arrival], *, named: UUID | None = None) -> Added:
    organisation = hospital.organisation.pk
    with acting_for([named or organisation], as_platform=True):
        return add_certificates(
            organisation, coming, source="imported", taken_in_with=uuid4(), actor=Actor.platform(), now=NOW
        )


def some(count: int, application_id: str = "") -> list[bytes]:
    return [
        der(
            ehealth(
                application_id=application_id or f"N{number}",
                signer=key(),
                not_after=NOW + timedelta(days=100, minutes=(7 * number) % count),
            )
        )
        for number in range(count)
    ]


@pytest.mark.django_db
def test_the_rows_are_those_of_one_by_one() -> None:
    one_by_one, at_once = make_hospital(), make_hospital()
    ders = [
        *map(der, ODD),
        der(ehealth("SSIN", "85073003328", "AN PEETERS")),
        *some(3),
        b"\x30\x03" + b"\0" * 3,
    ]
    coming = [
        arrival
        for trusted in (True, False)
        for arrival in arrivals(ders[trusted:-1:2], trusted=trusted, chain=[MIDDLE, ders[-1]])
    ]
    for arrival in coming:
        with acting_for([one_by_one.organisation.pk], as_platform=True):
            add_certificate(
                one_by_one.organisation,
                arrival.facts,
                environment=arrival.environment,
                chain=arrival.chain,
                chain_trusted=arrival.chain_trusted,
                source="imported",
                actor=Actor.platform(),
                now=NOW,
            )
    assert add(at_once, coming) == Added(new=len(coming))
    rows = [{one.fingerprint: one for one in stored(hospital)} for hospital in (one_by_one, at_once)]
    assert rows[0].keys() == rows[1].keys()
    columns = {field.attname for field in Certificate._meta.concrete_fields} - ITS_OWN
    for fingerprint, first in rows[0].items():
        second = rows[1][fingerprint]
        assert {name: getattr(second, name) for name in columns} == {
            name: getattr(first, name) for name in columns
        }
        assert second.der == first.der
        assert second.next_attempt_at is not None, "its status is asked as soon as it is here"
    assert any(one.ssin_index for one in rows[1].values())


@pytest.mark.django_db
def test_the_same_again_changes_nothing() -> None:
    hospital = make_hospital()
    coming = arrivals(some(5))
    assert add(hospital, coming) == Added(new=5)
    before = _written(hospital)
    assert add(hospital, [*coming, *coming]) == Added(known=5)
    assert _written(hospital) == before


def _written(hospital: Hospital) -> list[object]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Certificate.objects.order_by("pk").values())


@pytest.mark.django_db
def test_whose_authority_comes_later_is_put_right() -> None:
    hospital = make_hospital()
    ders = some(4)
    guessed = [Arrival(one.facts, Environment.ACCEPTANCE, (), False) for one in arrivals(ders, trusted=False)]
    assert add(hospital, guessed) == Added(new=4)
    assert add(hospital, arrivals(ders)) == Added(known=4, recognised=4)
    assert add(hospital, guessed) == Added(known=4), "a guess does not undo what is known"
    assert {(one.environment, one.chain_trusted, one.above) for one in stored(hospital)} == {
        ("production", True, (MIDDLE,))
    }
    with acting_for([hospital.organisation.pk], as_platform=True):
        told = AuditEvent.objects.filter(action="certificate_recognised")
        assert {one.subject_id for one in told} == {one.pk for one in stored(hospital)}


@pytest.mark.django_db
def test_statements_do_not_grow_with_certificates() -> None:
    hospital, counts = make_hospital(), []
    add(hospital, arrivals(some(1, tag())))  # with it the issuer
    personal = [der(ehealth("SSIN", f"{n:011d}", "AN PEETERS", signer=key())) for n in range(30)]
    for coming in (arrivals([*some(2), *personal[:2]]), arrivals([*some(40, tag()), *personal[2:]])):
        with CaptureQueriesContext(connection) as captured:
            assert add(hospital, coming).new == len(coming)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_nobody_writes_into_an_organisation_that_was_not_named() -> None:
    hospital, other = make_hospital(), make_hospital()
    with pytest.raises(DatabaseError), transaction.atomic():
        add(hospital, arrivals(some(2)), named=other.organisation.pk)
    assert stored(hospital) == stored(other) == []


@pytest.mark.parametrize("application_id", ["", "ALIKE"])
def test_what_is_renewed_is_right_and_not_looked_for_row_by_row(
    committing: None, owner_url: str, application_id: str
) -> None:
    """With statistics as they are after some hundred certificates, in a session that has planned for an empty table."""
    hospital, size = make_hospital(), 400
    coming = arrivals(some(size, application_id))
    with mock.patch.object(many, "AT_ONCE", 100):
        assert add(hospital, coming[:-100]).new == size - 100
        with psycopg.connect(owner_url, autocommit=True) as owner:
            owner.execute("ANALYZE certificates_certificate")
        with transaction.atomic():
            before = _rows_read()
            assert add(hospital, coming[-100:]).new == 100
            read = _rows_read() - before
    assert assert_written_down(hospital) == (size - 1 if application_id else 0)
    # Whoever bears one of the names, each once or twice over; not all of the organisation for each name.
    assert read < (6 * size if application_id else 12 * 100)


def _rows_read() -> int:
    """Return how many certificates this transaction has read, by whatever index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = 'certificates_certificate'"
        )
        return int(cursor.fetchone()[0])
