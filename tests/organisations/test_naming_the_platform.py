"""Forgetting to say for whom one reads shows nothing private and nobody: it fails closed."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from certificates.models import Certificate
from organisations.models import AuditEvent, Mandate, Person
from organisations.services.audit import record
from organisations.tenancy import NOBODY, acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import PLATFORM, Hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    found = make_hospital()
    certificate = shelve(found.organisation, "EIGEN", 300)
    with acting_for([found.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=certificate.pk).update(owner=found.holder, private_to=found.holder_user)
        private = Certificate.objects.get(pk=certificate.pk)
        record(found.organisation, "tested", private, actor=PLATFORM, now=datetime.now(UTC))
    return found


def seen() -> tuple[int, int, int]:
    return (
        Person.objects.count(),
        Certificate.objects.count(),
        AuditEvent.objects.filter(action="tested").count(),
    )


def test_who_names_neither_user_nor_platform_sees_no_person_and_nothing_private(hospital: Hospital) -> None:
    here = [hospital.organisation.pk]
    with acting_for(here):
        assert seen() == (0, 0, 0)
        assert Mandate.objects.count() == 1, "what is not private is there"
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Person.objects.create(
                organisation=hospital.organisation,
                first_names="A",
                name="B",
                ssin_ciphertext=b"",
                ssin_index="x",
            )
    with acting_for(here, as_platform=True):
        assert seen() == (1, 1, 1)
    with acting_for(here, user=hospital.holder_user.pk):
        assert seen() == (1, 1, 1)
    for other in (hospital.administrator.pk, NOBODY, uuid4()):
        with acting_for(here, user=other):
            assert seen() == (1, 0, 0)


def test_what_is_named_inside_does_not_widen_what_is_outside(hospital: Hospital) -> None:
    here = [hospital.organisation.pk]
    with acting_for(here, user=hospital.administrator.pk):
        with acting_for(here, as_platform=True):
            assert seen() == (1, 1, 1)
        assert seen() == (1, 0, 0)
        with acting_for(here):
            assert seen() == (0, 0, 0)
        assert seen() == (1, 0, 0)


def test_a_user_and_the_platform_at_once_is_a_mistake(hospital: Hospital) -> None:
    with (
        pytest.raises(ValueError, match="platform"),
        acting_for([hospital.organisation.pk], user=hospital.holder_user.pk, as_platform=True),
    ):
        pass
