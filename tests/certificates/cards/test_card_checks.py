"""A card's authority is asked by workers: what a call answers meanwhile, what is kept, and for how long."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from django.conf import settings
from django.db.models import F

from agent.wire.jobs import KNOWS_HEADER
from agent.wire.link.checking import CardBeingChecked
from agent.wire.link.proofs import make_proof
from certificates.api import holding
from certificates.models import CardCheck
from certificates.models.card_check import Purpose
from certificates.services.cards import ask, judge
from certificates.services.cards.ask import CardBeingAsked, check_card, forget_old_checks
from certificates.trust.cards import check_revocation
from deploy.sandbox.authorities.citizens import Identity
from organisations.errors import CardRefused, CardRevoked, CardStatusUnknown
from organisations.models import Device, Enrolment
from organisations.services.work.claims import claim
from organisations.services.work.drain import take_up
from outside.leave import CallForbidden, nobody_calls_out
from tests.support.cards import CitizenPki
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import KIND, check_cards

pytestmark = pytest.mark.django_db
OLD = {KNOWS_HEADER: "tokens"}
"""What an agent says that was made before cards were checked by rows."""


@pytest.fixture
def holder(government: SandboxProcess) -> Holder:
    make_hospital()
    return Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[x509.Certificate]:
    """Each time that an authority is asked, in the order of the questions."""
    asked: list[x509.Certificate] = []

    def note(leaf: x509.Certificate, chain: Sequence[x509.Certificate], *, now: datetime) -> None:
        asked.append(leaf)
        check_revocation(leaf, chain, now=now)

    monkeypatch.setattr(judge, "check_revocation", note)
    return asked


def look(identity: Identity, purpose: Purpose = Purpose.AUTHENTICATION) -> None:
    leaf = identity.authentication if purpose is Purpose.AUTHENTICATION else identity.signature
    check_card(leaf, [identity.authority, identity.root], purpose, now=datetime.now(UTC))


def older(**since: float) -> None:
    """Let every check have been asked and judged so much earlier."""
    ago = timedelta(**since)
    CardCheck.objects.update(
        asked_at=F("asked_at") - ago, judged_at=F("judged_at") - ago, silent_at=F("silent_at") - ago
    )


def finish(holder: Holder, started: dict[str, str], **headers: str) -> Any:
    """The call that ends an enrolment, once, as it stands."""
    seen: list[Any] = []
    real = holder.call_once

    def once(*arguments: Any, **names: Any) -> Any:
        seen.append(real(*arguments, **{**names, "headers": headers}))
        return seen[-1]

    holder.call = once  # type: ignore[method-assign]  # what is sent stays what enrol() makes
    try:
        return holder.enrol(started, agree=False)
    finally:
        del holder.call


def test_an_enrolment_that_goes_well_takes_three_calls(holder: Holder, calls: list[x509.Certificate]) -> None:
    """Start, hand in, and hand in again once a worker has asked; the authority is asked once and by no page."""
    started = holder.start_enrolment()
    first = finish(holder, started)
    assert first.status_code == 202
    assert CardBeingChecked.from_json(first.json()) == CardBeingChecked(250)
    assert calls == []
    assert check_cards() == 1
    second = finish(holder, started)
    assert (second.status_code, second.json()["holder"]["name"]) == (201, "Peeters")
    assert calls == [holder.identity.authentication]


def test_the_nonce_is_used_up_by_the_answer_that_decides(holder: Holder) -> None:
    started = holder.start_enrolment()
    assert finish(holder, started).status_code == 202
    assert Enrolment.objects.get(pk=started["enrolment_id"]).used_at is None
    wrong = holder.enrol(started, signature="AAAA")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "signature_invalid")
    check_cards()
    again = finish(holder, started)
    assert (again.status_code, again.json()["code"]) == (404, "enrolment_unknown")
    assert not Device.objects.exists()


def test_the_same_card_is_asked_about_once_in_a_few_minutes(
    holder: Holder, calls: list[x509.Certificate]
) -> None:
    assert holder.enrol().status_code == 201
    look(holder.identity)
    assert len(calls) == 1
    with pytest.raises(CardBeingAsked):  # the other certificate is another question
        look(holder.identity, Purpose.SIGNATURE)
    older(minutes=6)
    with pytest.raises(CardBeingAsked):
        look(holder.identity)


def test_whatever_is_asked_at_once_is_one_check(holder: Holder, calls: list[x509.Certificate]) -> None:
    for _ in range(5):
        with pytest.raises(CardBeingAsked):
            look(holder.identity)
    assert check_cards() == 1
    assert len(calls) == 1
    look(holder.identity)


def test_the_certificates_are_sealed_and_gone_with_the_verdict(holder: Holder) -> None:
    with pytest.raises(CardBeingAsked):
        look(holder.identity)
    row = CardCheck.objects.get()
    assert b"85073003328" not in bytes(row.sealed_chain or b"")
    assert row.sealed_chain
    check_cards()
    row.refresh_from_db()
    assert row.sealed_chain is None
    assert row.next_attempt_at is None
    assert row.outcome == "good"
    assert forget_old_checks(now=datetime.now(UTC)) == 0
    older(hours=2)
    assert forget_old_checks(now=datetime.now(UTC)) == 1


def test_a_revoked_card_is_revoked_for_whoever_asks(holder: Holder, government: SandboxProcess) -> None:
    bad = issue_identity(government.state, "85073003328", "An Marie", "Peeters", revoked="authentication")
    with pytest.raises(CardBeingAsked):
        look(bad)
    check_cards()
    for _ in range(2):
        with pytest.raises(CardRevoked):
            look(bad)


def test_a_state_that_nobody_told_is_asked_anew(holder: Holder, government: SandboxProcess) -> None:
    started = holder.start_enrolment()
    government.stop()
    try:
        told = holder.enrol(started)
    finally:
        government.start()
    assert (told.status_code, told.json()["code"]) == (503, "card_status_unknown")
    assert holder.enrol(started).status_code == 201, "the same nonce serves the next try"


def test_a_strangers_certificate_makes_no_row(holder: Holder) -> None:
    card = CitizenPki().card(
        ssin="85073003328", first_names=("An", "Marie"), surname="Peeters", algorithm="p384"
    )
    with pytest.raises(CardRefused):
        check_card(card.authentication, [], Purpose.AUTHENTICATION, now=datetime.now(UTC))
    assert not CardCheck.objects.exists()


def test_where_nobody_may_ask_no_card_is_refused_for_it(holder: Holder) -> None:
    """A mistake of ours says nothing about the card."""
    own = holder.identity
    with nobody_calls_out("a page is being served"), pytest.raises(CallForbidden):
        check_revocation(own.authentication, [own.authority, own.root], now=datetime.now(UTC))


def test_whoever_waits_for_absent_workers_is_told(holder: Holder) -> None:
    with pytest.raises(CardBeingAsked):
        look(holder.identity)
    older(seconds=ask.PATIENCE.total_seconds() + 1)
    with pytest.raises(CardStatusUnknown):
        look(holder.identity)
    with pytest.raises(CardBeingAsked):
        look(holder.identity)
    assert check_cards() == 1, "the workers come back to it"
    look(holder.identity)


def test_an_agent_of_before_is_held_a_moment_and_hears_the_answer(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker answers while the call is held: the agent notices nothing."""
    monkeypatch.setattr(holding, "time", _Clock(check_cards))
    assert finish(holder, holder.start_enrolment(), **OLD).status_code == 201


def test_an_agent_of_before_is_told_to_try_again_and_does_so(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exact retry, proof included, is a new try: nothing came of the first."""
    monkeypatch.setattr(holding, "time", _Clock(lambda: None))
    sent: list[tuple[str, str, Any]] = []
    started = holder.start_enrolment()

    def note(method: str, path: str, body: Any, **_: Any) -> _Nothing:
        sent.append((method, path, body))
        return _Nothing()

    monkeypatch.setattr(holder, "call", note)
    holder.enrol(started, agree=False)
    method, path, body = sent[0]
    proof = make_proof(
        holder.device_key,
        method=method,
        url=settings.ORIGIN + path,
        body=json.dumps(body).encode(),
        now=datetime.now(UTC),
        with_key=True,
    )
    first = holder.call_once(method, path, body, proof=proof, headers=OLD)
    assert (first.status_code, first.json()["code"]) == (503, "card_status_unknown")
    check_cards()
    assert holder.call_once(method, path, body, proof=proof, headers=OLD).status_code == 201


class _Nothing:
    status_code = 0


class _Clock:
    """A time that passes by waiting only; `meanwhile` happens in each wait."""

    def __init__(self, meanwhile: Any) -> None:
        self._now, self._meanwhile = 0.0, meanwhile

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        self._meanwhile()


def test_only_some_calls_of_agents_of_before_are_held(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock(lambda: None)
    monkeypatch.setattr(holding, "time", clock)
    taken = [holding.places.acquire(blocking=False) for _ in range(holding.PLACES)]
    try:
        assert all(taken)
        assert finish(holder, holder.start_enrolment(), **OLD).status_code == 503
    finally:
        for _ in taken:
            holding.places.release()
    assert clock.monotonic() == 0.0, "its thread was free at once"


def test_a_check_never_outlives_its_lease() -> None:
    assert timedelta(seconds=settings.CARD_CHECK_SECONDS) * 2 < KIND["card_checks"].lease
    assert timedelta(seconds=settings.CARD_CHECK_SECONDS) < ask.PATIENCE


def test_one_worker_finds_out_whether_an_authority_answers(
    holder: Holder, government: SandboxProcess, calls: list[x509.Certificate]
) -> None:
    """The lane's other workers go on with what else people wait for, until it is known to answer."""
    make = issue_identity.__wrapped__
    cards_of_one = [
        make(government.state, "85073003328", "An Marie", "Peeters", algorithm="p384") for _ in range(3)
    ]
    for card in cards_of_one[:2]:
        with pytest.raises(CardBeingAsked):
            look(card)
    [first, second] = (claim(KIND["card_checks"], owner)[0] for owner in ("one", "two"))
    take_up(second)
    assert calls == []
    assert CardCheck.objects.get(pk=second.row_id).next_attempt_at is not None, "it comes back to it"
    take_up(first)
    assert len(calls) == 1
    CardCheck.objects.filter(pk=second.row_id).update(next_attempt_at=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(CardBeingAsked):
        look(cards_of_one[2])
    for claimed in [claim(KIND["card_checks"], owner)[0] for owner in ("one", "two")]:
        take_up(claimed)
    assert len(calls) == 3, "one that answers is asked by all"
