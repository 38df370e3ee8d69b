"""A status service that hangs costs a few calls, not one for each certificate; what was known stays known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import pytest_django
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import RevocationStatus
from certificates.domain.x509 import read_certificate
from certificates.models import Certificate
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.status.check import check_revocation
from certificates.web.inventory.pages import _silent_since
from organisations.domain.work import Lane
from organisations.models import Circuit
from organisations.services.audit import Actor
from organisations.services.circuits import SharedCircuits
from organisations.tenancy import acting_for
from outside.circuits import keep_circuits
from tests.support.hospital import Hospital
from tests.support.responder import World, outside
from tests.support.work import work_off

ROWS = 5


@pytest.fixture
def world() -> Iterator[World]:
    with outside() as made:
        yield made


@pytest.fixture
def hung(world: World, settings: pytest_django.Settings, every_call_is_made: None) -> Iterator[Event]:
    """Nothing there answers until the event is set; the circuits are the installation's."""
    answered = Event()

    def hang(_question: bytes) -> bytes:
        answered.wait(60)
        return b""

    for path in ("/issuing.ocsp", "/issuing.crl", "/issuing.delta", "/root.crl"):
        world.answers[path] = hang
    settings.REVOCATION_TIMEOUT, settings.CIRCUIT_FAILURES, settings.CIRCUIT_REST = 0.3, 3, 900
    keep_circuits(SharedCircuits())
    yield answered
    answered.set()


@pytest.fixture
def certificates(
    hospital: Hospital,
    world: World,
    settings: pytest_django.Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Certificate]:
    """Certificates of one issuer, all due."""
    roots = tmp_path_factory.mktemp("anchors") / "root.pem"
    roots.write_bytes(world.root.public_bytes(Encoding.PEM))
    settings.CERTRA_ANCHORS = {"production": [str(roots)], "acceptance": []}
    return [kept(hospital, world, number) for number in range(ROWS)]


def kept(hospital: Hospital, world: World, number: int) -> Certificate:
    leaf: x509.Certificate = world._issue(
        f"Leaf {number}", world.keys[2], "World Issuing", world.keys[1], path="issuing"
    )
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        certificate, _new = add_certificate(
            hospital.organisation,
            read_certificate(leaf.public_bytes(Encoding.DER)),
            environment=Environment.PRODUCTION,
            chain=[world.issuing.public_bytes(Encoding.DER)],
            chain_trusted=True,
            source="import",
            actor=Actor.platform(),
            now=now,
        )
        Certificate.objects.filter(pk=certificate.pk).update(
            next_attempt_at=now - timedelta(minutes=1), revocation_status=RevocationStatus.GOOD
        )
    return certificate


def reread(certificate: Certificate) -> Certificate:
    with acting_for([certificate.organisation_id], as_platform=True):
        return Certificate.objects.get(pk=certificate.pk)


def test_a_hung_responder_costs_three_calls_and_not_one_a_row(
    certificates: list[Certificate], world: World, hung: Event
) -> None:
    assert work_off(Lane.STATUS) == ROWS
    assert len(world.asked) == 3, world.asked
    known = Circuit.objects.get()
    assert known.open_until is not None
    rows = [reread(one) for one in certificates]
    assert {one.revocation_status for one in rows} == {RevocationStatus.GOOD}, "what was known stands"
    for one in rows:
        assert one.next_attempt_at is not None
        assert known.open_until < one.next_attempt_at < known.open_until + timedelta(minutes=2)
    assert _silent_since(rows[0]), "and their pages say so"


def test_it_closes_by_itself_when_the_service_answers(
    certificates: list[Certificate], world: World, hung: Event
) -> None:
    work_off(Lane.STATUS)
    hung.set()
    world.list_of("issuing", [])
    world.list_of("root", [])
    Circuit.objects.update(open_until=datetime.now(UTC) - timedelta(minutes=1))
    for one in certificates:
        check_revocation(one.organisation_id, one.pk, now=datetime.now(UTC))
    assert not Circuit.objects.exists()
    rows = [reread(one) for one in certificates]
    assert {one.revocation_status for one in rows} == {RevocationStatus.GOOD}
    assert _silent_since(rows[0]) == ""
