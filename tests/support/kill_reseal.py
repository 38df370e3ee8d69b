"""Runs `manage.py reseal` in batches of one, and kills the process at the n-th line it executes on its way.

    python -m tests.support.kill_reseal COUNT_FILE N

With N = 0 nothing is killed; the number of lines goes to COUNT_FILE. The product knows nothing of it.
"""

import os
import sys
from pathlib import Path

import django

from tests.support.kill import LineCounter

ROOT = Path(__file__).resolve().parents[2]
STEPS = (
    "ehportal/keys/sealed.py",
    "ehportal/keys/numbers.py",
    "ehportal/management/commands/reseal.py",
)


def main() -> None:
    count_file, kill_at = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    django.setup()
    from django.core.management import call_command

    from ehportal.keys import numbers, sealed

    sealed.AT_ONCE = numbers.AT_ONCE = 1
    counter = LineCounter(frozenset(str(ROOT / step) for step in STEPS), int(kill_at))
    sys.settrace(counter)
    try:
        call_command("reseal", skip_checks=True)
    finally:
        sys.settrace(None)
        Path(count_file).write_text(str(counter.count))


if __name__ == "__main__":
    main()
