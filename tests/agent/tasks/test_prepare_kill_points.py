"""`prepare` and `collect` killed at many lines: the key of a request is never lost, and the next run finishes."""

import random
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from agent.wire.encoding import to_base64url
from agent.wire.link.preparation import Preparation, csr_of_file
from agent.wire.pki.keys import read_csr
from agent.wire.pki.names import ehealth_dn, name_from_dn
from tests.agent.authority import make_authority
from tests.agent.workstation import PASSWORD, Workstation

MODULES = (
    "tasks/prepare.py",
    "stores/prepared.py",
    "stores/keys.py",
    "stores/contents.py",
    "stores/files.py",
    "durable.py",
    "stores/remembered.py",
)
POINTS, SAMPLE, SEED = 40, 3, 20261125
DN = ehealth_dn("SSIN", "85273003371", "Giulia De Luca", None)
NOW = datetime.now(UTC)
ANSWERS = {
    "the key stays on this workstation. [y/N] ": "y",
    "New password: ": PASSWORD,
    "The same password again: ": PASSWORD,
    "Password of the key store for GIULIA DE LUCA: ": PASSWORD,
    "no longer needed and is removed. [y/N] ": "y",
}


def _run(desk: Workstation, *arguments: str, kill_at: int = 0) -> tuple[int, str]:
    count = desk.home / "count"
    launcher = ["-m", "tests.support.kill", str(count), str(kill_at), *MODULES, "--"]
    terminal = desk.spawn(*arguments, "--ui", "terminal", launcher=launcher)
    prompts, screen = list(ANSWERS), ""
    while True:
        index = terminal.expect_exact([*prompts, pexpect.EOF])
        screen += str(terminal.before)
        if index == len(prompts):
            break
        terminal.sendline(ANSWERS[prompts[index]])
    terminal.close()
    status = terminal.exitstatus if terminal.signalstatus is None else -terminal.signalstatus
    return int(status if status is not None else -1), screen


def _preparation(desk: Workstation, number: int) -> Path:
    path = desk.configuration / f"preparation-{number}.json"
    key = to_base64url(number.to_bytes(16, "big"))
    path.write_bytes(Preparation(key, "https://certificates.example.org", "production", DN).to_json())
    return path


def _issued(authority: tuple[rsa.RSAPrivateKey, x509.Certificate], csr: Path) -> Path:
    leaf = (
        x509.CertificateBuilder()
        .subject_name(name_from_dn(DN, printable=False))
        .issuer_name(authority[1].subject)
        .public_key(read_csr(csr_of_file(csr.read_bytes())).public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1096))
        .sign(authority[0], hashes.SHA256())
    )
    path = csr.with_suffix(".pem")
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, authority[1])))
    return path


def _keys_in(folder: Path) -> set[int]:
    """The keys in stores of `folder` that open with the password, by their modulus."""
    found = set()
    for file in folder.glob("*p12"):
        key, _leaf, _others = pkcs12.load_key_and_certificates(file.read_bytes(), PASSWORD.encode())
        assert isinstance(key, rsa.RSAPrivateKey)
        found.add(key.public_key().public_numbers().n)
    return found


@pytest.mark.campaign
def test_no_key_is_lost_wherever_it_dies(
    workstation: Workstation, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    authority, desk = make_authority(), workstation
    path = _preparation(desk, 1)
    assert _run(desk, "prepare", str(path), "--format", "modern")[0] == 0
    prepare_lines = int((desk.home / "count").read_text())
    assert _run(desk, "collect", str(_issued(authority, path.with_suffix(".csr"))))[0] == 0
    collect_lines = int((desk.home / "count").read_text())
    half = POINTS // 2
    points = [
        (command, 1 + index * (lines - 1) // (half - 1))
        for command, lines in (("prepare", prepare_lines), ("collect", collect_lines))
        for index in range(half)
    ]
    if not full:
        points = random.Random(SEED).sample(points, SAMPLE)  # noqa: S311  a repeatable choice is wanted
    killed = 0
    for number, (command, kill_at) in enumerate(points, start=2):
        path = _preparation(desk, number)
        csr = path.with_suffix(".csr")
        stored = _keys_in(desk.keystores)
        code, screen = _run(
            desk,
            *("prepare", str(path), "--format", "modern"),
            kill_at=kill_at if command == "prepare" else 0,
        )
        assert code in (-signal.SIGKILL, 0), (command, kill_at, screen)
        killed += code != 0
        sent = csr.read_bytes() if csr.exists() else None
        if code != 0:
            code, screen = _run(desk, "prepare", str(path), "--format", "modern")
            assert code == 0, (kill_at, screen)
        assert sent in (None, csr.read_bytes()), f"another request after a kill at {kill_at}"
        wanted = read_csr(csr_of_file(csr.read_bytes())).public_key.public_numbers().n
        assert wanted in _keys_in(desk.home / "prepared")
        certificate = _issued(authority, csr)
        code, screen = _run(desk, "collect", str(certificate), kill_at=kill_at if command == "collect" else 0)
        assert code in (-signal.SIGKILL, 0), (command, kill_at, screen)
        assert wanted in _keys_in(desk.home / "prepared") | _keys_in(desk.keystores), "the key was lost"
        if code != 0:
            killed += 1
            left = [one.name for one in (desk.home / "prepared").iterdir() if one.is_file()]
            code, screen = _run(desk, "collect", str(certificate))
            assert code == (0 if left else 1), (kill_at, screen)
        assert _keys_in(desk.keystores) == stored | {wanted}
        assert [one for one in (desk.home / "prepared").iterdir() if one.is_file()] == []
        assert list(desk.keystores.glob("*.backup")) == []
        for folder in (desk.home, desk.keystores):
            assert list(folder.rglob(".ehportal-tmp-*")) == []
    with capsys.disabled():
        print(f"\nprepare and collect: {len(points)} kill points, {killed} killed, 0 keys lost")
    assert killed >= len(points) - 2
