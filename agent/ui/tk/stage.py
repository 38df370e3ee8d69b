"""The one window of a sitting: each page takes the place of the one before, and the window stays where it is."""

import time
import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import Final

from agent.language import Texts
from agent.ui.tk.theme import PAD, PLAIN, Theme

Value = str | bool | None
WIDTH: Final = 800
LOW: Final = 300
TALL: Final = 760
_FEW_LINES: Final = 8
_EDGE: Final = 70
"""What panels and title bars of a desktop take of a screen's height."""


class Stage:
    """Holds the window. A page is built into `body`, gets its buttons, and is waited for."""

    def __init__(self, root: tkinter.Tk, theme: Theme, texts: Texts) -> None:
        self.root, self.theme, self.texts = root, theme, texts
        self._window: tkinter.Toplevel | None = None
        self._page: ttk.Frame | None = None
        self._done = tkinter.BooleanVar(root, False)
        self._value: Value = None
        self._height = 0
        self.notes: list[str] = []

    @property
    def width(self) -> int:
        """How wide text may be."""
        return min(WIDTH, self.root.winfo_screenwidth() - 20) - 2 * PAD

    def page(self, title: str, *, tall: bool = False) -> ttk.Frame:
        """An empty page under a title, in place of what was there; `tall` for something to read."""
        window = self._shown()
        window.title(title)
        if self._page is not None:
            self._page.destroy()
        self._page = ttk.Frame(window)
        self._page.pack(fill="both", expand=True)
        for key in ("<Return>", "<KP_Enter>", "<Escape>"):
            window.unbind(key)
        self._grow(tall=tall)
        return self._page

    def heading(self, page: ttk.Frame, text: str, *, colour: str = "") -> None:
        """The first line of a page: what it is about."""
        label = ttk.Label(page, text=text, font=("", 14, "bold"), wraplength=self.width, justify="left")
        if colour:
            label.configure(foreground=colour)
        label.pack(anchor="w", padx=PAD, pady=(PAD, 4))

    def told(self, page: ttk.Frame) -> None:
        """What was said since the last page that somebody answered."""
        if not self.notes:
            return
        said = "\n".join(self.notes)
        lines = said.count("\n") + 1 + len(said) // 90
        if lines <= _FEW_LINES:
            label = ttk.Label(
                page, text=said, wraplength=self.width, justify="left", padding=(PAD, 2, PAD, 8)
            )
            label.pack(anchor="w")
            return
        self._grow(tall=True)
        text = self.reading(page, height=8)
        text.insert("end", said)
        text.configure(state="disabled")

    def reading(self, page: tkinter.Misc, *, height: int) -> tkinter.Text:
        """A place for text to be read, scrolled where it is longer than the page."""
        look = self.theme.palette
        frame = ttk.Frame(page)
        frame.pack(fill="both", expand=True, padx=PAD, pady=(4, 0))
        text = tkinter.Text(frame, wrap="word", relief="solid", borderwidth=1, padx=12, pady=8, height=height)
        text.configure(background=look.paper, foreground=look.ink, font="TkDefaultFont", takefocus=True)
        text.configure(highlightthickness=1, highlightcolor=look.ink, highlightbackground=look.ground)
        bar = ttk.Scrollbar(frame, command=text.yview)
        text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        text.pack(fill="both", expand=True)
        return text

    def buttons(
        self,
        page: ttk.Frame,
        accept: str,
        *,
        result: Callable[[], Value] = lambda: True,
        refuse: str = "",
        primary: tuple[str, str] = PLAIN,
        careful: bool = False,
        others: tuple[tuple[str, Callable[[], None]], ...] = (),
    ) -> ttk.Button:
        """The row at the bottom; returns the button that agrees. Enter presses the default button.

        That is the one that agrees, or, with `careful`, the other one.
        """
        row = ttk.Frame(page, padding=PAD)
        row.pack(side="bottom", fill="x")
        agreeing = self.theme.primary(primary)
        yes = ttk.Button(row, text=accept, name="accept", style="Plain.TButton" if careful else agreeing)
        yes.configure(command=lambda: self.answer(result()), default="normal" if careful else "active")
        yes.pack(side="right")
        default = yes
        if refuse:
            no = ttk.Button(row, text=refuse, name="cancel", command=self.refuse)
            no.configure(
                style=agreeing if careful else "Plain.TButton", default="active" if careful else "normal"
            )
            no.pack(side="right", padx=8)
            default = no if careful else yes
        for number, (label, act) in enumerate(others):
            ttk.Button(row, text=label, name=f"other{number}", command=act, style="Plain.TButton").pack(
                side="left"
            )
        self.enter(default.invoke)
        window = self._shown()
        window.bind("<Escape>", lambda _: self.refuse())
        default.focus_set()
        return yes

    def enter(self, act: Callable[[], object]) -> None:
        """What Enter does on this page, except on a button that was gone to with Tab: there it presses that one."""
        window = self._shown()

        def pressed(event: "tkinter.Event[tkinter.Misc]") -> None:
            focused = event.widget
            if isinstance(focused, ttk.Button):
                focused.invoke()
            else:
                act()

        for key in ("<Return>", "<KP_Enter>"):
            window.bind(key, pressed)

    def answer(self, value: Value) -> None:
        """End the page with an answer."""
        self._value = value
        self.notes.clear()
        self._done.set(True)

    def refuse(self) -> None:
        """End the page without one."""
        self.answer(None)

    def wait(self, focus: tkinter.Misc | None = None) -> Value:
        """Show the page until it is answered. A window that was closed has refused."""
        window = self._shown()
        self._value = None
        self._done.set(False)
        window.update_idletasks()
        self._raise()
        if focus is not None:
            focus.focus_force()
        self.root.wait_variable(self._done)
        value, self._value = self._value, None
        return value

    def _raise(self) -> None:
        window = self._shown()
        window.deiconify()
        if not window.winfo_viewable():
            window.wait_visibility()
        focused = window.focus_lastfor()
        window.lift()
        # Above the others for a moment only: the PIN dialog of the card's software must not lie behind.
        window.attributes("-topmost", True)
        window.after(300, lambda: window.winfo_exists() and window.attributes("-topmost", False))
        window.focus_force()
        if focused is not None:
            focused.focus_force()

    def _shown(self) -> tkinter.Toplevel:
        if self._window is None or not self._window.winfo_exists():
            self._window, self._page, self._height = tkinter.Toplevel(self.root), None, 0
            self._window.configure(background=self.theme.palette.ground)
            self._window.title("ehportal")
            self._window.protocol("WM_DELETE_WINDOW", self.refuse)
            self._window.bind("<Destroy>", self._gone)
        return self._window

    def _gone(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        if event.widget is self._window:
            self.refuse()

    def _grow(self, *, tall: bool) -> None:
        """Make the window high enough; it never shrinks and never moves, so that nothing jumps."""
        window = self._shown()
        screen = window.winfo_screenheight()
        most = max(min(TALL, screen - _EDGE), LOW)
        width = min(WIDTH, window.winfo_screenwidth() - 20)
        height = max(self._height, most if tall else min(LOW + 60, most))
        if not self._height:
            left, top = (window.winfo_screenwidth() - width) // 2, max((screen - _EDGE - most) // 2, 0)
            window.geometry(f"{width}x{height}+{left}+{top}")
        elif height != self._height:
            window.geometry(f"{width}x{height}")
        self._height = height
        window.minsize(min(560, width), LOW)

    def status(self, text: str) -> None:
        """A page with one line and a bar that moves; there is nothing to press."""
        page = self._page
        if page is None or not page.winfo_exists() or "line" not in page.children:
            page = self.page("ehportal")
            ttk.Label(page, name="line", wraplength=self.width, padding=PAD, font=("", 12)).pack(anchor="w")
            bar = ttk.Progressbar(page, mode="indeterminate", length=self.width, name="bar")
            bar.pack(padx=PAD, pady=(0, PAD), fill="x")
            bar.start(20)
        page.children["line"].configure(text=text)  # type: ignore[call-arg]  # a label, named above
        for child in list(page.children.values()):
            if child.winfo_name() not in ("line", "bar"):
                child.destroy()
        self.told(page)
        window = self._shown()
        window.deiconify()
        self.root.update()

    def hide(self) -> None:
        """Take the window away."""
        if self._window is not None and self._window.winfo_exists():
            self._window.withdraw()

    @staticmethod
    def now() -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()
