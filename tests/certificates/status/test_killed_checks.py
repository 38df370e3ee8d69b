"""A check that ends its worker is leased before anything is asked, so that all others come before it."""

import subprocess
import sys

import pytest

from certificates.models import Certificate
from organisations.tenancy import acting_for
from tests.campaigns.test_worker_kills import child_environment
from tests.certificates.revocations.stages import take_in
from tests.certificates.web.shelf import shelve
from tests.environment import ROOT
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import claimable


@pytest.mark.usefixtures("committing")
def test_it_is_counted_before_anything_is_asked(government: SandboxProcess) -> None:
    hospital = make_hospital()
    deadly = take_in(hospital.organisation, government)
    others = [shelve(hospital.organisation, f"LATER{number}", 300) for number in range(2)]
    key = (hospital.organisation.pk, deadly.pk)
    command = [sys.executable, "-m", "tests.support.kill_check", *map(str, key)]
    done = subprocess.run(
        command, cwd=ROOT, env=child_environment(government), capture_output=True, timeout=300, check=False
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]
    with acting_for([hospital.organisation.pk], as_platform=True):
        after = Certificate.objects.get(pk=deadly.pk)
    assert (after.revocation_checked_at, after.revocation_status) == (None, "unknown"), "nobody has answered"
    assert (after.tries, after.next_attempt_at) == (1, after.leased_until)
    assert {row for _organisation, row in claimable("status_checks")} == {one.pk for one in others}
