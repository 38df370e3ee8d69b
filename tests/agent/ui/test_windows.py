"""The window: Enter confirms on every page, nothing is signed unread, and no secret lands in another's field."""

import subprocess
from pathlib import Path

import pytest

from tests.agent.counterpart import Counterpart
from tests.agent.ui.windows import in_windows
from tests.agent.workstation import PASSWORD, Workstation
from tests.support.cards import PIN


def test_enter_alone_leads_through_a_contract_and_signs_at_its_end(tmp_path: Path) -> None:
    said = in_windows(
        tmp_path,
        """
        sitting = Sitting()
        presses = []

        def enter():
            presses.append(sitting.shows("Enter: ondertekenen"))
            key("Return")()

        sitting.do(*[enter] * 40)
        assert sitting.consent(page(60)) is True
        assert len(presses) > 2 and presses[:-1] == [False] * (len(presses) - 1), presses
        assert presses[-1] is True
        sitting.steps.clear()
        sitting.do(key("Return"))
        assert sitting.consent(page(2)) is True
        sitting.do(key("Escape"))
        assert sitting.consent(page(2)) is False
        sitting.do(lambda: sitting.window().destroy())
        assert sitting.consent(page(2)) is False
        sitting.do(key("Tab"), key("Tab"), lambda: None, key("Escape"))
        assert sitting.consent(page(2)) is False
        print("signed")
        """,
    )
    assert said == "signed\n"


def test_the_contract_is_read_in_more_than_a_few_lines(tmp_path: Path) -> None:
    said = in_windows(
        tmp_path,
        """
        sitting = Sitting()

        def look():
            (text,) = [w for w in find_all(sitting.window(), "Text")]
            print(text.winfo_height() // sitting.line_height())

        def find_all(widget, kind):
            for child in widget.winfo_children():
                if child.winfo_class() == kind:
                    yield child
                yield from find_all(child, kind)

        from tkinter import font
        sitting.line_height = lambda: font.nametofont("TkDefaultFont").metrics("linespace")
        sitting.do(look, key("Escape"))
        sitting.consent(page(30))
        """,
    )
    assert int(said) >= 20


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_enter_confirms_everything_but_what_gives_something_up(tmp_path: Path, language: str) -> None:
    said = in_windows(
        tmp_path,
        """
        sitting = Sitting(sys.argv[1])
        sitting.do(key("Return"))
        assert sitting.confirm("?") is True
        sitting.do(key("Return"))
        assert sitting.confirm("?", careful=True) is False
        sitting.do(key("Tab"), key("Tab"), key("Return"))
        sitting.confirm("?", careful=True)
        sitting.steps.clear()
        sitting.do(key("Return"))
        assert sitting.choose("?", ["a", "b"]) == 0
        sitting.do(key("Down"), key("Return"))
        assert sitting.choose("?", ["a", "b"]) == 1
        sitting.do(key("Escape"))
        assert sitting.choose("?", ["a", "b"]) is None
        sitting.do(key("Return"))
        sitting.problem("what", "next")
        sitting.do(key("Return"))
        assert sitting.password("x", again=False) == ""
        sitting.do(key("Escape"))
        assert sitting.password("x", again=True) is None
        sitting.do(key("Return"))
        sitting.say("done")
        sitting.close()
        print("fine")
        """,
        language,
    )
    assert said == "fine\n"


def test_what_cannot_be_the_asked_secret_stays_in_its_field(tmp_path: Path) -> None:
    said = in_windows(
        tmp_path,
        """
        sitting = Sitting()
        texts = Texts("nl")
        sitting.do(
            write(GOOD), key("Return"), sitting.expect(texts("window.pin_shape")),
            write("1234"), key("Return"),
        )
        assert sitting.pin("Signature") == "1234"
        sitting.do(
            write("1234"), sitting.expect(texts("password.looks_like_pin")), key("Return"),
            key("shift+Home"), write(GOOD), key("Return"), write(GOOD), key("Return"),
        )
        assert sitting.new_password() == GOOD
        sitting.do(
            write(GOOD), key("Return"), write(GOOD + "x"), key("Return"),
            sitting.expect(texts("password.different")), key("BackSpace"), key("Return"),
        )
        assert sitting.new_password() == GOOD
        sitting.do(sitting.expect(texts("password.title")), sitting.expect("UZ Test"), key("Escape"))
        assert sitting.password("UZ Test", again=False) is None
        sitting.do(sitting.expect(texts("password.key_title")), write("abc"), key("Return"))
        assert sitting.password("UZ Test", again=False, of_key=True) == "abc"
        print("fine")
        """,
    )
    assert said == "fine\n"


def test_one_window_stays_at_its_place_and_keeps_what_was_said(tmp_path: Path) -> None:
    said = in_windows(
        tmp_path,
        """
        from pathlib import Path
        sitting = Sitting()
        sitting.progress("Bezig")
        sitting.say("Eerste bericht")
        sitting.do(sitting.expect("Eerste bericht"), key("Return"))
        sitting.consent(page(1))
        sitting.do(write("1234"), key("Return"))
        sitting.pin("Signature")
        sitting.progress("Bezig")
        sitting.pause(0.3)
        sitting.do(key("Escape"))
        sitting.password("x", again=False)
        sitting.say("Sleutelbestand klaar", folder=Path(sys.argv[1]))
        sitting.do(
            sitting.expect("Sleutelbestand klaar"), sitting.expect("Map openen"),
            lambda: find(sitting.root, "other0").invoke(), key("Return"),
        )
        windows = len([w for w in sitting.root.winfo_children() if w.winfo_class() == "Toplevel"])
        sitting.close()
        print(windows, len(set(sitting.places[1:])))
        """,
        str(tmp_path),
    )
    assert said == "1 1\n"


def test_the_folder_at_the_end_is_the_one_with_the_key_store(tmp_path: Path) -> None:
    from agent.ui.tk.dialogue import open_folder

    opened, tool = tmp_path / "opened", tmp_path / "bin" / "xdg-open"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part && mv {opened}.part {opened}\n')
    tool.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
        open_folder(tmp_path)
    subprocess.run(["sh", "-c", f"until [ -e {opened} ]; do sleep 0.05; done"], check=True, timeout=60)
    assert opened.read_text() == str(tmp_path)


REQUEST = """
    from agent import cli

    job, password, pin = sys.argv[1:]

    class Person(Sitting):
        "Answers each page by what it asks for, with the keyboard alone."

        answered = 0

        def go_on(self):
            if find(self.root, "accept") is not None:
                type(self).answered += 1
                print(self.window().title(), flush=True)
                if find(self.root, "new") is not None:
                    write(password)(); key("Return")(); write(password)()
                elif find(self.root, "secret") is not None:
                    write(pin)()
                key("Return")()
            self.root.after(700, self.go_on)

    cli.open_dialogue = lambda surface, texts: Person(texts.language)
    print(cli.main(["run", job, "--language", "nl"]))
"""


def test_a_request_is_signed_with_the_keyboard_alone(
    enrolled: Workstation, server: Counterpart, tmp_path: Path
) -> None:
    job = server.add_job()
    said = in_windows(tmp_path, REQUEST, job.id, PASSWORD, PIN, environment=enrolled.environment).splitlines()
    assert said[-1] == "0", said
    assert list(dict.fromkeys(said[:-1]))[:3] == [
        "U wordt gevraagd te ondertekenen",
        "Wachtwoord van het sleutelbestand",
        "Pincode van uw eID",
    ]
    assert server.requests[job.id].state == "completed"
    assert len(enrolled.stores) == 1


START = """
    from agent import cli
    from agent.ui import tk

    class Person(Sitting):
        def __init__(self, texts):
            super().__init__(texts.language)
            self.do(lambda: print(self.window().title(), self.shows(sys.argv[2]), flush=True), key("Return"))

    tk.WindowDialogue = Person
    print(cli.main(["handle", sys.argv[1], "--language", "nl"]))
"""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ehportal://run/AAECAwQFBgcICQoLDA0ODw", "niet bekend"),
        ("ehportal://run/x", "Dit is geen adres voor de agent."),
    ],
)
def test_what_goes_wrong_at_a_start_from_the_browser_is_shown_in_a_window(
    workstation: Workstation, tmp_path: Path, address: str, expected: str
) -> None:
    said = in_windows(tmp_path, START, address, expected, environment=workstation.environment).splitlines()
    assert said == ["Het is niet gelukt True", "1"], said
