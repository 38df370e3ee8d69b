"""The real command in a real terminal, with a real PKCS#11 token, against a server over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.stores.contents import AuthenticationEntry, authentication_entry, open_store
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish
from tests.support.cards import PIN, CitizenPki, SoftwareCard

SIGN = "Do you sign this with your eID? [y/N] "


def _opened(file: Path, password: str = PASSWORD) -> AuthenticationEntry:
    return authentication_entry(open_store(file.read_bytes(), password))


def _secrets_in(folder: Path, secrets: tuple[str, ...]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and "tokens" not in path.parts]
    return [
        f"{path.name}: {s}"
        for path in files
        for s in secrets
        if s.encode() in path.read_bytes() or s in path.name
    ]


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_from_enrolment_to_key_store(tmp_path: Path, citizen_pki: CitizenPki, algorithm: str) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    server, workstation = Counterpart(card), Workstation.make(tmp_path, card)
    try:
        workstation.enrol(server.url)
        job = server.add_job()
        code, screen = workstation.run(job.id)
    finally:
        server.close()
    assert code == 0, screen
    request = server.requests[job.id]
    assert request.state == "completed"
    (store,) = workstation.stores
    assert store.name.startswith("CBE=0406798006,APP_1 ")
    assert store.name.endswith(".acc-p12")
    assert store.stat().st_mode & 0o777 == 0o600
    assert _opened(store).certificate == request.certificate
    assert workstation.pending == []
    secrets = (card.ssin, PIN, PASSWORD)
    assert not [s for s in secrets if s in screen]
    assert _secrets_in(workstation.home, (card.ssin, PASSWORD)) == []
    assert _secrets_in(workstation.keystores, (card.ssin, PASSWORD)) == []


@pytest.mark.parametrize("reply", ["", "n", "x", "yes please", "\x04"])
def test_anything_but_yes_signs_nothing(enrolled: Workstation, server: Counterpart, reply: str) -> None:
    job = server.add_job()
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact(SIGN)
    if reply == "\x04":
        terminal.sendeof()
    else:
        terminal.sendline(reply)
    terminal.expect_exact("Refuse this request for good")
    terminal.sendline("")
    code, screen = finish(terminal)
    assert (code, server.requests[job.id].state) == (4, "ready"), screen
    assert enrolled.pending == []


def test_a_request_can_be_refused_for_good(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact(SIGN)
    terminal.sendline("n")
    terminal.expect_exact("Refuse this request for good")
    terminal.sendline("y")
    assert finish(terminal)[0] == 4
    assert server.requests[job.id].state == "declined"


def test_the_contract_can_be_read_in_another_language(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact("Contrat eHealth")
    terminal.expect_exact(SIGN)
    terminal.sendline("nl")
    terminal.expect_exact("Nederlandse tekst.")
    terminal.expect_exact(SIGN)
    terminal.sendintr()
    code, screen = finish(terminal)
    assert code == 4
    assert "Traceback" not in screen


def test_another_persons_card_is_refused_without_showing_a_number(
    enrolled: Workstation, server: Counterpart, citizen_pki: CitizenPki, an: SoftwareCard
) -> None:
    luc = citizen_pki.card(ssin="93051822361", first_names=("Luc",), surname="Dubois", algorithm="p384")
    enrolled.insert(enrolled.configuration / "luc", luc)
    code, screen = enrolled.run(server.add_job().id)
    assert code == 1
    assert "eID of An Marie Peeters" in screen
    assert an.ssin not in screen
    assert luc.ssin not in screen
    assert enrolled.pending == []


@pytest.mark.parametrize("broken", ["expired", "without nonRepudiation"])
def test_a_card_that_may_not_sign_is_noticed_before_anything_is_asked(
    enrolled: Workstation, server: Counterpart, citizen_pki: CitizenPki, broken: str
) -> None:
    expired = broken == "expired"
    card = citizen_pki.card(algorithm="p384", expired=expired, non_repudiation=expired)
    enrolled.insert(enrolled.configuration / "broken", card)
    code, screen = enrolled.run(server.add_job().id)
    assert code == 1
    assert ("not valid today" if expired else "no active Signature certificate") in " ".join(screen.split())
    assert SIGN not in screen


def test_a_wrong_pin_leaves_the_key_for_the_next_try(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    for prompt, reply in (
        (SIGN, "y"),
        ("New password: ", "kort"),
        ("Too short", ""),
        ("New password: ", PASSWORD),
        ("The same password again: ", "something else"),
        ("not the same", ""),
        ("New password: ", PASSWORD),
        ("The same password again: ", PASSWORD),
        ("PIN of your eID, to sign: ", "9999"),
    ):
        terminal.expect_exact(prompt)
        if reply:
            terminal.sendline(reply)
    code, screen = finish(terminal)
    assert code == 1
    assert "PIN is not right" in screen
    assert [path.suffix for path in enrolled.pending] == [".json", ".p12"]
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "Your choice" not in screen
    assert server.requests[job.id].stored == ["legacy"]


def test_an_id_that_is_not_ours_shows_nothing_when_a_page_sends_it(
    enrolled: Workstation, server: Counterpart
) -> None:
    unknown = "A" * 22
    code, screen = finish(enrolled.spawn("handle", f"ehportal://run/{unknown}", "--ui", "terminal"))
    assert (code, screen.strip()) == (1, "")
    code, screen = enrolled.run(unknown)
    assert (code, "no such request" in screen) == (1, True)


def test_a_page_wakes_the_agent_for_a_real_request(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    terminal = enrolled.spawn("handle", f"ehportal://run/{job.id}", "--ui", "terminal")
    assert answer_all(terminal, PASSWORD)[0] == 0


def test_an_id_may_begin_with_a_dash(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job(id="-" + "b" * 20 + "A")
    code, screen = enrolled.run(job.id)
    assert code == 0, screen


@pytest.mark.parametrize("change", [{"server": "https://other.example"}, {"requested_by": "x" * 300}])
def test_a_job_that_is_not_in_order_is_not_shown(
    enrolled: Workstation, server: Counterpart, change: dict[str, Any]
) -> None:
    code, screen = enrolled.run(server.add_job(**change).id)
    assert code == 1
    assert SIGN not in screen


def test_not_enrolled_and_unknown_device_say_what_to_do(
    workstation: Workstation, server: Counterpart
) -> None:
    code, screen = workstation.run(server.add_job().id)
    assert (code, "ehportal-agent enrol" in screen) == (1, True)
    workstation.enrol(server.url)
    server.devices.clear()
    code, screen = workstation.run(server.add_job().id)
    assert (code, "does not know this workstation" in screen) == (1, True)


def test_enrolment_is_a_choice_and_bound_to_its_server(workstation: Workstation, server: Counterpart) -> None:
    terminal = workstation.spawn("enrol", server.url, "--ui", "terminal")
    terminal.expect_exact("with your eID? [y/N] ")
    terminal.sendline("")
    assert finish(terminal)[0] == 4
    assert server.devices == {}
    assert not (workstation.home / "device.key").exists()
    terminal = workstation.spawn("enrol", server.url.replace("127.0.0.1", "localhost"), "--ui", "terminal")
    code, screen = finish(terminal)
    assert (code, "another address" in screen) == (1, True)
    workstation.enrol(server.url)
    assert (workstation.home / "device.key").stat().st_mode & 0o777 == 0o600


def test_a_password_change_from_the_command(enrolled: Workstation, server: Counterpart) -> None:
    assert enrolled.run(server.add_job().id)[0] == 0
    (store,) = enrolled.stores
    fresh = "vijver ladder 88 oker"
    terminal = enrolled.spawn("password", str(store), "--format", "legacy", "--ui", "terminal")
    for prompt, reply in (
        ("Password of the key store for", PASSWORD),
        ("New password: ", fresh),
        ("The same password again: ", fresh),
    ):
        terminal.expect_exact(prompt)
        terminal.sendline(reply)
    code, screen = finish(terminal)
    assert (code, "old password still opens the backup" in screen) == (0, True), screen
    assert _opened(store, fresh)
    (backup,) = enrolled.keystores.glob("*.backup")
    assert _opened(backup)


LONG = "<h1>Contrat</h1>" + "".join(f"<p>Article {number}. Texte.</p>" for number in range(60))


def test_a_long_contract_is_read_a_screen_at_a_time(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job(html=LONG)
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", rows=30)
    screens = 0
    while terminal.expect_exact(["q: stop ", SIGN]) == 0:
        screens += 1
        terminal.sendline("")
    assert screens >= 4
    terminal.sendline("")
    terminal.expect_exact("Refuse this request for good")
    terminal.sendline("")
    assert finish(terminal)[0] == 4
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", rows=30)
    terminal.expect_exact("q: stop ")
    terminal.sendline("q")
    terminal.expect_exact("Refuse this request for good")
    terminal.sendline("")
    assert finish(terminal)[0] == 4


def test_the_keyring_spares_the_password_only_while_work_is_unfinished(
    enrolled: Workstation, server: Counterpart
) -> None:
    settings = enrolled.home / "agent.toml"
    settings.write_text(settings.read_text() + "[passwords]\nkeyring = true\n")
    kept = enrolled.configuration / "keyring.json"
    backend = "tests.agent.plain_keyring.PlainKeyring"
    enrolled.environment.update(PYTHON_KEYRING_BACKEND=backend, PLAIN_KEYRING=str(kept))
    job = server.add_job()
    server.requests[job.id].issue = False
    answer_all(enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "0"), PASSWORD)
    assert json.loads(kept.read_text()) == {f"ehportal-agent/{job.id}": PASSWORD}
    server.deliver(job.id)
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "Password of the key store" not in screen
    assert json.loads(kept.read_text()) == {}
