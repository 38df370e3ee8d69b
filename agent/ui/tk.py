"""The dialogue in windows. Cancel has the focus, Enter cancels, and nothing is signed by a stray key."""

import textwrap
import tkinter
from collections.abc import Callable, Sequence
from tkinter import filedialog, font, ttk
from typing import Final

from agent.card.eid import Purpose
from agent.consent.contract_text import Block
from agent.consent.request import ConsentPage
from agent.language import Texts
from agent.passwords import strength_of
from agent.pending import StoreFormat

# The same colours as on the server's pages: petrol is production, violet is acceptance and nothing else.
COLOURS: Final = {"production": ("#0b5f6b", "#ffffff"), "acceptance": ("#6a27a6", "#ffffff")}
ENDING: Final = ("#a61b1b", "#ffffff")
"""What ends something is red, in either environment."""
METER: Final = ("#c0392b", "#d35400", "#d4ac0d", "#2e8b57", "#0b6e4f")
INK, PAPER, QUIET, GROUND = "#1f2933", "#ffffff", "#52606d", "#f5f7fa"
PAD: Final = 16


class WindowDialogue:
    """Speaks through small windows, one at a time."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        try:
            self.root = tkinter.Tk()
        except tkinter.TclError as error:
            raise ImportError("no display") from error
        self.root.withdraw()
        self.root.title("ehportal")
        self._status: tkinter.Toplevel | None = None
        for name in ("TkDefaultFont", "TkTextFont"):
            font.nametofont(name).configure(size=11)
        style = ttk.Style(self.root)
        style.theme_use("clam")
        style.configure(".", background=GROUND, foreground=INK)

    def consent(self, page: ConsentPage) -> bool:
        """Header in the environment's colour, facts, the whole contract, Sign and Cancel."""
        window = self._window(page.title)
        window.minsize(640, 480)
        window.geometry("760x720")
        _banner(window, page, self._texts(f"consent.environment.{page.environment}"))
        answer = _Answer(window)
        primary = ENDING if page.ends else COLOURS[page.environment]
        self._buttons(window, answer, self._texts("button.sign"), primary=primary)
        facts = ttk.Frame(window, padding=(PAD, 8))
        facts.pack(fill="x")
        facts.columnconfigure(1, weight=1)
        for row, (label, value) in enumerate(page.facts):
            name = ttk.Label(facts, text=label, foreground=QUIET)
            name.grid(row=row, column=0, sticky="nw", padx=(0, PAD), pady=1)
            text = ttk.Label(facts, text=value, wraplength=500, justify="left")
            text.grid(row=row, column=1, sticky="w", pady=1)
        self._contract(window, page)
        return answer.wait() is True

    def _contract(self, window: tkinter.Toplevel, page: ConsentPage) -> None:
        language, blocks = page.contract(self._texts.language)
        tabs = ttk.Frame(window, padding=(PAD, 4))
        tabs.pack(fill="x")
        ttk.Label(tabs, text=self._texts("consent.contract_title"), font=("", 11, "bold")).pack(side="left")
        frame = ttk.Frame(window, padding=(PAD, 0))
        frame.pack(fill="both", expand=True)
        text = tkinter.Text(frame, wrap="word", relief="solid", borderwidth=1, padx=12, pady=8)
        text.configure(background=PAPER, foreground=INK, takefocus=True, height=8, font="TkDefaultFont")
        bar = ttk.Scrollbar(frame, command=text.yview)
        text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        text.pack(fill="both", expand=True)
        chosen = tkinter.StringVar(window, language)
        shown = dict(page.contracts)

        def show() -> None:
            fill_contract(text, shown[chosen.get()])

        for lang in shown:
            button = ttk.Radiobutton(tabs, text=lang, value=lang, variable=chosen, command=show)
            button.pack(side="right", padx=4)
        fill_contract(text, blocks)

    def pin(self, purpose: Purpose) -> str | None:
        """One hidden field."""
        return self._secret(self._texts("pin.title"), self._texts(f"pin.{purpose.lower()}_explained"))

    def password(self, what: str, *, again: bool) -> str | None:
        """One hidden field for an existing store's password."""
        note = f"{self._texts('password.wrong')}\n" if again else ""
        return self._secret(
            self._texts("password.title"), note + self._texts("password.existing_explained", what=what)
        )

    def new_password(self) -> str | None:
        """Two hidden fields and a meter; OK works only for an acceptable password typed twice the same."""
        window = self._window(self._texts("password.title"))
        body = ttk.Frame(window, padding=PAD)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=self._texts("password.explain"), wraplength=460, justify="left").pack(anchor="w")
        first, second = tkinter.StringVar(window), tkinter.StringVar(window)
        for key, variable in (("password.new", first), ("password.repeat", second)):
            ttk.Label(body, text=self._texts(key).rstrip(": \u00a0")).pack(anchor="w", pady=(8, 0))
            ttk.Entry(body, textvariable=variable, show="•", width=44, name=key[9:]).pack(fill="x")
        meter = tkinter.Canvas(body, height=8, highlightthickness=0, background="#e4e7eb")
        meter.pack(fill="x", pady=(10, 2))
        note = ttk.Label(body, text="", foreground=QUIET, wraplength=460, justify="left")
        note.pack(anchor="w")
        answer = _Answer(window)
        accept = self._buttons(window, answer, self._texts("button.ok"), result=first.get)
        accept.state(["disabled"])

        def judged(*_: str) -> None:
            strength = strength_of(first.get())
            meter.delete("all")
            width = meter.winfo_width() * (strength.score + 1) // 5 if first.get() else 0
            meter.create_rectangle(0, 0, width, 8, fill=METER[strength.score], outline="")
            same = first.get() == second.get()
            key = strength.reason if same or not strength.acceptable or not second.get() else "different"
            note.configure(text=self._texts(f"password.{key}") if first.get() else "")
            accept.state(["!disabled" if strength.acceptable and same else "disabled"])

        answer.focus = body.nametowidget("new")
        first.trace_add("write", judged)
        second.trace_add("write", judged)
        result = answer.wait()
        return result if isinstance(result, str) else None

    def path(self, question: str) -> str | None:
        """The system's own dialog for choosing a file."""
        chosen = filedialog.askopenfilename(
            parent=self.root,
            title=question,
            filetypes=[("PKCS#12", "*.p12 *.acc-p12 *.pfx"), ("*", "*")],
        )
        return chosen if isinstance(chosen, str) and chosen else None

    def store_format(self) -> StoreFormat | None:
        """Two choices, each explained."""
        window = self._window(self._texts("format.title"))
        body = ttk.Frame(window, padding=PAD)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=self._texts("format.explain"), wraplength=480, justify="left").pack(
            anchor="w", pady=8
        )
        chosen = tkinter.StringVar(window, "modern")
        for value in ("modern", "legacy"):
            text = textwrap.fill(self._texts(f"format.{value}"), 62)
            ttk.Radiobutton(body, text=text, value=value, variable=chosen).pack(anchor="w", pady=4)
        answer = _Answer(window)
        answer.focus = self._buttons(window, answer, self._texts("button.ok"), result=chosen.get)
        result = answer.wait()
        return "legacy" if result == "legacy" else "modern" if result == "modern" else None

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """One round button each; nothing is chosen beforehand."""
        window = self._window("ehportal")
        body = ttk.Frame(window, padding=PAD)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=question, wraplength=480, justify="left").pack(anchor="w", pady=8)
        chosen = tkinter.StringVar(window, "")
        answer = _Answer(window)
        accept = self._buttons(window, answer, self._texts("button.ok"), result=chosen.get)
        accept.state(["disabled"])
        for number, option in enumerate(options):
            text, name = textwrap.fill(option, 66), f"option{number}"
            button = ttk.Radiobutton(body, text=text, value=str(number), variable=chosen, name=name)
            button.configure(command=lambda: accept.state(["!disabled"]))
            button.pack(anchor="w", pady=2)
        result = answer.wait()
        return int(result) if isinstance(result, str) and result else None

    def tick(self, question: str, options: Sequence[str], ticked: frozenset[int]) -> frozenset[int] | None:
        """One box each, ticked as it stands."""
        window = self._window("ehportal")
        body = ttk.Frame(window, padding=PAD)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=question, wraplength=480, justify="left").pack(anchor="w", pady=8)
        boxes = [tkinter.BooleanVar(window, number in ticked) for number in range(len(options))]
        for number, (option, box) in enumerate(zip(options, boxes, strict=True)):
            text, name = textwrap.fill(option, 66), f"option{number}"
            ttk.Checkbutton(body, text=text, variable=box, name=name).pack(anchor="w", pady=2)
        answer = _Answer(window)
        self._buttons(window, answer, self._texts("button.ok"))
        if answer.wait() is not True:
            return None
        return frozenset(number for number, box in enumerate(boxes) if box.get())

    def confirm(self, question: str) -> bool:
        """Yes or cancel."""
        return self._message("ehportal", question, self._texts("button.yes"), cancel=True)

    def say(self, text: str) -> None:
        """A window with OK."""
        self._message("ehportal", text, self._texts("button.ok"), cancel=False)

    def progress(self, text: str) -> None:
        """A small window with one line; there is nothing to press, and closing it stops nothing."""
        if self._status is None or not self._status.winfo_exists():
            self._status = tkinter.Toplevel(self.root, background=GROUND)
            self._status.title("ehportal")
            ttk.Label(self._status, name="line", wraplength=380, padding=PAD, width=46).pack()
            bar = ttk.Progressbar(self._status, mode="indeterminate", length=380)
            bar.pack(padx=PAD, pady=(0, PAD))
            bar.start(20)
        self._status.nametowidget("line").configure(text=text)
        self.root.update()

    def pause(self, seconds: float) -> None:
        """Wait while the windows stay alive."""
        over = tkinter.BooleanVar(self.root, False)
        self.root.after(int(seconds * 1000), lambda: over.set(True))
        self.root.wait_variable(over)

    def alive(self) -> None:
        """Draw, move the bar, take clicks."""
        self.root.update()

    def problem(self, what: str, next_step: str) -> None:
        """What happened, what to do."""
        self._message(
            self._texts("problem.heading"), f"{what}\n\n→ {next_step}", self._texts("button.ok"), cancel=False
        )

    def _message(self, title: str, text: str, button: str, *, cancel: bool) -> bool:
        window = self._window(title)
        ttk.Label(window, text=text, wraplength=480, justify="left", padding=PAD).pack(
            fill="both", expand=True
        )
        answer = _Answer(window)
        self._buttons(window, answer, button, cancel=cancel)
        return answer.wait() is True

    def _secret(self, title: str, explanation: str) -> str | None:
        window = self._window(title)
        body = ttk.Frame(window, padding=PAD)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=explanation, wraplength=420, justify="left").pack(anchor="w")
        typed = tkinter.StringVar(window)
        entry = ttk.Entry(body, textvariable=typed, show="•", width=30)
        entry.pack(fill="x", pady=8)
        answer = _Answer(window)
        self._buttons(window, answer, self._texts("button.ok"), result=typed.get)
        entry.bind("<Return>", lambda _: answer.give(typed.get()))
        answer.focus = entry
        result = answer.wait()
        return result if isinstance(result, str) and result else None

    def _window(self, title: str) -> tkinter.Toplevel:
        if self._status is not None and self._status.winfo_exists():
            self._status.destroy()
        window = tkinter.Toplevel(self.root, background=GROUND)
        window.title(title)
        window.attributes("-topmost", True)
        return window

    def _buttons(
        self,
        window: tkinter.Toplevel,
        answer: "_Answer",
        accept: str,
        *,
        primary: tuple[str, str] = ("#1f4e79", "#ffffff"),
        result: Callable[[], str] | None = None,
        cancel: bool = True,
    ) -> ttk.Button:
        """The row at the bottom; returns the button that agrees. Enter presses what has the focus: Cancel."""
        row = ttk.Frame(window, padding=PAD)
        row.pack(side="bottom", fill="x")
        style = ttk.Style(self.root)
        style.configure("Primary.TButton", background=primary[0], foreground=primary[1], padding=(18, 8))
        style.map("Primary.TButton", background=[("disabled", "#cbd2d9"), ("active", primary[0])])
        style.configure("Plain.TButton", padding=(18, 8))

        def agree() -> None:
            answer.give(result() if result else True)

        button = ttk.Button(row, text=accept, style="Primary.TButton", command=agree, name="accept")
        button.pack(side="right")
        button.bind("<Return>", lambda _: button.invoke())
        focus = button
        if cancel:
            focus = ttk.Button(
                row,
                text=self._texts("button.cancel"),
                style="Plain.TButton",
                command=answer.refuse,
                name="cancel",
            )
            focus.pack(side="right", padx=8)
            focus.bind("<Return>", lambda _: focus.invoke())
        answer.focus = focus
        window.bind("<Escape>", lambda _: answer.refuse())
        return button


class _Answer:
    """What one window was closed with; closing it any other way is no."""

    def __init__(self, window: tkinter.Toplevel) -> None:
        self._window = window
        self._value: str | bool | None = None
        self.focus: tkinter.Misc | None = None
        window.protocol("WM_DELETE_WINDOW", self.refuse)

    def give(self, value: str | bool) -> None:
        self._value = value
        self._window.destroy()

    def refuse(self) -> None:
        self._value = None
        self._window.destroy()

    def wait(self) -> str | bool | None:
        self._window.update_idletasks()
        self._window.wait_visibility()
        self._window.grab_set()
        self._window.focus_force()
        if self.focus is not None:
            self.focus.focus_force()
        self._window.wait_window()
        return self._value


def _banner(window: tkinter.Toplevel, page: ConsentPage, environment: str) -> None:
    if page.ends:
        ending = tkinter.Frame(window, background=ENDING[0], padx=PAD, pady=8)
        ending.pack(fill="x")
        words = tkinter.Label(ending, text=page.ends, background=ENDING[0], foreground=ENDING[1])
        words.configure(font=("", 13, "bold"), wraplength=700, justify="left")
        words.pack(anchor="w")
    background, foreground = COLOURS[page.environment]
    banner = tkinter.Frame(window, background=background, padx=PAD, pady=12)
    banner.pack(fill="x")
    for text, size, weight in (
        (page.title, 15, "bold"),
        (environment, 12, "bold"),
        (page.warning, 10, "normal"),
    ):
        label = tkinter.Label(banner, text=text, background=background, foreground=foreground)
        label.configure(font=("", size, weight), wraplength=700, justify="left")
        label.pack(anchor="w")


def fill_contract(text: tkinter.Text, blocks: tuple[Block, ...]) -> None:
    """Put the contract into a read-only text widget."""
    text.configure(state="normal")
    text.delete("1.0", "end")
    text.tag_configure("heading", font=("", 13, "bold"), spacing1=10, spacing3=4)
    text.tag_configure("paragraph", spacing1=4, spacing3=4)
    for depth in range(1, 6):
        text.tag_configure(f"item{depth}", lmargin1=18 * depth, lmargin2=18 * depth + 16, spacing1=2)
    for block in blocks:
        if block.kind == "rule":
            text.insert("end", "―" * 24 + "\n", "paragraph")
        elif block.kind == "item":
            text.insert("end", f"{block.mark} {block.text}\n", f"item{min(block.depth, 5)}")
        else:
            text.insert("end", block.text + "\n", block.kind)
    text.configure(state="disabled")
    text.yview_moveto(0)
