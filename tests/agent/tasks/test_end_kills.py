"""The agent killed while it clears away a finished job: the next run ends it, and asks for nothing."""

import signal

import pytest

from agent.stores.contents import encryption_entries, open_store
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation

MODULES = ("pending.py",)
"""Only these lines are counted, so that the last ones are those of `Pending.forget`."""


def _run(workstation: Workstation, job_id: str, kill_at: int) -> tuple[int, str]:
    count = workstation.home / "count"
    return workstation.run(
        job_id, launcher=["-m", "tests.support.kill", str(count), str(kill_at), *MODULES, "--"]
    )


@pytest.mark.parametrize("before_the_end", [3, 6, 9])
def test_a_job_that_was_being_cleared_away_ends_at_the_next_run(
    enrolled: Workstation, server: Counterpart, before_the_end: int
) -> None:
    dry = server.add_job(application_id="E0", token=True)
    assert _run(enrolled, dry.id, 0)[0] == 0
    lines = int((enrolled.home / "count").read_text())
    job = server.add_job(application_id="E1", token=True)
    code, screen = _run(enrolled, job.id, lines - before_the_end)
    assert code == -signal.SIGKILL, screen
    assert enrolled.pending, "the state goes last"
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "Traceback" not in screen
    assert enrolled.pending == []
    for store in enrolled.stores:
        assert len(encryption_entries(open_store(store.read_bytes(), PASSWORD))) == 1
