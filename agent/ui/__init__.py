"""How the agent speaks with the person at the workstation: in a terminal or in a window."""

import os
import sys
from collections.abc import Sequence
from typing import Literal, Protocol

from agent.card.eid import Purpose
from agent.consent.request import ConsentPage
from agent.language import Texts
from agent.pending import StoreFormat

Surface = Literal["terminal", "window"]


class Dialogue(Protocol):
    """Everything the agent asks or says. None or False means: the person said no, or closed the window."""

    def consent(self, page: ConsentPage) -> bool:
        """Show what will be signed and ask; no is the default."""

    def pin(self, purpose: Purpose) -> str | None:
        """Ask for the card's PIN, only where the middleware has no dialog of its own."""

    def new_password(self) -> str | None:
        """Ask twice for a new password and say how strong it is."""

    def password(self, what: str, *, again: bool) -> str | None:
        """Ask for an existing password; `what` names the store, `again` says the last one was wrong."""

    def path(self, question: str) -> str | None:
        """Ask for a file."""

    def store_format(self) -> StoreFormat | None:
        """Ask which software will load the key store, and explain."""

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Ask for one of several, each explained; returns its place, None for none."""

    def tick(self, question: str, options: Sequence[str], ticked: frozenset[int]) -> frozenset[int] | None:
        """Ask which of several hold, shown as they stand; returns the places of all that hold, None for no answer."""

    def confirm(self, question: str) -> bool:
        """A yes or no; no is the default."""

    def say(self, text: str) -> None:
        """Tell something."""

    def progress(self, text: str) -> None:
        """Tell what is going on now."""

    def pause(self, seconds: float) -> None:
        """Wait, and stay alive meanwhile."""

    def alive(self) -> None:
        """Keep moving for a moment; called again and again while something else works."""

    def problem(self, what: str, next_step: str) -> None:
        """Tell what went wrong and what to do next."""


def choose_surface(wish: str | None) -> Surface:
    """The wished surface; otherwise a window when a display is there and nobody types at a terminal."""
    if wish == "window" or wish == "terminal":
        return "window" if wish == "window" else "terminal"
    display = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return "window" if display and not sys.stdin.isatty() else "terminal"


def open_dialogue(surface: Surface, texts: Texts) -> Dialogue:
    """The dialogue of a surface; a window falls back to the terminal where Tk is not installed."""
    if surface == "window":
        try:
            from agent.ui.tk import WindowDialogue

            return WindowDialogue(texts)
        except ImportError:
            surface = "terminal"
    from agent.ui.terminal import TerminalDialogue

    return TerminalDialogue(texts)
