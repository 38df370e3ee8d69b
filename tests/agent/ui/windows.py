"""A person at a real window: an X server without a screen, and keys that are really pressed."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.agent.workstation import ROOT

DRIVER = """
    import os, subprocess, sys, traceback
    from collections import deque
    from agent.consent.contract_text import contract_blocks
    from agent.consent.request import ConsentPage
    from agent.language import LANGUAGES, Texts
    from agent.ui.tk import WindowDialogue

    GOOD = "wolk trompet kade 71"

    def key(*names):
        return lambda: subprocess.run(["xdotool", "key", "--delay", "40", *names], check=True)

    def write(text):
        return lambda: subprocess.run(["xdotool", "type", "--delay", "15", text], check=True)

    def find(widget, name):
        for child in widget.winfo_children():
            if child.winfo_name() == name:
                return child
            found = find(child, name)
            if found is not None:
                return found

    class Sitting(WindowDialogue):
        "Does each step once the one before has been answered by the window: nothing waits for a clock."

        def __init__(self, language="nl"):
            super().__init__(Texts(language))
            self.steps = deque()
            self.places = []
            self.root.after(300, self.go_on)

        def go_on(self):
            if self.steps and find(self.root, "accept") is not None:
                step = self.steps.popleft()
                self.places.append(self.place())
                try:
                    step()
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            self.root.after(500, self.go_on)

        def do(self, *steps):
            self.steps.extend(steps)

        def window(self):
            return [w for w in self.root.winfo_children() if w.winfo_class() == "Toplevel"][-1]

        def place(self):
            return self.window().winfo_x(), self.window().winfo_y()

        def shows(self, text):
            def seen(widget):
                for child in widget.winfo_children():
                    try:
                        if text in str(child.cget("text")):
                            return True
                    except Exception:
                        pass
                    if child.winfo_class() == "Text" and text in child.get("1.0", "end"):
                        return True
                    if seen(child):
                        return True
                return False
            return seen(self.root)

        def expect(self, text):
            def look():
                assert self.shows(text), text
            return look

    def page(paragraphs, environment="acceptance"):
        said = "Houd de sleutel geheim en trek hem in bij twijfel."
        html = "".join(f"<p>Artikel {n}. {said}</p>" for n in range(paragraphs))
        contracts = tuple((lang, contract_blocks(html)) for lang in ("fr", "nl"))
        return ConsentPage(environment, "Titel", "Uitleg", (("Organisatie", "UZ Test"),) * 12, contracts)
"""


def in_windows(folder: Path, script: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run `script` after the driver under a screen of 1024 by 768; returns what it printed. Fails with its errors."""
    file = folder / "sitting.py"
    file.write_text(textwrap.dedent(DRIVER) + textwrap.dedent(script))
    command = ["xvfb-run", "-a", "-s", "-screen 0 1024x768x24", sys.executable, str(file), *arguments]
    surroundings = {**(environment or dict(os.environ)), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout
