"""A hospital, its holder with card and device, and the government to talk to."""

import pytest

from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


@pytest.fixture
def holder(government: SandboxProcess) -> Holder:
    return Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
