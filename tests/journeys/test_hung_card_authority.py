"""The authority of identity cards hangs while eight people enrol: with gunicorn's few threads, every page answers."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import requests
from cryptography.hazmat.primitives.serialization import Encoding

from agent.config import Config
from agent.errors import PortalError
from agent.portal.client import Portal
from agent.portal.device import new_device_key
from agent.wire.link.enrolment import enrolment_message
from agent.wire.link.proofs import public_jwk, thumbprint_bytes
from deploy.sandbox.authorities.citizens import Identity, Person, make_identity
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.state.store import Store
from deploy.stack.demo.accounts import MAASDAL
from tests.journeys.conftest import World
from tests.support.effort import PATIENCE, until
from tests.support.holder import raw_sign

PEOPLE = 8


@contextmanager
def hanging(world: World) -> Iterator[None]:
    """Whoever calls the sandbox is taken up and not answered."""
    [process] = [one for name, one in world.stack.processes.running if name == "sandbox"]
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def cards(world: World) -> list[Identity]:
    """Eight cards of the same holder, each with keys of its own."""
    state = world.stack.folder / "sandbox"
    store = Store(state)
    pki, holder = Pki.load(state, store), Person(MAASDAL.ssin, MAASDAL.first_names, MAASDAL.surname)
    now = datetime.now(UTC)
    return [make_identity(pki, store, holder, now, algorithm="p384") for _ in range(PEOPLE)]


def enrol(origin: str, card: Identity, folder: Path) -> str:
    """Enrol a workstation with the agent's own client; returns "enrolled" or the code of the refusal."""
    key = new_device_key()
    portal = Portal(Config(folder, (), folder, "en", False, None), origin, key, "en")
    identifier, nonce = portal.start_enrolment()
    message = enrolment_message(origin, nonce, thumbprint_bytes(public_jwk(key)))
    chain = (card.authentication, card.authority, card.root)
    try:
        portal.finish_enrolment(
            identifier,
            signature=raw_sign(card.authentication_key, message),
            algorithm="ES384",
            chain=tuple(one.public_bytes(Encoding.DER) for one in chain),
            label="one of eight",
        )
    except PortalError as error:
        return error.code
    return "enrolled"


def test_pages_answer_while_the_authority_of_cards_hangs(world: World, tmp_path: Path) -> None:
    made, origin = cards(world), world.stack.origin
    with ThreadPoolExecutor(PEOPLE) as people, hanging(world):
        ends = [people.submit(enrol, origin, card, tmp_path) for card in made]
        pages = 0
        while not all(end.done() for end in ends):
            answer = requests.get(f"{origin}/accounts/login/", timeout=PATIENCE)
            assert answer.status_code == 200
            pages += not any(end.done() for end in ends)
        told = [end.result(PATIENCE) for end in ends]
    assert pages > 0, "pages answered before anybody's check had come to its end"
    assert told == ["card_status_unknown"] * PEOPLE
    # The authority is asked again by itself, once its silence is over.
    until(lambda: enrol(origin, made[0], tmp_path) == "enrolled", "the enrolment")
