"""A hospital, its members signed in, and compiled translations."""

import pytest
from django.test import Client

from ehportal.operation.catalogues import compile_catalogues
from organisations.domain.roles import Role
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital, make_hospital

compile_catalogues()


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


@pytest.fixture
def other_hospital(db: None) -> Hospital:
    return make_hospital(
        name="Clinique Saint-Roch", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
    )


@pytest.fixture
def administrator(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR))


@pytest.fixture
def viewer(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.VIEWER))


@pytest.fixture
def stranger(other_hospital: Hospital) -> Client:
    return signed_in(member(other_hospital.organisation, Role.ADMINISTRATOR))
