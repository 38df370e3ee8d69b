"""Freezes the messages of today, once, when a protocol is new; frozen files are never written again.

    deploy/test tests/wire/frozen/freeze.py

It refuses where the newest protocol is frozen already: a protocol stays as it is, what differs is a new one.
"""

import json

import pytest

from agent.wire.protocol import NEWEST
from tests.support.sandbox import SandboxProcess
from tests.wire.frozen.live import play_live
from tests.wire.frozen.script import FOLDER, origin
from tests.wire.jobs.test_documents import JOBS

pytestmark = pytest.mark.django_db


def test_freeze(government: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    place = FOLDER / f"protocol_{NEWEST}"
    assert not (place / "sitting.json").exists(), "a new message needs a new protocol"
    live = play_live(government, monkeypatch)
    place.mkdir(exist_ok=True)
    sitting = {
        "origin": origin(),
        "jwk": live.jwk,
        "results": live.sitting.results,
        "exchanges": live.exchanges,
    }
    jobs = {name: job.to_json() for name, job in JOBS.items()}
    for name, value in (("sitting.json", sitting), ("jobs.json", jobs)):
        (place / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
