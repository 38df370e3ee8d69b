"""The page that is read before signing: everything in one text as high as the window, and Sign below it."""

import tkinter
from tkinter import ttk
from typing import Final

from agent.consent.contract_text import Block
from agent.consent.request import ConsentPage
from agent.language import Texts
from agent.ui.tk.stage import Stage
from agent.ui.tk.theme import COLOURS, ENDING, PAD

GUARD_SECONDS: Final = 0.4
"""For so long after a page has come Enter does nothing: it was meant for what was there before."""


class ConsentView:
    """One page to be signed, in the language that the person chooses."""

    def __init__(self, stage: Stage, page: ConsentPage, texts: Texts) -> None:
        self._stage, self._page, self._texts = stage, page, texts
        self._shown_at = stage.now()
        frame = stage.page(page.title, tall=True)
        self._banner(frame)
        primary = ENDING if page.ends else COLOURS[page.environment]
        self._sign = stage.buttons(
            frame, texts("button.sign"), refuse=texts("button.cancel"), primary=primary
        )
        self._hint = ttk.Label(frame, foreground=stage.theme.palette.quiet, padding=(PAD, 4, PAD, 0))
        self._hint.pack(side="bottom", anchor="e")
        language, _ = page.contract(texts.language)
        self._language = tkinter.StringVar(frame, language)
        if len(page.contracts) > 1:
            self._languages(frame)
        self._text = stage.reading(frame, height=12)
        self._text.bind("<Configure>", lambda _: self._tell())
        stage.enter(self._enter)

    def ask(self) -> bool:
        """Show it until it is signed or not."""
        self._fill()
        return self._stage.wait(self._text) is True

    def _banner(self, frame: ttk.Frame) -> None:
        page, width = self._page, self._stage.width
        if page.ends:
            ending = tkinter.Frame(frame, background=ENDING[0], padx=PAD, pady=6)
            ending.pack(fill="x")
            words = tkinter.Label(ending, text=page.ends, background=ENDING[0], foreground=ENDING[1])
            words.configure(font=("", 13, "bold"), wraplength=width, justify="left")
            words.pack(anchor="w")
        background, foreground = COLOURS[page.environment]
        banner = tkinter.Frame(frame, background=background, padx=PAD, pady=8)
        banner.pack(fill="x")
        environment = self._texts(f"consent.environment.{page.environment}")
        for text, size, weight in (
            (page.title, 14, "bold"),
            (f"{environment}. {page.warning}", 10, "normal"),
        ):
            label = tkinter.Label(banner, text=text, background=background, foreground=foreground)
            label.configure(font=("", size, weight), wraplength=width, justify="left")
            label.pack(anchor="w")

    def _languages(self, frame: ttk.Frame) -> None:
        row = ttk.Frame(frame, padding=(PAD, 6, PAD, 0))
        row.pack(fill="x")
        ttk.Label(row, text=self._texts("consent.contract_title")).pack(side="left")
        for language, _ in self._page.contracts:
            button = ttk.Radiobutton(row, text=language, value=language, variable=self._language)
            button.configure(command=self._fill)
            button.pack(side="right", padx=4)

    def _fill(self) -> None:
        text = self._text
        text.configure(state="normal")
        text.delete("1.0", "end")
        look = self._stage.theme.palette
        text.tag_configure("fact", tabs=(190,), lmargin2=190, spacing1=1, spacing3=1)
        text.tag_configure("label", foreground=look.quiet)
        text.tag_configure("part", font=("", 12, "bold"), spacing1=12, spacing3=4)
        for note in self._stage.notes:
            text.insert("end", note + "\n", "paragraph")
        for label, value in self._page.facts:
            text.insert("end", f"{label}\t", ("fact", "label"), " ".join(value.split("\n")) + "\n", "fact")
        text.insert("end", self._texts("consent.contract_in", language=self._language.get()) + "\n", "part")
        fill_contract(text, dict(self._page.contracts)[self._language.get()])
        text.insert("end", self._texts("consent.contract_end"), ("label",))
        text.configure(state="disabled")
        text.yview_moveto(0)
        text.focus_set()
        self._tell()

    def _at_end(self) -> bool:
        return float(self._text.yview()[1]) >= 1.0

    def _tell(self) -> None:
        self._hint.configure(
            text=self._texts("consent.enter_signs" if self._at_end() else "consent.enter_reads")
        )

    def _enter(self) -> None:
        """Read on; sign once the end has been on the screen."""
        if self._stage.now() - self._shown_at < GUARD_SECONDS:
            return
        if self._at_end():
            self._sign.invoke()
            return
        self._text.yview_scroll(1, "pages")
        self._shown_at = self._stage.now()
        self._tell()


def fill_contract(text: tkinter.Text, blocks: tuple[Block, ...]) -> None:
    """Put the contract at the end of a text."""
    text.tag_configure("heading", font=("", 12, "bold"), spacing1=8, spacing3=2)
    text.tag_configure("paragraph", spacing1=3, spacing3=3)
    for depth in range(1, 6):
        text.tag_configure(f"item{depth}", lmargin1=18 * depth, lmargin2=18 * depth + 16, spacing1=2)
    for block in blocks:
        if block.kind == "rule":
            text.insert("end", "―" * 24 + "\n", "paragraph")
        elif block.kind == "item":
            text.insert("end", f"{block.mark} {block.text}\n", f"item{min(block.depth, 5)}")
        else:
            text.insert("end", block.text + "\n", block.kind)
