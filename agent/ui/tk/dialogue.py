"""What the agent asks and says, page by page in the one window."""

import os
import shutil
import subprocess
import sys
import textwrap
import tkinter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from tkinter import filedialog, ttk

from agent.card.eid import Purpose
from agent.consent.request import ConsentPage
from agent.language import Texts
from agent.ui.tk.consent import ConsentView
from agent.ui.tk.fields import ask_new_password, ask_secret, pin_shape
from agent.ui.tk.stage import Stage
from agent.ui.tk.theme import ENDING, PAD, Theme


class WindowDialogue:
    """Speaks through one window. Raises ImportError where there is no display."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        try:
            self.root = tkinter.Tk(className="ehportal-agent")
        except tkinter.TclError as error:
            raise ImportError("no display") from error
        self.root.withdraw()
        self.root.title("ehportal")
        self._theme = Theme(self.root)
        self._stage = Stage(self.root, self._theme, texts)
        self._folder: Path | None = None

    @property
    def is_window(self) -> bool:
        """It is one."""
        return True

    def consent(self, page: ConsentPage) -> bool:
        """What will be signed, to be read; Sign and Cancel."""
        return ConsentView(self._stage, page, self._texts).ask()

    def pin(self, purpose: Purpose) -> str | None:
        """One hidden field; what cannot be a PIN is not taken."""
        return ask_secret(
            self._stage,
            self._texts,
            self._texts("pin.title"),
            self._texts(f"pin.{purpose.lower()}_explained"),
            label=self._texts("pin.title"),
            fits=pin_shape(self._texts),
        )

    def password(self, what: str, *, again: bool, of_key: bool = False) -> str | None:
        """One hidden field for the password of a store that is there, or of the keys in it."""
        kind = "key" if of_key else "existing"
        return ask_secret(
            self._stage,
            self._texts,
            self._texts("password.key_title" if of_key else "password.title"),
            self._texts(f"password.{kind}_explained", what=what),
            label=self._texts("password.of_key" if of_key else "password.existing", what=what).rstrip(
                ": \u00a0\u202f"
            ),
            wrong=self._texts("password.wrong") if again else "",
        )

    def new_password(self) -> str | None:
        """Two hidden fields and a meter."""
        return ask_new_password(self._stage, self._texts)

    def path(self, question: str) -> str | None:
        """The system's own dialog for choosing a file."""
        self._stage.status(question)
        chosen = filedialog.askopenfilename(
            parent=self.root,
            title=question,
            filetypes=[("PKCS#12", "*.p12 *.P12 *.acc-p12 *.pfx"), ("*", "*")],
        )
        return chosen if isinstance(chosen, str) and chosen else None

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """One round button each; nothing is chosen beforehand. Enter takes the one that has the focus."""
        page = self._stage.page("ehportal", tall=len(options) > 5)
        self._stage.heading(page, question)
        self._stage.told(page)
        body = ttk.Frame(page, padding=(PAD, 0))
        body.pack(fill="both", expand=True)
        chosen = tkinter.StringVar(page, "")
        accept = self._stage.buttons(
            page, self._texts("button.ok"), refuse=self._texts("button.cancel"), result=chosen.get
        )
        accept.state(["disabled"])
        rows: list[ttk.Radiobutton] = []
        for number, option in enumerate(options):
            button = ttk.Radiobutton(
                body, text=option, value=str(number), variable=chosen, name=f"option{number}"
            )
            button.configure(command=lambda: accept.state(["!disabled"]))
            button.pack(anchor="w", pady=3)
            rows.append(button)
        for number, row in enumerate(rows):
            row.bind("<Down>", lambda _, at=number: rows[(at + 1) % len(rows)].focus_set())  # type: ignore[misc]  # the default binds it
            row.bind("<Up>", lambda _, at=number: rows[at - 1].focus_set())  # type: ignore[misc]  # likewise

        def confirm() -> None:
            focused = self.root.focus_get()
            if not chosen.get() and focused in rows:
                rows[rows.index(focused)].invoke()
            if chosen.get():
                self._stage.answer(chosen.get())

        self._stage.enter(confirm)
        result = self._stage.wait(rows[0] if rows else None)
        return int(result) if isinstance(result, str) and result else None

    def tick(self, question: str, options: Sequence[str], ticked: frozenset[int]) -> frozenset[int] | None:
        """One box each, ticked as it stands; Enter takes them all as they are."""
        page = self._stage.page("ehportal", tall=len(options) > 5)
        self._stage.heading(page, question)
        self._stage.told(page)
        body = ttk.Frame(page, padding=(PAD, 0))
        body.pack(fill="both", expand=True)
        boxes = [tkinter.BooleanVar(page, number in ticked) for number in range(len(options))]
        for number, (option, box) in enumerate(zip(options, boxes, strict=True)):
            text, name = textwrap.fill(option, 90), f"option{number}"
            ttk.Checkbutton(body, text=text, variable=box, name=name).pack(anchor="w", pady=3)
        self._stage.buttons(page, self._texts("button.ok"), refuse=self._texts("button.cancel"))
        if self._stage.wait() is not True:
            return None
        return frozenset(number for number, box in enumerate(boxes) if box.get())

    def confirm(self, question: str, *, careful: bool = False) -> bool:
        """Yes, or not. With `careful` Enter does not say yes: it would give something up."""
        page = self._stage.page("ehportal")
        self._stage.heading(page, question)
        self._stage.told(page)
        self._stage.buttons(
            page,
            self._texts("button.yes"),
            refuse=self._texts("button.no" if careful else "button.cancel"),
            careful=careful,
        )
        return self._stage.wait() is True

    def say(self, text: str, *, folder: Path | None = None) -> None:
        """Shown at once, and kept on the pages that come until somebody answers one of them."""
        self._stage.notes.append(text)
        self._folder = folder or self._folder
        self._stage.status(self._texts("window.busy"))

    def progress(self, text: str) -> None:
        """One line and a bar that moves; there is nothing to press, and closing the window stops nothing."""
        self._stage.status(text)

    def pause(self, seconds: float) -> None:
        """Wait while the window stays alive."""
        over = tkinter.BooleanVar(self.root, False)
        self.root.after(int(seconds * 1000), lambda: over.set(True))
        self.root.wait_variable(over)

    def alive(self) -> None:
        """Draw, move the bar, take clicks."""
        self.root.update()

    def problem(self, what: str, next_step: str) -> None:
        """What happened, what to do."""
        page = self._stage.page(self._texts("problem.heading"))
        self._stage.heading(page, self._texts("problem.heading"), colour=self._theme.palette.wrong)
        body = ttk.Frame(page, padding=(PAD, 0))
        body.pack(fill="x")
        for text, weight in ((what, "normal"), (f"→ {next_step}", "bold")):
            label = ttk.Label(body, text=text, wraplength=self._stage.width, justify="left")
            label.configure(font=("", 11, weight))
            label.pack(anchor="w", pady=4)
        self._stage.told(page)
        self._stage.buttons(page, self._texts("button.close"), primary=ENDING)
        self._stage.wait()

    def close(self) -> None:
        """The end of the sitting: what was said and not read yet, and the way to the folder with the result."""
        if self._stage.notes:
            page = self._stage.page("ehportal")
            self._stage.heading(page, self._texts("window.finished"))
            self._stage.told(page)
            folder = self._folder
            others = ((self._texts("window.open_folder"), lambda: open_folder(folder)),) if folder else ()
            self._stage.buttons(page, self._texts("button.close"), others=others)
            self._stage.wait()
        self.root.destroy()


def open_folder(folder: Path | None) -> None:
    """Show a folder in the desktop's file manager. A desktop without one shows nothing."""
    if folder is None:
        return
    with suppress(OSError):
        if sys.platform == "win32":
            os.startfile(folder)  # noqa: S606  a folder of ours
            return
        tool = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        if tool:
            Thread(
                target=_show, args=(tool, folder), daemon=True
            ).start()  # it may stay as long as the folder is open


def _show(tool: str, folder: Path) -> None:
    subprocess.run([tool, str(folder)], check=False, capture_output=True)  # noqa: S603  the desktop's own tool
