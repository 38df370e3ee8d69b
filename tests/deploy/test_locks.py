"""The locks: each holds what is wished for it, all of one version, and production nothing of demo and tests."""

import tomllib

import pytest
from packaging.requirements import Requirement

from deploy.locks import AGENT, DEMO, LOCKS, SERVER, TEST, Lock, pinned
from tests.environment import ROOT


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_lock_holds_what_is_wished(lock: Lock) -> None:
    held = pinned(lock.file)
    for wish in map(Requirement, lock.wished()):
        if wish.marker is None or wish.marker.evaluate():
            name = wish.name.lower().replace("_", "-")
            assert name in held, f"{lock.name} lacks {name}: python -m deploy.locks"
            assert wish.specifier.contains(held[name]), f"{lock.name}: {name} {held[name]}"


@pytest.mark.parametrize("lock", [DEMO, SERVER, AGENT], ids=lambda lock: lock.name)
def test_all_run_what_was_tested(lock: Lock) -> None:
    tested = pinned(TEST.file)
    assert {name: version for name, version in pinned(lock.file).items() if tested.get(name) != version} == {}


def test_production_has_nothing_of_demo_tests_and_agent() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    server = pinned(SERVER.file)
    for extra in ("demo", "test"):
        for wish in map(Requirement, extras[extra]):
            assert wish.name.lower() not in server, wish.name
    assert not {"rich", "keyring", "pykcs11", "zxcvbn"} & set(server)
    assert not {"django", "celery", "gunicorn", "psycopg"} & set(pinned(AGENT.file))
