"""The whole product on a port, and a hospital whose systems call it."""

from collections.abc import Iterator

import pytest

from organisations.domain.scopes import Scope
from tests.browser.site import SiteServer
from tests.certificates.web.shelf import ask, shelve
from tests.support.connections import System, connect
from tests.support.hospital import make_hospital


@pytest.fixture(scope="module")
def system(committing: None) -> System:
    """A connection that may do everything, of a hospital with some certificates and a request."""
    from certificates.domain.lifecycle import RequestState

    hospital = make_hospital()
    for number, days in enumerate((20, 100, -3)):
        shelve(hospital.organisation, f"APP{number}", days)
    ask(hospital, RequestState.AWAITING_SIGNATURE)
    return connect(hospital, *Scope)


@pytest.fixture(scope="module")
def server(system: System) -> Iterator[SiteServer]:
    running = SiteServer()
    yield running
    running.stop()
