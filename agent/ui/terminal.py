"""The dialogue in a terminal. Prompts are stable: journeys type at them (README.md lists them)."""

import getpass
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from agent.card.eid import Purpose
from agent.consent.contract_text import Block
from agent.consent.request import ConsentPage
from agent.language import Texts
from agent.passwords import looks_like_pin, strength_of

MAX_WIDTH = 100
_STYLES = {
    "production": ("bold white on deep_sky_blue4", "cyan"),
    "acceptance": ("bold white on purple4", "magenta"),
}

_ENDS = "bold white on red3"
"""What ends something is red, in either environment."""


class TerminalDialogue:
    """Speaks through standard input and output."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._console = Console(highlight=False, emoji=False)
        if self._console.width > MAX_WIDTH:
            self._console.width = MAX_WIDTH

    @property
    def is_window(self) -> bool:
        """It is none."""
        return False

    def consent(self, page: ConsentPage) -> bool:
        """Facts, contract, question; another language on request; anything but yes is no."""
        style, border = _STYLES[page.environment]
        banner = Text(f" {self._texts(f'consent.environment.{page.environment}')} ", style=style)
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in page.facts:
            table.add_row(label, Text(value))
        ends = [Text(f" {page.ends} ", style=_ENDS)] if page.ends else []
        head = Group(*ends, banner, Text(page.warning), Text(""), table)
        self._console.print()
        self._console.print(Panel(head, title=page.title, border_style="red" if page.ends else border))
        language, blocks = page.contract(self._texts.language)
        others = [lang for lang, _ in page.contracts]
        while True:
            if not self._contract(language, blocks):
                return False
            answer = self._ask(self._question(others, language)).strip().lower()
            chosen = [(lang, found) for lang, found in page.contracts if lang.lower() == answer]
            if not chosen:
                return answer in self._texts("answer.yes_words").split()
            language, blocks = chosen[0]

    def _question(self, languages: list[str], shown: str) -> str:
        others = ", ".join(language for language in languages if language != shown)
        if others:
            self._console.print(self._texts("consent.other_languages", languages=others))
        return self._texts("consent.question")

    def _contract(self, language: str, blocks: tuple[Block, ...]) -> bool:
        """Show the contract a screen at a time; False when the person stops reading."""
        pieces: list[RenderableType] = [Rule(self._texts("consent.contract_in", language=language))]
        pieces += [_rendered(block) for block in blocks]
        pieces.append(Rule(self._texts("consent.contract_end")))
        height, used = max(self._console.height - 2, 8), 0
        for piece in pieces:
            lines = len(self._console.render_lines(piece))
            if used and used + lines > height:
                if self._ask(self._texts("consent.more")).strip().lower() == "q":
                    return False
                used = 0
            self._console.print(piece)
            used += lines
        return True

    def pin(self, purpose: Purpose) -> str | None:
        """Read the PIN without showing it."""
        return self._secret(self._texts(f"pin.{purpose.lower()}"))

    def new_password(self) -> str | None:
        """Ask twice; weak or unequal ones are refused with the reason."""
        self._console.print(self._texts("password.explain"))
        while True:
            password = self._secret(self._texts("password.new"))
            if not password:
                return None
            strength = strength_of(password)
            meter = "█" * (strength.score + 1) + "░" * (4 - strength.score)
            reason = "looks_like_pin" if looks_like_pin(password) else strength.reason
            self._console.print(f"{meter}  {self._texts(f'password.{reason}')}", markup=False)
            if not strength.acceptable:
                continue
            if self._secret(self._texts("password.repeat")) == password:
                return password
            self._console.print(self._texts("password.different"))

    def password(self, what: str, *, again: bool, of_key: bool = False) -> str | None:
        """Ask for the password of an existing store, or of the keys in it."""
        if again:
            self._console.print(self._texts("password.wrong"))
        elif of_key:
            self._console.print(self._texts("password.key_explained", what=what), markup=False)
        return self._secret(self._texts("password.of_key" if of_key else "password.existing", what=what))

    def path(self, question: str) -> str | None:
        """Ask for a file by its path; quotes that a shell or a file manager put around it are taken off."""
        self._console.print(question, markup=False)
        return self._ask(self._texts("answer.path")).strip().strip("'\"") or None

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """By number; q or nothing for none."""
        self._console.print()
        self._console.print(question, markup=False)
        for number, option in enumerate(options, 1):
            self._console.print(f" {number:>2}  {option}", markup=False)
        while True:
            answer = self._ask(self._texts("answer.number")).strip().lower()
            if answer in ("", "q"):
                return None
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return int(answer) - 1

    def tick(self, question: str, options: Sequence[str], ticked: frozenset[int]) -> frozenset[int] | None:
        """By numbers; Enter leaves it as it stands."""
        self._console.print()
        self._console.print(question, markup=False, soft_wrap=True)
        for number, option in enumerate(options, 1):
            mark = "x" if number - 1 in ticked else " "
            self._console.print(f" {number:>2}  [{mark}] {option}", markup=False, soft_wrap=True)
        while True:
            answer = self._ask(self._texts("answer.numbers")).replace(",", " ").split()
            if not answer:
                return ticked
            if answer == ["0"]:
                return frozenset()
            if all(one.isdecimal() and 1 <= int(one) <= len(options) for one in answer):
                return frozenset(int(one) - 1 for one in answer)

    def confirm(self, question: str, *, careful: bool = False) -> bool:
        """A question with its [y/N]: Enter is no, whatever is asked."""
        return (
            self._ask(f"{question} {self._texts('answer.choice')} ").strip().lower()
            in self._texts("answer.yes_words").split()
        )

    def say(self, text: str, *, folder: Path | None = None) -> None:
        """One paragraph, never broken by us: file names and commands are copied from it."""
        self._console.print(text, markup=False, soft_wrap=True)

    def progress(self, text: str) -> None:
        """A line that begins with an ellipsis."""
        self._console.print(f"… {text}", markup=False, style="dim", soft_wrap=True)

    def pause(self, seconds: float) -> None:
        """Sleep; Ctrl+C ends it."""
        time.sleep(seconds)

    def alive(self) -> None:
        """Nothing to do: a line stands still."""

    def problem(self, what: str, next_step: str) -> None:
        """What happened, what to do."""
        body = Group(Text(what), Text(""), Text(f"→ {next_step}", style="bold"))
        self._console.print(Panel(body, title=self._texts("problem.heading"), border_style="red"))

    def close(self) -> None:
        """Nothing: all that was told stands there."""

    def _ask(self, prompt: str) -> str:
        try:
            return input(prompt)
        except EOFError:
            return ""

    def _secret(self, prompt: str) -> str | None:
        try:
            return getpass.getpass(prompt)
        except EOFError:
            return None


def _rendered(block: Block) -> RenderableType:
    if block.kind == "rule":
        return Rule(style="dim")
    if block.kind == "heading":
        return Group(Text(""), Text(block.text, style="bold underline" if block.depth <= 2 else "bold"))
    if block.kind == "item":
        table = Table.grid(padding=(0, 1))
        table.add_row(block.mark, Text(block.text))
        return Padding(table, (0, 0, 0, 2 * block.depth))
    return Group(Text(""), Text(block.text))
