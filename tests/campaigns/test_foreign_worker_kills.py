"""The worker killed while it submits a foreign care provider's request: never submitted twice, always ending right."""

import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from tests.campaigns.test_worker_kills import child_environment
from tests.certificates.foreigners.stages import Foreigner, make_foreigner, times_sent
from tests.environment import ROOT
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

SAMPLE, LEAST_POINTS, SEED = 4, 30, 20261125


@pytest.fixture(scope="module")
def committed(committing: None) -> None:
    """Rows that other processes see."""


@pytest.fixture
def hospital(committed: None) -> Hospital:
    return make_hospital()


def _ready(hospital: Hospital, government: SandboxProcess) -> tuple[Foreigner, ForeignRequest]:
    foreigner = make_foreigner(hospital, government)
    return foreigner, foreigner.send_csr(foreigner.ask())


def _run(request: ForeignRequest, kill_at: int, environment: dict[str, str], folder: Path) -> tuple[int, int]:
    count = folder / "count"
    count.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.support.kill_worker", str(count), str(kill_at)]
    command += [str(request.organisation_id), str(request.pk), "foreign"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode in {0, -9}, done.stderr.decode()[-2000:]
    return done.returncode, int(count.read_text()) if count.exists() else 0


def _finished(foreigner: Foreigner, request: ForeignRequest) -> ForeignRequest:
    """Be the sweep of the next hours, with the clock running ahead, until the government has the request."""
    now = datetime.now(UTC)
    for _ in range(20):
        request = foreigner.reload(request)
        if request.state == ForeignState.AWAITING_CONFIRMATION:
            return request
        assert request.next_attempt_at is not None, f"stuck in {request.state}"
        now = max(now, request.next_attempt_at) + timedelta(seconds=1)
        request = foreigner.step(request, now=now)
    raise AssertionError(f"still {request.state} after twenty steps")


@pytest.mark.campaign
def test_a_killed_worker_never_submits_a_foreigner_twice(
    hospital: Hospital,
    government: SandboxProcess,
    tmp_path: Path,
    full: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = child_environment(government)

    def checked(kill_at: int) -> tuple[int, int, str]:
        foreigner, request = _ready(hospital, government)
        status, lines = _run(request, kill_at, environment, tmp_path)
        found = str(foreigner.reload(request).state)
        request = _finished(foreigner, request)
        assert times_sent(government, request) == 1
        assert foreigner.actions(request).count("foreign_awaiting_confirmation") == 1
        return status, lines, found

    status, lines, _ = checked(0)
    assert status == 0
    assert lines >= LEAST_POINTS, f"only {lines} lines on the way of a submission"
    points = list(range(1, lines + 1))
    if not full or len(points) > 120:
        points = sorted(random.Random(SEED).sample(points, min(len(points), 120 if full else SAMPLE)))  # noqa: S311  # a reproducible sample
    found: Counter[str] = Counter()
    for point in points:
        status, _, state = checked(point)
        assert status == -9, f"line {point} was not reached"
        found[state] += 1
    with capsys.disabled():
        left = ", ".join(f"{state} {count}" for state, count in sorted(found.items()))
        print(
            f"\n  foreign worker killed at {len(points)} of {lines} lines; found in: {left}; submitted twice: 0"
        )
