"""The folder of key stores that scans look at."""

from tests.agent.scan.samples import folder

__all__ = ["folder"]
