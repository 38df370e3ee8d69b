"""`ehportal://run/<id>`: how a page wakes the agent. The address carries an id, or nothing, and can carry no more."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from agent.errors import AgentError
from agent.language import COMMAND_VARIABLE

_URL = re.compile(r"ehportal://run/([A-Za-z0-9_-]{21}[AQgw])/?\Z")
DESKTOP_FILE = "ehportal-agent.desktop"
_TEMPLATE = """[Desktop Entry]
Type=Application
Name=ehportal agent
Comment=Signs requests for eHealth certificates with your eID
Exec={command} handle %u
Terminal=false
NoDisplay=true
MimeType=x-scheme-handler/ehportal;
Categories=Office;Security;
"""


SITTING = "ehportal://sign"
"""How a page wakes the agent for everything that waits; it carries nothing at all."""


def is_sitting(url: str) -> bool:
    """Return whether an address asks for everything that waits."""
    return url.rstrip("/") == SITTING


def job_of(url: str) -> str:
    """Read the job id in an address. Raises AgentError `url_invalid` for anything but exactly that."""
    match = _URL.match(url)
    if match is None:
        raise AgentError("url_invalid")
    return match[1]


def install_handler() -> Path:
    """Tell the Linux desktop that this agent opens `ehportal:` addresses; returns the file written.

    Raises AgentError `handler_elsewhere` on other systems: there the installer does it (README.md).
    """
    if not sys.platform.startswith("linux"):
        raise AgentError("handler_elsewhere")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = data / "applications"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / DESKTOP_FILE
    file.write_text(_TEMPLATE.format(command=_command()), "utf-8")
    for tool in (
        ["update-desktop-database", str(folder)],
        ["xdg-mime", "default", DESKTOP_FILE, "x-scheme-handler/ehportal"],
    ):
        found = shutil.which(tool[0])
        if found:
            subprocess.run([found, *tool[1:]], check=False, capture_output=True)  # noqa: S603  desktop's own tools
    return file


def _command() -> str:
    named = os.environ.get(COMMAND_VARIABLE)
    if named and os.access(named, os.X_OK):
        return _quoted(named)
    script = Path(sys.argv[0]).resolve()
    if script.name.startswith("ehportal-agent") and os.access(script, os.X_OK):
        return _quoted(str(script))
    return f"{_quoted(sys.executable)} -m agent.cli"


def _quoted(path: str) -> str:
    """Quote a word as the desktop entry specification asks ("The Exec key")."""
    return '"' + re.sub(r'(["`$\\])', r"\\\1", path).replace("%", "%%") + '"'
