"""The agent's words in Dutch, French, German and English, by stable key."""

import locale
import os
import shlex
import tomllib
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib import resources

from agent.errors import AgentError, PortalError
from agent.wire.days import written_day
from agent.wire.masking import mask_national_numbers
from agent.wire.pki.moments import has_no_end, within

LANGUAGES = ("nl", "fr", "de", "en")
COMMAND_VARIABLE = "EHPORTAL_AGENT_COMMAND"
"""Where the agent is started by a script that sets its surroundings, the script names itself here."""


def command(*words: str) -> str:
    """What is typed in a terminal of this machine to run the agent with `words`."""
    return " ".join((shlex.quote(os.environ.get(COMMAND_VARIABLE) or "ehportal-agent"), *words))


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of one language, keys joined by dots."""
    document = tomllib.loads(
        resources.files("agent").joinpath("texts", f"{language}.toml").read_text("utf-8")
    )
    flat: dict[str, str] = {}

    def walk(table: dict[str, object], prefix: str) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{name}.")
            else:
                flat[prefix + name] = str(value)

    walk(document, "")
    return flat


def choose_language(*wishes: str | None) -> str:
    """The first wish we speak, then the system's language, then English."""
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    if not system:
        system = locale.getlocale()[0]
    for wish in (*wishes, system):
        if wish and wish[:2].lower() in LANGUAGES:
            return wish[:2].lower()
    return "en"


class Texts:
    """One language's texts; call it with a key and the values of its placeholders."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: str) -> str:
        """The text under `key`. `{agent}` in it is the command of this machine."""
        return self._texts[key].format(**{"agent": command(), **values})

    def has(self, key: str) -> bool:
        """Whether there is a text under `key`."""
        return key in self._texts

    def problem(self, error: AgentError) -> tuple[str, str]:
        """What happened, and what to do next. A code unknown here gets the server's own words."""
        key = f"problem.{error.code}"
        values = {name: shown(value) for name, value in error.values.items()}
        if isinstance(error, PortalError):
            values.setdefault("detail", shown(error.detail or error.title)[:1000])
        if self.has(f"{key}.what"):
            # A server may send a code of ours without what its text names.
            with suppress(KeyError):
                return self(f"{key}.what", **values), self(f"{key}.next", **values)
        said = shown(f"{error.title} {error.detail}").strip() if isinstance(error, PortalError) else ""
        what = self("problem.unknown.what", code=printable(error.code)[:60])
        return f"{what} {said[:1000]}".strip(), self("problem.unknown.next")


def shown(text: str) -> str:
    """Text from elsewhere made safe to show, its national numbers masked: somebody may look over the shoulder."""
    return mask_national_numbers(printable(text))


def shown_path(path: object) -> str:
    """A file's name or path made safe to show, on one line: what follows a line break could pass for our own words."""
    return "".join("\N{REPLACEMENT CHARACTER}" if c in "\n\t" else c for c in shown(str(path)))


def printable(text: str) -> str:
    """Text from elsewhere made safe to show: no control characters, no switches of writing direction.

    An escape sequence could repaint the terminal, a direction override could swap what is read. Halves of surrogate
    pairs, which JSON can carry, no screen can.
    """
    hidden = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if (ord(c) < 32 and c not in "\n\t")
        or 127 <= ord(c) < 160
        or 0xD800 <= ord(c) < 0xE000
        or c in hidden
        else c
        for c in text
    )


def end_text(texts: Texts, end: datetime) -> str:
    """Return the last day of something as a person reads it, or that there is none."""
    return texts("scan.no_end") if has_no_end(within(end)) else written_day(end)
