"""The one version of agent and server: pages, `hello`, `--version`, logs, metrics and the wheel take it from here."""

from typing import Final

VERSION: Final = "0.2.0"
