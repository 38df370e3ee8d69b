"""The agent's log, `agent.log` in its home: codes of card and middleware, for whoever helps.

No PIN, name or number is in it.
"""

import logging
import logging.handlers
import os
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 256 * 1024


def start_log(home: Path) -> None:
    """Write the agent's log into `home` from now on, one older file kept; where that cannot be written, nothing."""
    logger = logging.getLogger("agent")
    logging.raiseExceptions = False
    file = home / "agent.log"
    try:
        os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            file, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for old in logger.handlers:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
