"""Showing what a check found."""

from collections.abc import Iterable

from agent.errors import ExitCode
from agent.findings import MARKS, Finding
from agent.ui import Dialogue


def tell(findings: Iterable[Finding], dialogue: Dialogue) -> ExitCode:
    """Show them all; returns FAILED when one of them is a failure."""
    worst, lines = ExitCode.DONE, []
    for finding in findings:
        following = f"\n  → {finding.next_step}" if finding.next_step else ""
        lines.append(f"{MARKS[finding.level]} {finding.text}{following}")
        if finding.level == "fail":
            worst = ExitCode.FAILED
    dialogue.say("\n".join(lines))
    return worst
