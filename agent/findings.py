"""What a check found, one line each, with what to do next unless all is well."""

from dataclasses import dataclass
from typing import Final, Literal

from agent.errors import AgentError, CardError
from agent.language import Texts

Level = Literal["ok", "note", "fail"]


MARKS: Final[dict[Level, str]] = {"ok": "✓", "note": "•", "fail": "✗"}


@dataclass(frozen=True)
class Finding:
    """One line of a report: `<command>.<key>` in the catalogues, `<key>_next` with it unless all is well."""

    key: str
    level: Level
    text: str
    next_step: str = ""


class Report:
    """Makes the doctor's findings in one language."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def ok(self, key: str, **values: str) -> Finding:
        """All is well."""
        return Finding(key, "ok", self.texts(f"doctor.{key}", **values))

    def note(self, key: str, level: Level, **values: str) -> Finding:
        """Something to do, with a text of the doctor's own."""
        text, next_step = self.texts(f"doctor.{key}", **values), self.texts(f"doctor.{key}_next", **values)
        return Finding(key, level, text, next_step)

    def failed(self, key: str, error: AgentError) -> Finding:
        """An error, with the text that it has everywhere, and what the card's module answered, where it did."""
        what, next_step = self.texts.problem(error)
        if isinstance(error, CardError) and error.raw:
            what = f"{what} [{error.raw}]"
        return Finding(f"{key}:{error.code}", "fail", what, next_step)
