"""Circuits: a host that keeps us waiting costs a few calls. Nothing is written while all is well."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_django
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organisations.models import Circuit
from organisations.services.circuits import SharedCircuits
from outside import circuits as ways
from outside.circuits import Admitted, Outcome, calling, keep_circuits, rest_of, silent_since, watch_calls
from outside.errors import NoAnswer, NotSent, Resting
from outside.http import exchange, host_of
from outside.sockets import Limits
from tests.certificates.certra.wires import free_port
from tests.outside.slow_servers import serving
from tests.outside.test_exchange import hanging, saying

pytestmark = pytest.mark.django_db
HOST = "slow.example:443"
HURRIED = Limits(connecting=60, silence=0.2, total=60)
AGES = timedelta(days=1)


@pytest.fixture(autouse=True)
def shared(every_call_is_made: None, settings: pytest_django.Settings) -> None:
    """The installation's circuits; the next test has none again."""
    settings.CIRCUIT_FAILURES, settings.CIRCUIT_REST = 3, 900
    keep_circuits(SharedCircuits())


@pytest.fixture
def heard() -> Iterator[list[Outcome]]:
    """The outcomes that metrics are told."""
    told: list[Outcome] = []

    def watch(_host: str, outcome: Outcome, _seconds: float) -> None:
        told.append(outcome)

    watch_calls(watch)
    yield told
    ways._watchers.remove(watch)


def late(times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(NoAnswer), calling(HOST):
            raise NoAnswer("no answer in time") from TimeoutError()


def works() -> None:
    with calling(HOST):
        pass


def rest_is_over() -> None:
    Circuit.objects.update(open_until=datetime.now(UTC) - AGES)


def test_nothing_is_written_while_all_is_well() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        works()
    assert [one["sql"].split()[0] for one in asked] == ["SELECT"]
    assert not Circuit.objects.exists()


def test_a_few_late_answers_in_a_row_open_it(heard: list[Outcome]) -> None:
    late(2)
    works()
    assert not Circuit.objects.exists(), "one answer, and all is forgotten"
    late(3)
    with pytest.raises(Resting) as resting, calling(HOST):
        raise AssertionError("nobody calls")
    known = Circuit.objects.get()
    assert (resting.value.since, resting.value.until) == (known.failing_since, known.open_until)
    assert silent_since(HOST) == known.failing_since
    assert rest_of(HOST) is not None
    assert rest_of("other.example:443") is None
    expected = [Outcome.LATE] * 2 + [Outcome.ANSWERED] + [Outcome.LATE] * 3 + [Outcome.RESTING]
    assert heard == expected


def test_one_tries_and_the_others_wait_for_what_it_finds() -> None:
    late(3)
    rest_is_over()
    assert rest_of(HOST) is None
    with calling(HOST), pytest.raises(Resting), calling(HOST):
        raise AssertionError("somebody tries it already")
    assert not Circuit.objects.exists(), "it closes by itself"
    works()


def test_each_attempt_in_vain_makes_the_rest_longer() -> None:
    late(3)
    rests = []
    for _ in range(8):
        known = Circuit.objects.get()
        assert known.open_until is not None
        rests.append(round((known.open_until - datetime.now(UTC)).total_seconds() / 900))
        rest_is_over()
        late()
    assert rests == sorted(rests)
    assert rests[:3] == [1, 2, 4]
    assert rests[-1] == 32, "an hour must not become a week"


def test_one_who_died_trying_leaves_it_to_another() -> None:
    late(3)
    rest_is_over()
    assert SharedCircuits().admit(HOST) is Admitted.PROBE
    with pytest.raises(Resting):
        SharedCircuits().admit(HOST)
    rest_is_over()
    assert SharedCircuits().admit(HOST) is Admitted.PROBE


def test_calls_that_were_on_their_way_when_it_opened_make_the_rest_no_longer() -> None:
    """Eight hang in the same second: the third opens it, and the five after it say nothing new."""
    shared = SharedCircuits()
    assert [shared.admit(HOST) for _ in range(8)] == [Admitted.CALM] * 8
    for _ in range(3):
        shared.failed(HOST, probing=False)
    opened = Circuit.objects.get()
    for _ in range(5):
        shared.failed(HOST, probing=False)
    after = Circuit.objects.get()
    assert (after.open_until, after.failures) == (opened.open_until, opened.failures)
    rest_is_over()
    assert shared.admit(HOST) is Admitted.PROBE
    shared.failed(HOST, probing=True)
    assert Circuit.objects.get().failures == opened.failures + 1


def test_a_refusal_at_once_costs_nobody_anything(heard: list[Outcome]) -> None:
    port = free_port()
    for _ in range(5):
        with pytest.raises(NotSent) as refused:
            ask(port)
        assert not isinstance(refused.value, Resting)
    assert not Circuit.objects.exists()
    assert heard == [Outcome.REFUSED] * 5


def test_a_hung_host_costs_three_calls_whoever_asks() -> None:
    with serving(hanging) as server:
        for number in range(10):
            with pytest.raises(NoAnswer if number < 3 else Resting):
                ask(server.port)
        assert server.connections == 3


def test_an_answer_closes_it_whatever_it_says() -> None:
    with serving(saying(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")) as server:
        name = f"127.0.0.1:{server.port}"
        since = datetime.now(UTC) - AGES
        Circuit.objects.create(host=name, failures=7, failing_since=since, open_until=since)
        assert silent_since(name) == since
        ask(server.port)
    assert not Circuit.objects.exists()


def ask(port: int) -> None:
    exchange("GET", f"http://127.0.0.1:{port}/", headers={}, limits=HURRIED, most_bytes=100)


def test_one_who_calls_apart_is_not_judged_for_others_nor_they_for_it(heard: list[Outcome]) -> None:
    with serving(hanging) as server:
        address = f"http://127.0.0.1:{server.port}/"
        for _ in range(4):
            with pytest.raises((NoAnswer, Resting)):
                exchange(
                    "POST",
                    address,
                    headers={},
                    limits=HURRIED,
                    most_bytes=9,
                    apart=("webhook 1", "webhooks"),
                )
        assert rest_of("webhook 1") is not None
        assert rest_of(host_of(address)) is None
    assert heard.count(Outcome.RESTING) == 1
