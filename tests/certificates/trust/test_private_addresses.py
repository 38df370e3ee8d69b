"""Addresses that a certificate names lead into no private network, unless an operator named the host."""

from collections.abc import Iterator

import pytest
import pytest_django

from certificates.trust.kept_answers import Sharing
from certificates.trust.paths import Trust, validate
from outside import circuits as ways
from outside.circuits import Outcome, watch_calls
from outside.sockets import is_public
from tests.certificates.samples import der
from tests.support.responder import World, outside


@pytest.fixture
def world(settings: pytest_django.Settings) -> Iterator[World]:
    settings.SANDBOX = False
    with outside() as made:
        made.list_of("issuing", [])
        yield made


def trust(world: World) -> Trust:
    anchors = [der(world.root)]
    sharing = Sharing.NOTHING
    return validate(world.leaf, [world.issuing], anchors, check_revocation=True, sharing=sharing).trust


def test_nobody_is_called_in_our_own_network(world: World) -> None:
    told: list[Outcome] = []

    def watch(_host: str, outcome: Outcome, _seconds: float) -> None:
        told.append(outcome)

    watch_calls(watch)
    try:
        assert trust(world) is Trust.STATUS_UNKNOWN
    finally:
        ways._watchers.remove(watch)
    assert world.asked == []
    assert set(told) == {Outcome.UNREACHABLE}


def test_whom_an_operator_named_is(world: World, settings: pytest_django.Settings) -> None:
    settings.STATUS_PRIVATE_HOSTS = ["127.0.0.1"]
    assert trust(world) is Trust.TRUSTED
    assert world.asked


def test_a_proxy_may_stand_in_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", world.base)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    trust(world)
    assert f"{world.base}/issuing.crl" in world.asked


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104  # refused
        *("224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "::", "ff02::1"),
        *("64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::", "fec0::1", "::7f00:1"),
        *("::ffff:0:a00:1", "2001:0:a00:1::"),
    ],
)
def test_which_addresses_are_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["193.191.245.4", "2a01:690:35:100::f5:1", "::ffff:193.191.245.4", "64:ff9b::c1bf:f504"]
)
def test_which_are_not(address: str) -> None:
    assert is_public(address)
