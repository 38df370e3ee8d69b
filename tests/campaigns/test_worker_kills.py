"""The worker killed at each step of a submission: never submitted twice, always ending right.

A submission is run in a process of its own that SIGKILLs itself at one executed line. Then another worker comes along
with the clock of the sweep. Whatever happened, the government must have taken exactly one request for the key, must
have been sent it at most once, and the certificate must stand in the inventory.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates.domain.lifecycle import RequestState
from certificates.models import Certificate, CertificateRequest
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.environment import ROOT
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

SAMPLE = 4
LEAST_POINTS = 30
SEED = 20261123


@pytest.fixture(scope="module")
def committed(committing: None) -> None:
    """Rows that other processes see."""


@pytest.fixture
def hospital(committed: None) -> Hospital:
    return make_hospital()


def child_environment(government: SandboxProcess) -> dict[str, str]:
    pki = government.pki
    anchors = {
        f"CERTRA_{name.upper()}_ANCHORS": f"{pki / name / 'root.pem'},{pki / name / 'issuing.pem'}"
        for name in ("production", "acceptance")
    }
    return (
        os.environ
        | anchors
        | {
            "DJANGO_SETTINGS_MODULE": "ehportal.settings",
            "CERTRA_PRODUCTION_URL": government.production,
            "CERTRA_ACCEPTANCE_URL": government.acceptance,
            "EID_ANCHORS": str(pki / "citizen" / "root.pem"),
        }
    )


def signed_request(hospital: Hospital, holder: Holder) -> CertificateRequest:
    """A request that is signed and due, with a key and a name of its own."""
    request = hospital.step(hospital.request(application_id=f"K{uuid4().hex[:12].upper()}"))
    job = holder.job(request.job.pk)
    answer = holder.send(job.id, holder.signed(job.request, rsa.generate_private_key(65537, 2048)))
    assert answer.status_code == 202, answer.content
    return hospital.reload(request)


def run_worker(
    request: CertificateRequest, kill_at: int, environment: dict[str, str], folder: Path
) -> tuple[int, int]:
    """Run the task in a process; returns its exit status and the number of lines when it survived."""
    count = folder / "count"
    count.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.support.kill_worker", str(count), str(kill_at)]
    command += [str(request.organisation_id), str(request.pk)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode in {0, -9}, done.stderr.decode()[-2000:]
    return done.returncode, int(count.read_text()) if count.exists() else 0


def recover(hospital: Hospital, request: CertificateRequest) -> CertificateRequest:
    """Be the sweep of the next hours: take steps whenever the row is due, with the clock running ahead."""
    now = datetime.now(UTC)
    for _ in range(20):
        request = hospital.reload(request)
        if request.state == RequestState.ISSUED or request.is_final:
            return request
        assert request.next_attempt_at is not None, f"stuck in {request.state}"
        now = max(now, request.next_attempt_at) + timedelta(seconds=1)
        request = hospital.step(request, now=now)
    raise AssertionError(f"still {request.state} after twenty steps")


def assert_ended_right(hospital: Hospital, request: CertificateRequest, government: SandboxProcess) -> None:
    request = recover(hospital, request)
    assert request.state == RequestState.ISSUED, request.problem
    identifier = str(request.public_key_identifier)
    taken = [line for line in government.control_get("/control/requests") if line["pki"] == identifier]
    assert len(taken) == 1
    marker = f"OU={request.application_id},"
    sent = [
        line
        for line in government.control_get("/control/received")
        if line["operation"] == "GenerateCertificate" and marker in _text(line["body"])
    ]
    assert len(sent) == 1, f"submitted {len(sent)} times"
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.filter(public_key_identifier=identifier).count() == 1
        actions = Counter(AuditEvent.objects.filter(subject_id=request.pk).values_list("action", flat=True))
    assert actions["request_issued"] == 1
    assert actions["request_signed"] == 1


def _text(body: str) -> str:
    import base64

    return base64.b64decode(body).decode()


@pytest.mark.campaign
def test_a_killed_worker_never_submits_twice(
    hospital: Hospital,
    government: SandboxProcess,
    tmp_path: Path,
    full: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    environment = child_environment(government)

    whole = signed_request(hospital, holder)
    status, lines = run_worker(whole, 0, environment, tmp_path)
    assert status == 0
    assert lines >= LEAST_POINTS, f"only {lines} lines on the way of a submission"
    assert_ended_right(hospital, whole, government)

    points = list(range(1, lines + 1))
    if not full:
        points = sorted(random.Random(SEED).sample(points, SAMPLE))  # noqa: S311  # a reproducible sample
    elif len(points) > 120:
        points = sorted(random.Random(SEED).sample(points, 120))  # noqa: S311  # as above
    found: Counter[str] = Counter()
    for point in points:
        request = signed_request(hospital, holder)
        status, _ = run_worker(request, point, environment, tmp_path)
        assert status == -9, f"line {point} was not reached"
        found[hospital.reload(request).state] += 1
        assert_ended_right(hospital, request, government)
    with capsys.disabled():
        left = ", ".join(f"{state} {count}" for state, count in sorted(found.items()))
        print(f"\n  worker killed at {len(points)} of {lines} lines; found in: {left}; submitted twice: 0")
