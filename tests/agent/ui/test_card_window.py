"""While the middleware's own dialog is open, the agent's window says so and keeps moving."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.agent.workstation import ROOT, Workstation
from tests.support.cards import SoftwareCard
from tests.support.effort import PATIENCE
from tests.support.pin_dialog import Person, compile_module

WAITING = """
    import os
    from pathlib import Path
    from agent.card.eid import CardReader
    from agent.errors import CardError
    from agent.language import Texts
    from agent.tasks.card_sitting import CardSitting
    from agent.ui.tk import WindowDialogue

    texts = Texts("nl")
    dialogue = WindowDialogue(texts)
    folder = Path(os.environ["PIN_DIALOG_FOLDER"])
    seen = set()

    def lines(widget):
        for child in widget.winfo_children():
            yield from lines(child)
            if child.winfo_class() == "TLabel":
                yield child.cget("text")
            if child.winfo_class() == "TProgressbar":
                yield f"bar {child.cget('value')}"

    def look():
        hanging = (folder / "hanging").exists()
        if hanging:
            seen.update(str(line) for line in lines(dialogue.root))
        if len(seen) > 3:
            os.kill(int((folder / "hanging").read_text().split()[1]), 9)
            return
        dialogue.root.after(50, look)

    dialogue.root.after(50, look)
    sitting = CardSitting(dialogue, texts)
    with CardReader(Path(os.environ["MODULE"]), meanwhile=dialogue.alive) as reader:
        card = sitting.card(reader)
        try:
            sitting.identify(reader, card, b"message")
        except CardError as error:
            print(error.code)
    print(texts("pin.comes_in_window") in seen, sum(line.startswith("bar") for line in seen) > 1)
"""


def test_the_window_moves_while_the_dialog_is_open(tmp_path: Path, an: SoftwareCard) -> None:
    module = compile_module(tmp_path)
    folder = tmp_path / "person"
    folder.mkdir()
    Person(folder).will_answer("hang")
    desk = Workstation.make(tmp_path, an, module=str(module))
    script = tmp_path / "waiting.py"
    script.write_text(textwrap.dedent(WAITING))
    environment = {
        **desk.environment,
        "PIN_DIALOG_FOLDER": str(folder),
        "MODULE": str(module),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    command = ["xvfb-run", "-a", "-s", "-screen 0 1000x800x24", sys.executable, str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.split() == ["dialog_impossible", "True", "True"], done.stdout + done.stderr
