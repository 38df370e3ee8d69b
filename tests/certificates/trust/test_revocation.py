"""What OCSP and lists say of one certificate: clocks that differ, late lists, authorities that are silent."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus

from certificates.domain.revocation import Witness
from certificates.trust import cards
from certificates.trust.paths import Trust, Verdict, validate
from organisations.errors import CardOnHold, CardRevoked, CardStatusUnknown
from tests.certificates.samples import der
from tests.support.authority import key
from tests.support.responder import COMPROMISED, HOLD, World, outside, soon

GOOD, REVOKED = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED


@pytest.fixture
def world() -> Iterator[World]:
    with outside() as made:
        yield made


def verdict(world: World) -> Verdict:
    return validate(world.leaf, [world.issuing], [der(world.root)], check_revocation=True)


def listed(world: World) -> list[int]:
    return [world.leaf.serial_number]


@pytest.mark.parametrize(
    ("seconds", "trust"), [(2, Trust.TRUSTED), (60, Trust.TRUSTED), (240, Trust.TRUSTED)]
)
def test_good_a_little_ahead_of_our_clock(world: World, seconds: int, trust: Trust) -> None:
    world.tells(GOOD, at=soon(seconds=seconds), delegated=True)
    assert verdict(world).trust is trust


def test_good_far_ahead_of_our_clock_is_not_believed(world: World) -> None:
    world.tells(GOOD, at=soon(minutes=20))
    assert verdict(world).trust is Trust.STATUS_UNKNOWN


@pytest.mark.parametrize("delegated", [True, False])
def test_revoked_a_little_ahead_outweighs_an_older_good_list(world: World, delegated: bool) -> None:
    world.list_of("issuing", [], at=soon(hours=-3))
    world.tells(REVOKED, at=soon(seconds=3), reason=COMPROMISED, delegated=delegated)
    said = verdict(world)
    assert (said.trust, said.source, said.reason) == (Trust.REVOKED, Witness.OCSP, "keyCompromise")
    assert said.revoked_at is not None


def test_a_list_a_little_ahead(world: World) -> None:
    world.list_of("issuing", [], at=soon(seconds=4))
    assert verdict(world).trust is Trust.TRUSTED
    world.list_of("issuing", listed(world), at=soon(seconds=4))
    assert verdict(world).trust is Trust.REVOKED


def silence_above(world: World) -> None:
    world.answers.pop("/root.crl")


def test_revoked_counts_while_nothing_is_heard_of_the_authority(world: World) -> None:
    silence_above(world)
    world.tells(REVOKED)
    assert verdict(world).trust is Trust.REVOKED
    world.answers.pop("/issuing.ocsp")
    assert verdict(world).trust is Trust.STATUS_UNKNOWN
    world.list_of("issuing", listed(world))
    said = verdict(world)
    assert (said.trust, said.source) == (Trust.REVOKED, Witness.CRL)


def test_the_leaf_is_asked_first_and_on_its_own(world: World) -> None:
    world.tells(REVOKED)
    verdict(world)
    assert world.asked == ["/issuing.ocsp"]


def test_good_needs_the_whole_path(world: World) -> None:
    world.tells(GOOD)
    silence_above(world)
    assert verdict(world).trust is Trust.STATUS_UNKNOWN
    world.list_of("root", [])
    assert verdict(world).trust is Trust.TRUSTED


def test_an_authority_that_was_revoked_is_nobodys_own_revocation(world: World) -> None:
    world.tells(GOOD)
    world.list_of("root", [world.issuing.serial_number])
    said = verdict(world)
    assert (said.trust, said.source) == (Trust.REVOKED, Witness.AUTHORITY)
    world.list_of("root", [world.issuing.serial_number], reason=HOLD)
    assert verdict(world).trust is Trust.STATUS_UNKNOWN, "a hold may be lifted"


@pytest.mark.parametrize("by", ["ocsp", "list"])
def test_what_a_stranger_signed_counts_for_nothing(world: World, by: str) -> None:
    if by == "ocsp":
        world.tells(REVOKED, signer=key(9))
    else:
        world.list_of("issuing", listed(world), signer=key(9))
    assert verdict(world).trust is Trust.STATUS_UNKNOWN


def test_a_certificate_under_no_anchor_has_nobody_asked(world: World) -> None:
    world.tells(REVOKED)
    said = validate(world.leaf, [world.issuing], [], check_revocation=True)
    assert (said.trust, world.asked) == (Trust.NOT_TRUSTED, [])


@pytest.mark.parametrize(
    "odd",
    [
        {"ends": False},
        {"at": soon(days=-8), "until": soon(hours=-5)},
        {"freshest": True},
        {"at": soon(days=-90), "until": soon(days=-83), "ends": False},
    ],
    ids=["no_next_update", "late", "its_delta_is_gone", "old_and_no_next_update"],
)
def test_an_odd_list_proves_what_it_lists(world: World, odd: dict[str, datetime | bool]) -> None:
    world.list_of("issuing", listed(world), **odd)  # type: ignore[arg-type]  # passed on
    said = verdict(world)
    assert (said.trust, said.source, said.reason) == (Trust.REVOKED, Witness.CRL, "keyCompromise")
    if "until" in odd:
        world.list_of("issuing", [], **odd)  # type: ignore[arg-type]  # passed on
        assert verdict(world).trust is Trust.STATUS_UNKNOWN, "it does not prove what it leaves out"


def test_the_delta_counts_beside_its_base(world: World) -> None:
    world.list_of("issuing", [])
    world.list_of("issuing", listed(world), delta=True)
    assert verdict(world).trust is Trust.REVOKED


def test_a_hold_keeps_its_reason_and_must_be_current(world: World) -> None:
    world.tells(REVOKED, reason=HOLD)
    said = verdict(world)
    assert (said.trust, said.reason, said.is_on_hold) == (Trust.REVOKED, "certificateHold", True)
    world.tells(REVOKED, reason=HOLD, at=soon(days=-3), until=soon(days=-2))
    assert verdict(world).trust is Trust.STATUS_UNKNOWN, "it may have been lifted since"
    world.list_of("issuing", listed(world), reason=HOLD)
    assert verdict(world).is_on_hold
    world.list_of("issuing", listed(world), reason=HOLD)
    world.list_of("issuing", listed(world), reason=x509.ReasonFlags.remove_from_crl, delta=True)
    assert verdict(world).trust is not Trust.REVOKED, "the delta lifts it"


@pytest.mark.parametrize(
    ("status", "reason", "refusal"),
    [(REVOKED, COMPROMISED, CardRevoked), (REVOKED, HOLD, CardOnHold), (None, None, CardStatusUnknown)],
)
def test_what_a_card_hears(
    world: World,
    status: OCSPCertStatus | None,
    reason: x509.ReasonFlags | None,
    refusal: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if status is not None:
        world.tells(status, reason=reason)
    monkeypatch.setattr(cards, "eid_anchors", lambda: (der(world.root),))
    with pytest.raises(refusal):
        cards.check_revocation(world.leaf, [world.issuing], now=soon())
