"""The rehearsal of the migrations since the last release, with few rows: each is played and said with its locks."""

import os
import re
import subprocess
import sys

from deploy.stack.rehearsal import RELEASED
from tests.environment import ROOT


def test_each_migration_since_the_last_release_is_played(admin_url: str) -> None:
    command = [sys.executable, "-m", "deploy.stack.rehearsal", "--rows", "400"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"DATABASE_ADMIN_URL": admin_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    # How long a lock lasts is the machine's affair: 1 says that one was long, anything else is a failure.
    assert done.returncode in (0, 1), done.stderr[-3000:]
    assert "400 certificates of 200 organisations" in done.stdout
    played = re.findall(r"^(organisations|certificates) (\d{4})_", done.stdout, re.MULTILINE)
    for app, released in RELEASED:
        here = {
            path.name[:4] for path in (ROOT / app / "migrations").glob("[0-9]*.py") if path.stem > released
        }
        assert {number for name, number in played if name == app} == here
