"""The national number at rest: sealed, found by its index, read with any key of the ring, looked at with a trace."""

import hmac
import re
from datetime import UTC, datetime

import pytest
import pytest_django
from cryptography.fernet import Fernet
from django.db import connection

from organisations import ssin
from organisations.errors import IdentifierRefused, PersonExists, Unreadable
from organisations.models import AuditEvent, Person
from organisations.sealing import key_id, key_id_of, seal, unseal
from organisations.services.audit import Actor
from organisations.services.people import add_person, reveal_ssin
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital, make_hospital

NUMBER = "85073003328"


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


def test_a_sealed_number_is_not_readable_and_never_the_same() -> None:
    one, two = ssin.encrypt(NUMBER), ssin.encrypt(NUMBER)
    assert one != two
    assert NUMBER.encode() not in one
    assert ssin.decrypt(one) == ssin.decrypt(memoryview(two)) == NUMBER


def test_the_index_is_keyed_and_stable(settings: pytest_django.Settings) -> None:
    index = ssin.index_of(NUMBER)
    assert index == ssin.index_of(NUMBER)
    assert re.fullmatch(r"[0-9a-f]{8}:[A-Za-z0-9_-]{43}", index)
    assert index != ssin.index_of("93051822361")
    former = settings.SSIN_INDEX_KEYS[0]
    settings.SSIN_INDEX_KEYS = ["another key", former]
    assert ssin.index_of(NUMBER) != index
    plain = hmac.digest(former.encode(), NUMBER.encode(), "sha256").hex()
    assert {index, plain} < set(ssin.indexes_of(NUMBER)), "also as it was before keys had ids"


def test_what_is_sealed_says_under_which_key(settings: pytest_django.Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SSIN_KEYS = [old]
    value = seal(b"document")
    assert value.startswith(f"{key_id(old)}:".encode())
    assert key_id_of(value.decode()) == key_id(old) != key_id(new)
    before_ids = Fernet(old).encrypt(b"document")
    assert key_id_of(before_ids.decode()) == ""
    settings.SSIN_KEYS = [new, old]
    assert unseal(value) == unseal(before_ids) == b"document"
    assert unseal(seal(b"document")) == b"document"
    settings.SSIN_KEYS = [new]
    for gone in (value, before_ids, b"", b"1a2b3c4d:", b"no token at all"):
        with pytest.raises(Unreadable):
            unseal(gone)


def test_keys_are_rotated(settings: pytest_django.Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SSIN_KEYS = [old]
    before = ssin.encrypt(NUMBER)
    settings.SSIN_KEYS = [new, old]
    after = ssin.encrypt(NUMBER)
    assert ssin.decrypt(before) == ssin.decrypt(after) == NUMBER
    settings.SSIN_KEYS = [new]
    assert ssin.decrypt(after) == NUMBER, "the first key writes"
    with pytest.raises(Unreadable):
        ssin.decrypt(before)


def test_a_sealed_document_that_was_touched_does_not_open() -> None:
    sealed = bytearray(seal(b"document"))
    sealed[20] ^= 1
    with pytest.raises(Unreadable):
        unseal(bytes(sealed))


def test_the_table_holds_no_number(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM organisations_person WHERE id = %s", [hospital.holder.pk])
        row = " ".join(
            bytes(cell).decode("latin-1") if isinstance(cell, (bytes, memoryview)) else str(cell)
            for cell in cursor.fetchone()
        )
        found = Person.objects.get(organisation=hospital.organisation, ssin_index=ssin.index_of(NUMBER))
    assert NUMBER not in row
    assert found == hospital.holder
    assert found.read_ssin() == NUMBER


def test_looking_leaves_a_trace_without_the_number(hospital: Hospital) -> None:
    actor = Actor.user(hospital.administrator)
    with acting_for([hospital.organisation.pk], as_platform=True):
        for _ in range(2):
            assert reveal_ssin(hospital.holder, actor=actor, now=datetime.now(UTC)) == NUMBER
        events = list(AuditEvent.objects.filter(subject_id=hospital.holder.pk, action="ssin_viewed"))
    assert len(events) == 2
    for event in events:
        assert (event.actor_id, event.actor_name) == (hospital.administrator.pk, "Els Wouters")
        assert NUMBER.encode() not in bytes(event.content)


def test_one_person_once_however_it_is_typed(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True), pytest.raises(PersonExists) as refused:
        add_person(
            hospital.organisation,
            first_names="An",
            name="Peeters",
            ssin="85.07.30-033.28",
            actor=Actor.platform(),
            now=datetime.now(UTC),
        )
    assert refused.value.extra == {"field": "ssin"}
    assert NUMBER not in str(refused.value.__dict__)


def test_a_number_that_cannot_be_is_refused_without_repeating_it(hospital: Hospital) -> None:
    with (
        acting_for([hospital.organisation.pk], as_platform=True),
        pytest.raises(IdentifierRefused) as refused,
    ):
        add_person(
            hospital.organisation,
            first_names="An",
            name="Peeters",
            ssin="85073003329",
            actor=Actor.platform(),
            now=datetime.now(UTC),
        )
    assert "85073003329" not in f"{refused.value} {refused.value.detail} {refused.value.extra}"
