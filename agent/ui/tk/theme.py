"""How the window looks: the desktop's own theme, its font, light or dark; and the colours that mean something."""

import configparser
import os
import shutil
import subprocess
import sys
import tkinter
from dataclasses import dataclass
from pathlib import Path
from tkinter import font, ttk
from typing import Final

# The same colours as on the server's pages: petrol is production, violet is acceptance and nothing else.
COLOURS: Final = {"production": ("#0b5f6b", "#ffffff"), "acceptance": ("#6a27a6", "#ffffff")}
ENDING: Final = ("#a61b1b", "#ffffff")
"""What ends something is red, in either environment."""
PLAIN: Final = ("#1f4e79", "#ffffff")
METER: Final = ("#c0392b", "#d35400", "#d4ac0d", "#2e8b57", "#0b6e4f")
PAD: Final = 16
_NATIVE: Final = {"win32": "vista", "darwin": "aqua"}
_ASK_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Palette:
    """The colours of everything that means nothing by its colour."""

    ink: str
    paper: str
    quiet: str
    ground: str
    line: str
    wrong: str


LIGHT: Final = Palette("#1f2933", "#ffffff", "#52606d", "#f5f7fa", "#cbd2d9", "#a61b1b")
DARK: Final = Palette("#e4e7eb", "#1f2428", "#b0bac5", "#2b3136", "#4a545e", "#ff9b9b")


class Theme:
    """Applied once to a root window."""

    def __init__(self, root: tkinter.Tk) -> None:
        self._style = ttk.Style(root)
        native = _NATIVE.get(sys.platform, "")
        self.is_native = native in self._style.theme_names()
        if self.is_native:
            self._style.theme_use(native)
            self.palette = LIGHT
        else:
            self._style.theme_use("clam")
            self.palette = DARK if _prefers_dark() else LIGHT
            _use_font_of_desktop(root)
        self._configure()
        root.configure(background=self.palette.ground)

    def _configure(self) -> None:
        look, style = self.palette, self._style
        if self.is_native:
            return
        style.configure(
            ".",
            background=look.ground,
            foreground=look.ink,
            fieldbackground=look.paper,
            bordercolor=look.line,
            lightcolor=look.ground,
            darkcolor=look.ground,
            insertcolor=look.ink,
            focuscolor=look.ink,
        )
        style.configure("TEntry", padding=6)
        style.map("TRadiobutton", background=[("active", look.ground)])
        style.map("TCheckbutton", background=[("active", look.ground)])
        style.configure("Plain.TButton", padding=(18, 8))

    def primary(self, colours: tuple[str, str]) -> str:
        """The style of a default button in the colours of what it does."""
        name = f"C{colours[0][1:]}.TButton"
        if not self.is_native:
            background, foreground = colours
            self._style.configure(name, background=background, foreground=foreground, padding=(18, 8))
            self._style.map(
                name,
                background=[("disabled", self.palette.line), ("active", background)],
                foreground=[("disabled", self.palette.quiet)],
            )
        return name if not self.is_native else "TButton"


def _use_font_of_desktop(root: tkinter.Tk) -> None:
    family, size = _font_of_desktop()
    for name in ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont"):
        named = font.nametofont(name, root=root)
        named.configure(size=size)
        if family in font.families(root):
            named.configure(family=family)


def _font_of_desktop() -> tuple[str, int]:
    """Family and size in points, as the desktop's settings have them."""
    told = _gnome("font-name") or _kde("General", "font")
    family, _, size = (
        told.rpartition(" ") if "," not in told else (told.split(",")[0], "", told.split(",")[1])
    )
    try:
        points = round(float(size))
    except ValueError:
        return told, 11
    return family, points if 8 <= points <= 24 else 11


def _prefers_dark() -> bool:
    return "dark" in (_gnome("color-scheme") + _gnome("gtk-theme") + _kde("General", "ColorScheme")).lower()


def _gnome(key: str) -> str:
    """A setting of a GNOME-like desktop; empty where there is none."""
    tool = shutil.which("gsettings")
    if tool is None or not os.environ.get("XDG_CURRENT_DESKTOP"):
        return ""
    command = [tool, "get", "org.gnome.desktop.interface", key]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False)  # noqa: S603  the desktop's own tool
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().strip("'")


def _kde(section: str, key: str) -> str:
    """A setting of KDE; empty where there is none."""
    if "kde" not in os.environ.get("XDG_CURRENT_DESKTOP", "").lower():
        return ""
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        settings.read(folder / "kdeglobals", "utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return ""
    return settings.get(section, key, fallback="")
