"""The scan as a command in a real terminal: what is asked, shown and sent."""

import re
from pathlib import Path

import pytest

from agent import pkcs12
from agent.language import Texts
from agent.scan.report import left_out_lines, report_of
from agent.scan.search import scan
from agent.wire.link.installations import InstallationsMatched, LeftOut
from tests.agent.counterpart import Counterpart
from tests.agent.scan.samples import ASKED, ORGANISATION, SSIN
from tests.agent.stores.samples import (
    PASSWORD,
    full_contents,
)
from tests.agent.workstation import Workstation, finish


def _screen(text: str) -> str:
    return " ".join(re.sub(r"[│─╭╮╰╯]", " ", text).split())


def test_the_usual_folder_is_looked_through(workstation: Workstation, tmp_path: Path) -> None:
    workstation.environment["HOME"] = str(tmp_path / "nobody")
    code, screen = finish(workstation.spawn("scan", "--ui", "terminal"))
    assert (code, "There are no key stores" in screen) == (0, True)
    workstation.keystores.mkdir(mode=0o700)
    (workstation.keystores / ORGANISATION).write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    code, screen = finish(workstation.spawn("scan", "--ui", "terminal"))
    assert (code, f"{ORGANISATION}: ACCEPTANCE; by its name" in screen) == (0, True), screen
    code, screen = finish(workstation.spawn("scan", str(tmp_path / "absent"), "--ui", "terminal"))
    assert (code, "There is no such folder" in screen) == (1, True)


def test_stores_are_opened_with_the_passwords_that_are_given(workstation: Workstation, folder: Path) -> None:
    terminal = workstation.spawn("scan", str(folder), "--open", "--ui", "terminal")
    for prompt, reply in (
        (f"{ASKED} {ORGANISATION}: ", PASSWORD),
        ("on the other key stores too? [y/N] ", "y"),
        (f"{ASKED} no name at all: ", "wrong"),
        (f"{ASKED} no name at all: ", "other kade 33 wolk"),
    ):
        terminal.expect_exact(prompt)
        terminal.sendline(reply)
    code, screen = finish(terminal)
    screen = _screen(screen)
    assert code == 0, screen
    assert screen.count("encryption keys: 2") == 3
    assert screen.count("encryption keys: 1") == 1
    assert "not opened" in screen  # the backup, whose password is an older one
    assert "The same key: " in screen
    for secret in (SSIN, PASSWORD, "other kade 33 wolk"):
        assert secret not in screen
        assert secret not in (workstation.home / "stores.json").read_text()
    code, screen = finish(workstation.spawn("scan", str(folder), "--ui", "terminal"))
    assert _screen(screen).count("valid until") == 4


def test_a_backup_with_the_same_content_is_read_with_its_original(
    workstation: Workstation, tmp_path: Path
) -> None:
    places = tmp_path / "places"
    (places / "backup").mkdir(parents=True)
    data = pkcs12.write(full_contents(), PASSWORD, "modern")
    for path in (places / ORGANISATION, places / "backup" / f"{ORGANISATION}.20260301-120000.backup"):
        path.write_bytes(data)
    terminal = workstation.spawn("scan", str(places), "--open", "--ui", "terminal")
    terminal.expect_exact(f"{ASKED} {ORGANISATION}: ")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert (code, screen.count("encryption keys: 2")) == (0, 2), screen
    assert "other key stores too" not in screen


def test_an_empty_answer_leaves_a_store_closed(workstation: Workstation, folder: Path) -> None:
    terminal = workstation.spawn("scan", str(folder / "deep"), "--open", "--ui", "terminal")
    for _ in range(2):
        terminal.expect_exact(ASKED)
        terminal.sendline("")
    code, screen = finish(terminal)
    assert (code, screen.count("end unknown")) == (0, 2), screen


def test_nothing_is_sent_without_a_yes(enrolled: Workstation, server: Counterpart, folder: Path) -> None:
    for reply in ("", "n", "later"):
        terminal = enrolled.spawn("scan", str(folder), "--report", "--ui", "terminal")
        terminal.expect_exact("Send this? [y/N] ")
        terminal.sendline(reply)
        code, screen = finish(terminal)
        assert (code, "Nothing was sent" in screen) == (4, True)
    assert server.reports == []


def test_what_was_shown_is_what_is_sent(enrolled: Workstation, server: Counterpart, folder: Path) -> None:
    command = [
        "scan",
        str(folder),
        "--report",
        "--package",
        "Care Suite",
        "--machine",
        "ward-3",
        "--ui",
        "terminal",
    ]
    terminal = enrolled.spawn(*command)
    terminal.expect_exact("Send this? [y/N] ")
    shown = _screen(str(terminal.before)).partition("nothing else, goes to")[2]
    terminal.sendline("y")
    code, screen = finish(terminal)
    assert (code, "recognised: 2, unknown: 1, installations gone: 4" in _screen(screen)) == (0, True), screen
    (report,) = server.reports
    assert report == report_of(scan([folder]), machine="ward-3", package="Care Suite")
    for installation in report.installations:
        facts = installation.to_json()
        for name in ("path", "file_digest", "package"):
            assert str(facts[name]) in shown, name
        assert installation.not_after is None or installation.not_after.isoformat() in shown
    assert server.url in shown
    assert "It goes to: AZ Sint-Elisabeth Maasdal. Each gets only what concerns it" in shown
    assert "Machine: ward-3" in shown
    assert SSIN not in shown


def test_a_workstation_that_works_for_nobody_sends_nothing(
    enrolled: Workstation, server: Counterpart, folder: Path
) -> None:
    server.agreed = []
    code, screen = finish(enrolled.spawn("scan", str(folder), "--report", "--yes", "--ui", "terminal"))
    assert (code, server.reports) == (4, [])
    assert "works for no organisation yet" in screen
    assert "ehportal-agent organisations" in screen


def test_an_unattended_run_sends_without_asking(
    enrolled: Workstation, server: Counterpart, folder: Path
) -> None:
    code, screen = finish(enrolled.spawn("scan", str(folder), "--report", "--yes", "--ui", "terminal"))
    assert (code, len(server.reports)) == (0, 1), screen
    assert server.reports[0].machine == "test"
    assert server.reports[0].complete
    server.lose_answer = lambda method, path: path.endswith("installations") and len(server.calls) % 2 == 0
    code, _ = finish(enrolled.spawn("scan", str(folder), "--report", "--yes", "--ui", "terminal"))
    assert (code, len(server.reports)) == (0, 2)


def test_a_report_needs_an_enrolled_workstation(workstation: Workstation, folder: Path) -> None:
    code, screen = finish(workstation.spawn("scan", str(folder), "--report", "--yes", "--ui", "terminal"))
    assert (code, "ehportal-agent enrol" in screen) == (1, True)


def test_what_the_server_did_not_take_is_named_with_its_reason(
    enrolled: Workstation, server: Counterpart, folder: Path
) -> None:
    server.matched = InstallationsMatched(0, 3, 0, (LeftOut(0, "serial"), LeftOut(1, "a_reason_of_tomorrow")))
    code, screen = finish(enrolled.spawn("scan", str(folder), "--report", "--yes", "--ui", "terminal"))
    assert code == 0, screen
    (report,) = server.reports
    assert "left_out" in server.knows, "else the server tells it to nobody"
    told = "".join(screen.split())
    for number, why in ((0, "(it cannot read this: Serial number)"), (1, "a newer agent may help")):
        assert "".join(f"not take: {report.installations[number].path}".split()) in told
        assert "".join(why.split()) in told


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_every_reason_has_its_words(folder: Path, language: str) -> None:
    report, texts = report_of(scan([folder]), machine="x", package=None), Texts(language)
    reasons = (*report.installations[0].to_json(), "shape", "national_number", "tomorrow")
    left_out = tuple(LeftOut(0, why) for why in reasons)
    lines = list(left_out_lines(report, InstallationsMatched(0, 0, 0, left_out), texts))
    assert len(lines) == len(reasons)
    assert all(report.installations[0].path in line and "scan." not in line for line in lines)
    assert list(left_out_lines(report, InstallationsMatched(0, 0, 0, (LeftOut(299, "path"),)), texts)) == []
