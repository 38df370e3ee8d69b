"""Runs one task as a worker would, and kills the process at the n-th line it executes on the way of a submission.

    python -m tests.support.kill_worker COUNT_FILE N ORGANISATION ROW [foreign|revocation]

With "foreign" the row is the request of a foreign care provider, with "revocation" a revocation. With N = 0 nothing is
killed; the number of lines goes to COUNT_FILE. The product knows nothing of it.
"""

import os
import sys
from pathlib import Path
from typing import Any

import django

from tests.support.kill import LineCounter

ROOT = Path(__file__).resolve().parents[2]
STEPS = (
    "certificates/services/requests/work.py",
    "certificates/services/requests/submit.py",
    "certificates/services/signing/send_once.py",
    "certificates/services/signing/ask_later.py",
    "certificates/services/requests/reconcile.py",
    "certificates/services/requests/collect.py",
    "certificates/services/requests/delivery.py",
    "certificates/services/foreigners/work.py",
    "certificates/services/foreigners/submit.py",
    "certificates/services/foreigners/collect.py",
    "certificates/services/inventory/add_certificate.py",
    "certificates/services/signing/due_work.py",
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
    "organisations/services/audit.py",
    "organisations/tenancy.py",
)


def main() -> None:
    count_file, kill_at, organisation, request, *kind = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    django.setup()
    from certificates.tasks import work_on_foreign_request, work_on_request, work_on_revocation

    tasks: dict[str, Any] = {"foreign": work_on_foreign_request, "revocation": work_on_revocation}
    task = tasks[kind[0]] if kind else work_on_request
    counter = LineCounter(frozenset(str(ROOT / step) for step in STEPS), int(kill_at))
    sys.settrace(counter)
    try:
        task.run(organisation, request)
    finally:
        sys.settrace(None)
        Path(count_file).write_text(str(counter.count))


if __name__ == "__main__":
    main()
