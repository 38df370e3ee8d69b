"""A care provider, and a certificate in the own name."""

import pytest

from certificates.models import (
    Certificate,
)
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.provider import SSIN, Provider, her_desk, issued, make_provider
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def provider(hospital: Hospital) -> Provider:
    return make_provider(hospital)


@pytest.fixture
def desk(government: SandboxProcess, provider: Provider) -> Holder:
    return her_desk(government)


def clear_register(government: SandboxProcess) -> None:
    """End what other tests left in her name: only one certificate of a name may be active."""
    for line in government.control_get("/control/requests"):
        if line["identifier"] == {"type": "SSIN", "value": SSIN} and line["status"] == "VALID_ACTIVE":
            government.control_post(
                f"/control/certificates/{line['environment']}/{line['pki']}/revoke", {"reason": "superseded"}
            )


@pytest.fixture
def hers(government: SandboxProcess, provider: Provider, desk: Holder) -> Certificate:
    clear_register(government)
    return provider.certificate(issued(government, provider, desk))
