"""Workers that stand still, or whose clocks are wrong: never is a second copy of a submission in flight."""

import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from tests.campaigns.test_worker_kills import (
    assert_ended_right,
    child_environment,
    signed_request,
)
from tests.certificates.stages import fault, times_sent
from tests.environment import ROOT
from tests.support.effort import PATIENCE, until
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

SAMPLE = 5
SEED = 20261129
MONTH = 31 * 86400
NO_RESTS = {"CIRCUIT_FAILURES": "100000"}
"""Whoever stood still takes the host for slow: after three of them its circuit would open, and nobody would call."""


@pytest.fixture(scope="module")
def committed(committing: None) -> None:
    """Rows that other processes see."""


@pytest.fixture
def hospital(committed: None) -> Hospital:
    return make_hospital()


@pytest.fixture
def holder(hospital: Hospital, government: SandboxProcess) -> Holder:
    made = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert made.enrol().status_code == 201
    return made


def worker(government: SandboxProcess, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.stop_worker", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=child_environment(government) | NO_RESTS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def ends(process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said.decode()[-2000:]


ASKING = {RequestState.OUTCOME_UNKNOWN, RequestState.AWAITING_CERTIFICATE, RequestState.ISSUED}


def others_go_on(hospital: Hospital, request: CertificateRequest) -> None:
    """Be the other workers of the next weeks: they ask and ask, and send nothing while the stopped one may."""
    now = datetime.now(UTC)
    request = hospital.reload(request)
    for _ in range(8):
        if request.state == RequestState.ISSUED:
            return
        assert request.next_attempt_at is not None, f"stuck in {request.state}"
        now = max(now, request.next_attempt_at) + timedelta(seconds=1)
        request = hospital.step(request, now=now)
        assert request.state in ASKING


@pytest.mark.campaign
def test_a_stopped_worker_sends_nothing_after_its_time(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    tmp_path: Path,
    full: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    count = tmp_path / "count"
    whole = signed_request(hospital, holder)
    ends(worker(government, "stop", str(count), "0", str(whole.organisation_id), str(whole.pk)))
    lines = int(count.read_text())
    assert lines > 50
    assert_ended_right(hospital, whole, government)

    points = list(range(1, lines + 1))
    if not full:
        points = sorted(random.Random(SEED).sample(points, SAMPLE))  # noqa: S311  # a reproducible sample
    elif len(points) > 120:
        points = sorted(random.Random(SEED).sample(points, 120))  # noqa: S311  # as above
    late = 0
    for point in points:
        request = signed_request(hospital, holder)
        child = worker(
            government, "stop", str(count), str(point), str(request.organisation_id), str(request.pk)
        )
        try:
            _, status = os.waitpid(child.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status), f"line {point} was not reached"
            others_go_on(hospital, request)
            late += times_sent(government, request) == 0
        finally:
            os.kill(child.pid, signal.SIGCONT)
        ends(child)
        assert_ended_right(hospital, request, government)
    with capsys.disabled():
        print(
            f"\n  worker stopped at {len(points)} of {lines} lines of a call, {late} times unsent; sent twice: 0"
        )


@pytest.mark.parametrize("kind", ["slow:3", "drip:0.01"])
def test_two_workers_of_different_clocks_send_one_copy(
    hospital: Hospital, holder: Holder, government: SandboxProcess, kind: str
) -> None:
    """One is a month ahead, the other a month behind; both look while the one that was first waits for its answer."""
    request = signed_request(hospital, holder)
    fault(government, kind, "GenerateCertificate")
    ahead, behind = (worker(government, "clock", str(off)) for off in (MONTH, -MONTH))
    until(lambda: hospital.reload(request).state != RequestState.SIGNED, "a submission")
    again = worker(government, "clock", str(MONTH))
    for process in (ahead, behind, again):
        ends(process)
    assert times_sent(government, request) == 1
    assert_ended_right(hospital, request, government)
