"""A check that ends its worker stands behind all others at the next sweep, not before them."""

import subprocess
import sys
from datetime import timedelta

import pytest

from certificates.models import Certificate
from certificates.services.status.check import due_certificates
from organisations.tenancy import acting_for
from tests.campaigns.test_worker_kills import child_environment
from tests.certificates.revocations.stages import take_in
from tests.certificates.stages import now
from tests.certificates.web.shelf import shelve
from tests.environment import ROOT
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess


@pytest.mark.usefixtures("committing")
def test_it_is_written_down_before_anything_is_asked(government: SandboxProcess) -> None:
    hospital = make_hospital()
    deadly = take_in(hospital.organisation, government)
    long_ago = now() - timedelta(days=3)
    others = [
        shelve(
            hospital.organisation,
            f"LATER{number}",
            300,
            revocation_checked_at=long_ago,
            revocation_asked_at=at,
        )
        for number, at in enumerate((long_ago, long_ago + timedelta(days=1)))
    ]
    key = (hospital.organisation.pk, deadly.pk)
    assert due_certificates(now=now(), most=1) == [key], "it was never asked about"
    command = [sys.executable, "-m", "tests.support.kill_check", *map(str, key)]
    done = subprocess.run(
        command, cwd=ROOT, env=child_environment(government), capture_output=True, timeout=300, check=False
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]
    with acting_for([hospital.organisation.pk], as_platform=True):
        after = Certificate.objects.get(pk=deadly.pk)
    assert after.revocation_asked_at is not None
    assert (after.revocation_checked_at, after.revocation_status) == (None, "unknown"), "nobody has answered"
    due = [one for _organisation, one in due_certificates(now=now(), most=100)]
    assert due == [others[0].pk, others[1].pk, deadly.pk]
    assert due_certificates(now=now(), most=1) != [key], "however few are taken, the others come first"
