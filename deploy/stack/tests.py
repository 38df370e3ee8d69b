"""`deploy/test`: compile the texts, then pytest. Everything else the tests start themselves."""

import os
import sys

from deploy.stack.bootstrap import ROOT
from ehportal.operation import catalogues


def main() -> None:
    """Replace this process by pytest: the whole on all processors, a choice of tests in one process."""
    catalogues.compile_catalogues()
    os.chdir(ROOT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # the import above named the product's own
    chosen = sys.argv[1:] or ["--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile"]
    command = [sys.executable, "-m", "pytest", *chosen]
    os.execv(sys.executable, command)  # noqa: S606  # our own interpreter


if __name__ == "__main__":
    main()
