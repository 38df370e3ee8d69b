"""A foreign care provider whom the sandbox knows."""

import pytest

from tests.certificates.foreigners.stages import Foreigner, make_foreigner
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def giulia(hospital: Hospital, government: SandboxProcess) -> Foreigner:
    return make_foreigner(hospital, government)
