"""Fields that show nothing of what is typed: each says which secret it wants, and what cannot be it stays there."""

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import Final

from agent.language import Texts
from agent.passwords import looks_like_pin, strength_of
from agent.ui.tk.stage import Stage
from agent.ui.tk.theme import METER, PAD

_DOT: Final = "•"


def ask_secret(
    stage: Stage,
    texts: Texts,
    title: str,
    explanation: str,
    *,
    label: str,
    wrong: str = "",
    fits: Callable[[str], str] = lambda typed: "",
) -> str | None:
    """Ask for one secret. `fits` gives the reason why something cannot be it; then it is not taken, and says so."""
    page = stage.page(title)
    stage.heading(page, title)
    stage.told(page)
    body = ttk.Frame(page, padding=(PAD, 0))
    body.pack(fill="x")
    ttk.Label(body, text=explanation, wraplength=stage.width, justify="left").pack(anchor="w", pady=(0, 8))
    typed = tkinter.StringVar(body)
    ttk.Label(body, text=label).pack(anchor="w")
    entry = ttk.Entry(body, textvariable=typed, show=_DOT, width=40, name="secret")
    entry.pack(anchor="w", pady=4)
    note = ttk.Label(
        body, text=wrong, foreground=stage.theme.palette.wrong, wraplength=stage.width, name="note"
    )
    note.pack(anchor="w")
    _add_showing(body, texts, entry)
    accept = stage.buttons(page, texts("button.ok"), refuse=texts("button.cancel"), result=typed.get)

    def confirm() -> None:
        reason = fits(typed.get())
        if reason:
            note.configure(text=reason)
            entry.selection_range(0, "end")
            entry.focus_set()
        else:
            stage.answer(typed.get())

    accept.configure(command=confirm)
    stage.enter(confirm)
    result = stage.wait(entry)
    return result if isinstance(result, str) else None


def ask_new_password(stage: Stage, texts: Texts) -> str | None:
    """Two fields and a meter; it is taken only when acceptable and typed twice the same."""
    title = texts("password.title")
    page = stage.page(title)
    stage.heading(page, texts("password.new_heading"))
    stage.told(page)
    body = ttk.Frame(page, padding=(PAD, 0))
    body.pack(fill="x")
    ttk.Label(body, text=texts("password.explain"), wraplength=stage.width, justify="left").pack(anchor="w")
    first, second = tkinter.StringVar(body), tkinter.StringVar(body)
    entries = []
    for key, variable in (("password.new", first), ("password.repeat", second)):
        ttk.Label(body, text=texts(key).rstrip(": \u00a0\u202f")).pack(anchor="w", pady=(6, 0))
        entry = ttk.Entry(body, textvariable=variable, show=_DOT, width=44, name=key[9:])
        entry.pack(anchor="w")
        entries.append(entry)
    meter = tkinter.Canvas(
        body, height=8, width=360, highlightthickness=0, background=stage.theme.palette.line
    )
    meter.pack(anchor="w", pady=(8, 2))
    note = ttk.Label(body, text="", wraplength=stage.width, justify="left", name="note")
    note.pack(anchor="w")
    _add_showing(body, texts, *entries)
    accept = stage.buttons(page, texts("button.ok"), refuse=texts("button.cancel"), result=first.get)
    accept.state(["disabled"])

    def judged(*_: str) -> None:
        strength = strength_of(first.get())
        meter.delete("all")
        width = 360 * (strength.score + 1) // 5 if first.get() else 0
        meter.create_rectangle(0, 0, width, 8, fill=METER[strength.score], outline="")
        same = first.get() == second.get()
        key = strength.reason if same or not strength.acceptable or not second.get() else "different"
        if looks_like_pin(first.get()):
            key = "looks_like_pin"
        note.configure(text=texts(f"password.{key}") if first.get() else "")
        accept.state(["!disabled" if strength.acceptable and same else "disabled"])

    def confirm() -> None:
        if accept.instate(["!disabled"]):
            accept.invoke()
        elif strength_of(first.get()).acceptable:
            entries[1].focus_set()
        else:
            entries[0].focus_set()

    first.trace_add("write", judged)
    second.trace_add("write", judged)
    stage.enter(confirm)
    result = stage.wait(entries[0])
    return result if isinstance(result, str) else None


def pin_shape(texts: Texts) -> Callable[[str], str]:
    """Why something cannot be a PIN: then it is not sent to the card, which would count it as a wrong one."""

    def fits(typed: str) -> str:
        return "" if looks_like_pin(typed) else texts("window.pin_shape")

    return fits


def _add_showing(body: ttk.Frame, texts: Texts, *entries: ttk.Entry) -> None:
    """A box that shows what is typed, for who is alone with the screen."""
    shown = tkinter.BooleanVar(body, False)

    def change() -> None:
        for entry in entries:
            entry.configure(show="" if shown.get() else _DOT)

    ttk.Checkbutton(body, text=texts("window.show_typed"), variable=shown, command=change).pack(
        anchor="w", pady=4
    )
