from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.portal.device import Device, new_device_key
from agent.wire.link.proofs import public_jwk, thumbprint
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import Workstation
from tests.support.cards import CitizenPki, SoftwareCard


@pytest.fixture(scope="session")
def citizen_pki() -> CitizenPki:
    return CitizenPki()


@pytest.fixture(scope="session")
def an(citizen_pki: CitizenPki) -> SoftwareCard:
    return citizen_pki.card()


@pytest.fixture(scope="session")
def an_with_p384(citizen_pki: CitizenPki) -> SoftwareCard:
    return citizen_pki.card(algorithm="p384")


@pytest.fixture
def server(an: SoftwareCard) -> Iterator[Counterpart]:
    counterpart = Counterpart(an)
    yield counterpart
    counterpart.close()


@pytest.fixture
def workstation(tmp_path: Path, an: SoftwareCard) -> Workstation:
    return Workstation.make(tmp_path, an)


@pytest.fixture
def enrolled(workstation: Workstation, server: Counterpart) -> Workstation:
    """Enrolled without the command, which tests of its own run: a key that the server knows."""
    device = Device(server.url, "test-device", "test", new_device_key())
    device.save(workstation.home)
    jwk = public_jwk(device.key)
    server.devices[thumbprint(jwk)] = jwk
    return workstation
