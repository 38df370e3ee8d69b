"""What gunicorn takes by itself where it is started in this folder: `gunicorn ehportal.wsgi`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ehportal.operation.web import *  # noqa: F403  # its names are gunicorn's settings and hooks
