"""Answers of authorities are fetched once and judged for all: verified before they are kept, and never too long."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus

from certificates.trust.kept_answers import LONGEST, KeptAnswers, Sharing, kept_answers
from certificates.trust.paths import Trust, validate
from tests.certificates.samples import NOW, der
from tests.support.authority import key
from tests.support.responder import World, outside

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> Iterator[World]:
    with outside() as made:
        made.list_of("issuing", [])
        yield made


def trust(world: World, leaf: x509.Certificate, sharing: Sharing) -> Trust:
    return validate(leaf, [world.issuing], [der(world.root)], check_revocation=True, sharing=sharing).trust


def another_leaf(world: World) -> x509.Certificate:
    return world._issue("Another Leaf", key(9), "World Issuing", world.keys[1], path="issuing")


@pytest.mark.parametrize(
    ("sharing", "own", "above"),
    [(Sharing.LISTS, 1, 1), (Sharing.ABOVE, 3, 1), (Sharing.NOTHING, 3, 3)],
)
def test_one_list_is_fetched_once_for_all(world: World, sharing: Sharing, own: int, above: int) -> None:
    leaves = [world.leaf, another_leaf(world), world.leaf]
    assert [trust(world, leaf, sharing) for leaf in leaves] == [Trust.TRUSTED] * 3
    assert world.asked.count("/issuing.crl") == own
    assert world.asked.count("/root.crl") == above
    assert world.asked.count("/issuing.ocsp") == 3, "a certificate itself is asked about each time"


def test_each_is_judged_by_what_the_kept_list_says_of_it(world: World) -> None:
    other = another_leaf(world)
    world.list_of("issuing", [other.serial_number])
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.TRUSTED
    assert trust(world, other, Sharing.LISTS) is Trust.REVOKED
    assert world.asked.count("/issuing.crl") == 1


def test_what_a_stranger_signed_is_not_kept(world: World) -> None:
    world.list_of("issuing", [], signer=key(9))
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.STATUS_UNKNOWN
    world.list_of("issuing", [])
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.TRUSTED


def test_a_list_that_names_no_next_one_is_not_kept(world: World) -> None:
    world.list_of("issuing", [world.leaf.serial_number], ends=False)
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.REVOKED
    world.list_of("issuing", [])
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.TRUSTED


def test_a_good_answer_about_the_leaf_is_never_kept(world: World) -> None:
    world.tells(OCSPCertStatus.GOOD, delegated=True)
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.TRUSTED
    world.tells(OCSPCertStatus.REVOKED)
    assert trust(world, world.leaf, Sharing.LISTS) is Trust.REVOKED


def test_what_is_kept_ends_with_the_answer_and_after_an_hour() -> None:
    kept = KeptAnswers()
    kept.keep("short", b"1", ends=NOW + MINUTE, now=NOW)
    kept.keep("long", b"2", ends=NOW + timedelta(days=9), now=NOW)
    kept.keep("over", b"3", ends=NOW, now=NOW)
    assert (kept.get("short", NOW), kept.get("long", NOW), kept.get("over", NOW)) == (b"1", b"2", None)
    assert (kept.get("short", NOW + MINUTE), kept.get("long", NOW + MINUTE)) == (None, b"2")
    assert kept.get("long", NOW + LONGEST) is None


def test_what_is_kept_takes_no_more_than_its_room() -> None:
    kept = KeptAnswers(most_bytes=1000)
    kept.keep("large", bytes(251), ends=NOW + MINUTE, now=NOW)
    assert kept.get("large", NOW) is None
    for name in "abcd":
        kept.keep(name, bytes(250), ends=NOW + MINUTE, now=NOW)
    assert kept.get("a", NOW)
    kept.keep("e", bytes(200), ends=NOW + MINUTE, now=NOW)
    assert [name for name in "abcde" if kept.get(name, NOW)] == ["a", "c", "d", "e"]
    kept.keep("a", bytes(100), ends=NOW + MINUTE, now=NOW)
    kept.keep("f", bytes(200), ends=NOW + MINUTE, now=NOW)
    assert len([name for name in "acdef" if kept.get(name, NOW)]) == 5


def test_lists_come_through_the_proxy_that_the_machine_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The world answers under its own paths only: what a proxy is asked for has another."""
    monkeypatch.setenv("http_proxy", world.base)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert trust(world, world.leaf, Sharing.NOTHING) is Trust.STATUS_UNKNOWN
    assert f"{world.base}/issuing.crl" in world.asked
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert trust(world, world.leaf, Sharing.NOTHING) is Trust.TRUSTED


def test_each_test_begins_without() -> None:
    """What another test's world said at the same port is nobody's business here."""
    assert len(kept_answers._kept) == 0
