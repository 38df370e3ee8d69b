"""The same hospital and members as the organisations' pages have, and the rows to show."""

import pytest
from django.test import Client

from tests.organisations.web.conftest import administrator, hospital, other_hospital, stranger, viewer
from tests.organisations.web.members import signed_in
from tests.support.hospital import Hospital

__all__ = ["administrator", "holder_client", "hospital", "other_hospital", "stranger", "viewer"]


@pytest.fixture
def holder_client(hospital: Hospital) -> Client:
    """The holder of the hospital, who may sign and nothing else."""
    return signed_in(hospital.holder_user)
