"""Eight people enrol while their cards' authority hangs: pages answer, no call waits, and each is told the same."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_django
from cryptography import x509
from django.db import connections
from django.test import Client

from certificates.models import CardCheck
from certificates.services.cards import judge
from certificates.trust import cards as trust
from certificates.trust.paths import Verdict, validate
from organisations.models import Device
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import check_cards

PEOPLE = 8
WORKERS = 2


@dataclass
class Calls:
    """In which threads an authority was asked over the network, and how many questions hang now."""

    threads: list[str] = field(default_factory=list)
    hanging: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    noted, real = Calls(), validate

    def noting(
        leaf: x509.Certificate,
        chain: Sequence[x509.Certificate],
        anchors: Any,
        *,
        check_revocation: bool,
        **sharing: Any,
    ) -> Verdict:
        if check_revocation:
            noted.threads.append(threading.current_thread().name)
            noted.hanging.release()
        return real(leaf, chain, anchors, check_revocation=check_revocation, **sharing)

    monkeypatch.setattr(trust, "validate", noting)
    return noted


@pytest.fixture
def people(committing: None, government: SandboxProcess) -> Iterator[list[Holder]]:
    """Each with a card of their own, at a government that hangs once they have it."""
    make_hospital()
    CardCheck.objects.all().delete()
    make = issue_identity.__wrapped__
    holders = [
        Holder(make(government.state, "85073003328", "An Marie", "Peeters", algorithm="p384"))
        for _ in range(PEOPLE)
    ]
    government.freeze()
    try:
        yield holders
    finally:
        government.thaw()


def run(work: Any) -> threading.Thread:
    """Start `work` in a thread that leaves no connection behind."""

    def whole() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=whole, daemon=True)
    thread.start()
    return thread


def test_a_hung_authority_stops_no_page(
    people: list[Holder], calls: Calls, settings: pytest_django.Settings
) -> None:
    settings.CARD_CHECK_SECONDS = 4
    settings.REVOCATION_TIMEOUT = 3
    told: dict[int, tuple[int, str, str]] = {}
    over = threading.Event()

    def enrol(number: int) -> None:
        holder = people[number]
        started = holder.start_enrolment()
        while True:
            answer = _once(holder, started)
            if answer.status_code != 202:
                body = answer.json()
                told[number] = (answer.status_code, body["code"], body["title"])
                return
            over.wait(0.25)

    def work() -> None:
        while not over.is_set():
            check_cards()
            over.wait(0.05)

    enrolling = [run(lambda number=number: enrol(number)) for number in range(PEOPLE)]
    working = [run(work) for _ in range(WORKERS)]
    assert calls.hanging.acquire(timeout=180), "a worker asks"
    pages = 0
    while any(thread.is_alive() for thread in enrolling):
        waiting = CardCheck.objects.exclude(next_attempt_at=None).exists()
        for path in ("/accounts/login/", "/agent/v1/hello"):
            assert Client().get(path).status_code == 200
        pages += waiting
    over.set()
    for thread in working:
        thread.join(180)
    assert pages > 0, "pages answered while checks hung"
    assert set(calls.threads) <= {one.name for one in working}, "no web call asked an authority"
    assert len(calls.threads) == 1, (
        "one worker waited; the other stayed free, and nobody asked a host that hung again"
    )
    sentence = (
        "The state of this card cannot be checked right now. Nothing was lost; try again in a few minutes."
    )
    assert told == dict.fromkeys(range(PEOPLE), (503, "card_status_unknown", sentence))
    assert not Device.objects.filter(thumbprint__in=[holder.thumbprint for holder in people]).exists()


def test_the_silence_ends_by_itself(
    people: list[Holder],
    calls: Calls,
    government: SandboxProcess,
    settings: pytest_django.Settings,
) -> None:
    settings.CARD_CHECK_SECONDS = 1
    told = people[0].enrol()
    assert (told.status_code, told.json()["code"]) == (503, "card_status_unknown")
    government.thaw()
    assert people[1].enrol().status_code == 503, "nobody asks it for a while"
    assert len(calls.threads) == 1
    CardCheck.objects.exclude(silent_at=None).update(silent_at="2026-01-01T00:00Z")
    assert people[1].enrol().status_code == 201
    assert judge.SILENCE.total_seconds() <= 60


def _once(holder: Holder, started: dict[str, str]) -> Any:
    """The call that ends an enrolment, without anybody checking cards for it."""
    alone = Holder(holder.identity, device_key=holder.device_key)
    alone.call = alone.call_once  # type: ignore[method-assign]  # the workers of the test do that
    return alone.enrol(started, agree=False)
