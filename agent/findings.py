"""What a check found, one line each, with what to do next unless all is well."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from agent.errors import ExitCode
from agent.ui import Dialogue

Level = Literal["ok", "note", "fail"]
MARKS: Final[dict[Level, str]] = {"ok": "✓", "note": "•", "fail": "✗"}


@dataclass(frozen=True)
class Finding:
    """One line of a report: `<command>.<key>` in the catalogues, `<key>_next` with it unless all is well."""

    key: str
    level: Level
    text: str
    next_step: str = ""


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
