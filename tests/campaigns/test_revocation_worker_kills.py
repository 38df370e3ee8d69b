"""The worker killed at each step of a revocation: never sent twice, always ending with outside evidence.

Two steps are killed: the sending of what was signed, and the look for evidence that completes it.
"""

import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certificates.domain.revocation import RevocationState
from certificates.domain.validity import RevocationStatus
from certificates.models import Revocation
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.campaigns.test_worker_kills import child_environment
from tests.certificates.revocations.stages import ask, messages, reload, sign, step, take_in
from tests.environment import ROOT
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

SAMPLE = 3
MOST = 60
LEAST_POINTS = 30
SEED = 20261125
S = RevocationState


@pytest.fixture(scope="module")
def committed(committing: None) -> None:
    """Rows that other processes see."""


@pytest.fixture
def hospital(committed: None) -> Hospital:
    return make_hospital()


@pytest.fixture
def holder(hospital: Hospital, government: SandboxProcess) -> Holder:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    return holder


def brought_to(
    hospital: Hospital, holder: Holder, government: SandboxProcess, state: RevocationState
) -> Revocation:
    """A revocation of a certificate of its own that is due in `state`."""
    revocation = step(hospital, ask(hospital, take_in(hospital.organisation, government)))
    revocation = sign(hospital, holder, revocation)
    if state is S.AWAITING_EVIDENCE:
        revocation = step(hospital, revocation)
    assert revocation.state == state, revocation.problem
    with acting_for([hospital.organisation.pk], as_platform=True):
        Revocation.objects.filter(pk=revocation.pk).update(next_attempt_at=datetime.now(UTC))
    return reload(hospital, revocation)


def run_worker(
    revocation: Revocation, kill_at: int, environment: dict[str, str], folder: Path
) -> tuple[int, int]:
    """Run the task in a process; returns its exit status and the number of lines when it survived."""
    count = folder / "count"
    count.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.support.kill_worker", str(count), str(kill_at)]
    command += [str(revocation.organisation_id), str(revocation.pk), "revocation"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode in {0, -9}, done.stderr.decode()[-2000:]
    return done.returncode, int(count.read_text()) if count.exists() else 0


def assert_ended_right(hospital: Hospital, revocation: Revocation, government: SandboxProcess) -> None:
    """Be the sweep of the next hours; then everything must be true of the end."""
    now = datetime.now(UTC)
    for _ in range(20):
        revocation = reload(hospital, revocation)
        if revocation.is_final:
            break
        assert revocation.next_attempt_at is not None, f"stuck in {revocation.state}"
        now = max(now, revocation.next_attempt_at) + timedelta(seconds=1)
        revocation = step(hospital, revocation, now=now)
    assert revocation.state == S.COMPLETED, revocation.problem
    assert revocation.evidence is not None
    assert revocation.certificate.revocation_status == RevocationStatus.REVOKED
    assert messages(government, revocation) == ["success"]
    with acting_for([hospital.organisation.pk], as_platform=True):
        actions = Counter(
            AuditEvent.objects.filter(subject_id__in=[revocation.pk, revocation.certificate_id]).values_list(
                "action", flat=True
            )
        )
    assert actions["revocation_completed"] == 1
    assert actions["revocation_signed"] == 1
    assert actions["certificate_found_revoked"] == 1


@pytest.mark.campaign
@pytest.mark.parametrize("state", [S.SIGNED, S.AWAITING_EVIDENCE])
def test_a_killed_worker_never_revokes_twice(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    tmp_path: Path,
    full: bool,
    capsys: pytest.CaptureFixture[str],
    state: RevocationState,
) -> None:
    environment = child_environment(government)
    # The first of them has an authority's answers fetched and kept: the way of those that follow is another.
    for _ in range(2):
        whole = brought_to(hospital, holder, government, state)
        status, lines = run_worker(whole, 0, environment, tmp_path)
        assert status == 0
    assert lines >= LEAST_POINTS, f"only {lines} lines on the way"
    assert_ended_right(hospital, whole, government)

    points = list(range(1, lines + 1))
    most = min(len(points), MOST) if full else SAMPLE
    points = sorted(random.Random(SEED).sample(points, most))  # noqa: S311  # a reproducible sample
    found: Counter[str] = Counter()
    for point in points:
        revocation = brought_to(hospital, holder, government, state)
        status, _ = run_worker(revocation, point, environment, tmp_path)
        assert status == -9, f"line {point} was not reached"
        found[reload(hospital, revocation).state] += 1
        assert_ended_right(hospital, revocation, government)
    with capsys.disabled():
        left = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
        print(
            f"\n  {state}: worker killed at {len(points)} of {lines} lines; found in: {left}; sent twice: 0"
        )
