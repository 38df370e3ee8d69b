"""Runs one task as a worker would, and kills the process at the n-th line it executes on the way of a submission.

    python -m tests.support.kill_worker COUNT_FILE N ORGANISATION ROW [foreign|revocation]

With "foreign" the row is the request of a foreign care provider, with "revocation" a revocation. With N = 0 nothing is
killed; the number of lines goes to COUNT_FILE. The product knows nothing of it.
"""

import os
import sys
from pathlib import Path
from uuid import UUID

import django

from tests.support.kill import LineCounter

ROOT = Path(__file__).resolve().parents[2]
STEPS = (
    "certificates/services/requests/work.py",
    "certificates/services/requests/submit.py",
    "certificates/services/signing/send_once.py",
    "certificates/services/signing/sole_sender.py",
    "certificates/services/signing/ask_later.py",
    "certificates/services/requests/reconcile.py",
    "certificates/services/requests/collect.py",
    "certificates/services/requests/delivery.py",
    "certificates/services/foreigners/work.py",
    "certificates/services/foreigners/submit.py",
    "certificates/services/foreigners/collect.py",
    "certificates/services/inventory/add_certificate.py",
    "organisations/services/work/claims.py",
    "organisations/services/work/drain.py",
    "certificates/services/status/check.py",
    "certificates/services/status/note_revoked.py",
    "certificates/services/revocations/work.py",
    "certificates/services/revocations/submit.py",
    "certificates/services/revocations/evidence.py",
    "certificates/services/signing/transition.py",
    "certificates/certra/client.py",
    "certificates/certra/soap.py",
    "certificates/certra/transport/http.py",
    "certificates/certra/answers.py",
    "outside/circuits.py",
    "outside/http.py",
    "outside/sockets.py",
    "organisations/services/circuits.py",
    "organisations/services/audit.py",
    "organisations/tenancy.py",
)


def main() -> None:
    count_file, kill_at, organisation, request, *kind = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    django.setup()
    from ehportal.lanes import KINDS
    from organisations.services.work.claims import claim_this
    from organisations.services.work.drain import take_up

    names = {"foreign": "foreign_requests", "revocation": "revocations"}
    name = names[kind[0]] if kind else "requests"
    [work] = [one for one in KINDS if one.name == name]
    counter = LineCounter(frozenset(str(ROOT / step) for step in STEPS), int(kill_at))
    sys.settrace(counter)
    try:
        claimed = claim_this(work, f"worker {kill_at}", UUID(organisation), UUID(request))
        if claimed is not None:
            take_up(claimed)
    finally:
        sys.settrace(None)
        Path(count_file).write_text(str(counter.count))


if __name__ == "__main__":
    main()
