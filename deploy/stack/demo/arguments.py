"""What `deploy/demo` may be told. Standard library only: `--help` answers before anything is installed."""

import argparse
import os
from pathlib import Path

from deploy.stack.demo.folder import FOLDER


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    made = argparse.ArgumentParser(
        prog="deploy/demo",
        description="ehportal on this machine, with everything it needs: PostgreSQL, Redis, the sandbox, "
        "web server, worker, two hospitals and their virtual identity cards. State is kept between starts.",
        epilog="DATABASE_URL (its role must be able to create roles and databases), REDIS_URL and --port may differ.",
    )
    made.add_argument("--fresh", action="store_true", help="forget everything and start over")
    made.add_argument(
        "--once", action="store_true", help="play the whole journey unattended, print each step, and stop"
    )
    made.add_argument(
        "--code", metavar="EMAIL", help="print the sign-in code of a demo account, and nothing else"
    )
    made.add_argument("--port", type=int, default=int(os.environ.get("PORT", "0")), help="of the web server")
    made.add_argument("--folder", type=Path, default=FOLDER, help="where the state is kept")
    return made
