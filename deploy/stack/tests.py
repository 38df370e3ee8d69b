"""`deploy/test`: compile the texts, then pytest. Everything else the tests start themselves."""

import os
import sys

from deploy.stack import translations
from deploy.stack.bootstrap import ROOT


def main() -> None:
    """Replace this process by pytest."""
    translations.compile_catalogues()
    os.chdir(ROOT)
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    os.execv(sys.executable, command)  # noqa: S606  # our own interpreter


if __name__ == "__main__":
    main()
