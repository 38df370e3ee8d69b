"""Runs one check of a certificate's status as a worker would, and kills the process as soon as the judging begins.

    python -m tests.support.kill_check ORGANISATION CERTIFICATE

So ends a worker whose hard time limit comes, or whose library takes all its memory. The product knows nothing of it.
"""

import os
import sys
from pathlib import Path
from uuid import UUID

import django

from tests.support.kill import LineCounter

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    organisation, certificate = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    django.setup()
    from ehportal.lanes import KINDS
    from organisations.services.work.claims import claim_this
    from organisations.services.work.drain import take_up

    [kind] = [one for one in KINDS if one.name == "status_checks"]
    claimed = claim_this(kind, "a worker", UUID(organisation), UUID(certificate))
    sys.settrace(LineCounter(frozenset({str(ROOT / "certificates/trust/paths.py")}), 1))
    if claimed is not None:
        take_up(claimed)


if __name__ == "__main__":
    main()
