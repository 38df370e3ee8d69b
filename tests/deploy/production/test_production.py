"""The README's production section, followed word by word from an empty PostgreSQL to a server under attack."""

import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec

from agent.wire.link.proofs import HEADER, make_proof
from agent.wire.version import VERSION
from deploy.stack import redis
from deploy.stack.ports import free_port
from organisations.domain.work import Lane
from tests.certificates.samples import AUTHORITY, NOW, certificate, pem, plain_name
from tests.deploy.production import postgres
from tests.deploy.production.machine import Machine, commands
from tests.deploy.production.people import (
    PATIENCE,
    Dripping,
    connection,
    make_certificate,
    send_form,
    somebody,
)
from tests.environment import ROOT
from tests.support.effort import until
from tests.support.mail_sink import MailSink

PASSWORD = "een-lang-woord-77-appel"
ADMINISTRATOR = "els.wouters@maasdal.example"
MANY = 40
"""Addresses from which people come, and attackers."""


@pytest.fixture(scope="module")
def mail() -> Iterator[MailSink]:
    sink = MailSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(scope="module")
def machine(mail: MailSink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The README followed to its last command; only what it leaves to an editor is done in between."""
    made = Machine()
    with ExitStack() as ending:
        ending.callback(made.remove)
        admin = postgres.start(made)
        cache, redis_url = redis.start(tmp_path_factory.mktemp("redis"))
        ending.callback(cache.wait)
        ending.callback(cache.terminate)
        made.environment["HOST"] = "127.0.0.1"
        for line in commands():
            if line.startswith("sudo /opt/ehportal/deploy/manage prepare"):
                fill_in(made, admin, redis_url, mail.port)
            made.type(line)
        yield made


def fill_in(machine: Machine, admin: str, redis_url: str, mail_port: int) -> None:
    """What step 2 leaves to the operator: settings, anchors, a certificate."""
    server = admin.rpartition("@")[2].partition("/")[0]
    web, owner = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    machine.fill_in(
        "ehportal.env",
        ORIGIN=machine.origin,
        SECRET_KEY=secrets.token_urlsafe(48),
        SSIN_INDEX_KEY=secrets.token_urlsafe(48),
        SSIN_KEYS=Fernet.generate_key().decode(),
        DATABASE_URL=f"postgresql://ehportal_web:{web}@{server}/ehportal",
        REDIS_URL=redis_url,
        MAIL_URL=f"smtp://127.0.0.1:{mail_port}",
        CERTRA_PRODUCTION_URL="https://services.ehealth.fgov.be",
        CERTRA_ACCEPTANCE_URL="https://services-acpt.ehealth.fgov.be",
        METRICS_TOKEN="a-token-of-the-operator",
    )
    machine.fill_in(
        "prepare.env",
        DATABASE_OWNER_URL=f"postgresql://ehportal_owner:{owner}@{server}/ehportal",
        DATABASE_ADMIN_URL=admin,
    )
    for name in ("production", "acceptance", "eid"):
        root = certificate(
            plain_name(f"Root of {name}"), extensions=(AUTHORITY,), not_after=NOW + timedelta(days=9000)
        )
        (machine.root / f"etc/ehportal/anchors/{name}.pem").write_bytes(pem(root))
    make_certificate(machine.root / "etc/ehportal/tls")
    for secret in (machine.root / "etc/ehportal/tls").iterdir():
        secret.chmod(0o644)


@pytest.fixture(scope="module")
def administrator(machine: Machine, mail: MailSink) -> str:
    """The first administrator, who followed the letter to a password; returns the address."""
    [link] = set(re.findall(rf"{re.escape(machine.origin)}/invitations/\S+/", mail.text_to(ADMINISTRATOR)))
    chosen = send_form(
        somebody("127.0.0.1", trusted(machine)), link, {"password1": PASSWORD, "password2": PASSWORD}
    )
    assert chosen.status_code == 302
    return ADMINISTRATOR


@pytest.fixture(scope="module", params=["socket", "tcp"])
def served(request: pytest.FixtureRequest, machine: Machine, administrator: str) -> Iterator[Machine]:
    """The same machine with the web server behind a socket, as the README leaves it, or on a port of loopback."""
    site, settings = "etc/nginx/sites-available/ehportal", "etc/ehportal/ehportal.env"
    kept = {name: (machine.root / name).read_text() for name in (site, settings)}
    if request.param == "tcp":
        port = free_port()
        machine.rewrite(site, r"^    server unix:.*;$", f"    server 127.0.0.1:{port} fail_timeout=0;")
        with (machine.root / settings).open("a") as file:
            file.write(f"WEB_BIND=127.0.0.1:{port}\n")
        machine.stop("ehportal-web", "nginx")
        machine.systemctl(["enable", "--now", "ehportal-web"])
        machine.systemctl(["restart", "nginx"])
    yield machine
    if request.param == "tcp":
        for name, text in kept.items():
            (machine.root / name).write_text(text)
        machine.stop("ehportal-web", "nginx")
        machine.systemctl(["enable", "--now", "ehportal-web"])
        machine.systemctl(["restart", "nginx"])


def trusted(machine: Machine) -> Path:
    return machine.root / "etc/ehportal/tls/certificate.pem"


def everybody(what: Callable[[int], int], times: int) -> list[int]:
    """What came of `times` tries, several at once."""
    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(what, range(times)))


def test_what_was_asked_of_the_machine_is_what_the_readme_names(machine: Machine) -> None:
    asked = (machine.root / "asked").read_text()
    for package in ("python3-venv", "postgresql", "redis-server", "nginx", "curl"):
        assert package in asked
    assert "adduser --system --group --home" in asked
    assert set(machine.running) == {
        "postgresql",
        "ehportal-web",
        *(f"ehportal-worker@{lane}" for lane in Lane),
        "ehportal-beat",
        "nginx",
    }


def test_people_sign_in_from_forty_addresses(served: Machine, administrator: str) -> None:
    def sign_in(number: int) -> int:
        person = somebody(f"127.0.0.{number + 2}", trusted(served))
        answer = send_form(
            person, f"{served.origin}/accounts/login/", {"login": administrator, "password": PASSWORD}
        )
        assert "__Host-session" in answer.cookies, (answer.status_code, answer.text[:300])
        following = person.get(f"{served.origin}/", timeout=PATIENCE)
        assert following.url.endswith("/accounts/2fa/totp/activate/"), "nobody acts without a second step"
        assert f"ehportal {VERSION}" in following.text
        return following.status_code

    assert everybody(sign_in, MANY) == [200] * MANY


def test_pages_are_whole_and_in_every_language(served: Machine) -> None:
    person = somebody("127.0.0.1", trusted(served))
    for language, words in (("nl", "Wachtwoord"), ("fr", "Mot de passe"), ("de", "Passwort")):
        page = person.get(
            f"{served.origin}/accounts/login/", headers={"Accept-Language": language}, timeout=PATIENCE
        )
        assert words in page.text, language
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
        assert styles
        for style in styles:
            assert person.get(f"{served.origin}{style}", timeout=PATIENCE).status_code == 200, style
        assert page.headers["Strict-Transport-Security"]


def test_what_a_client_claims_of_itself_is_thrown_away(served: Machine, administrator: str) -> None:
    """Ten wrong passwords from one place are one place's, whatever addresses they claim."""
    claiming = somebody("127.0.2.1", trusted(served))
    for number in range(6):
        claiming.headers["X-Forwarded-For"] = f"198.51.100.{number}"
        send_form(claiming, f"{served.origin}/accounts/login/", {"login": administrator, "password": "wrong"})
    claiming.headers["X-Forwarded-For"] = "198.51.100.200"
    fields = {"login": administrator, "password": PASSWORD}
    assert send_form(claiming, f"{served.origin}/accounts/login/", fields).status_code == 200
    elsewhere = somebody("127.0.2.2", trusted(served))
    assert send_form(elsewhere, f"{served.origin}/accounts/login/", fields).status_code == 302


def test_who_watches_gets_in_past_the_proxy_only(served: Machine) -> None:
    person = somebody("127.0.0.1", trusted(served))
    assert person.get(f"{served.origin}/healthz", timeout=PATIENCE).json()["alive"]
    for closed in ("/readyz", "/metrics"):
        assert person.get(f"{served.origin}{closed}", timeout=PATIENCE).status_code == 404
    settings = (served.root / "etc/ehportal/ehportal.env").read_text()
    bound = re.search(r"^WEB_BIND=(.*)$", settings, re.MULTILINE)
    where = f"http://{bound[1]}" if bound else "--unix-socket /run/ehportal/web.sock http://localhost"
    ready = served.type(f"curl --fail --silent {where}/readyz")
    assert '"ready": true' in ready

    def counted() -> bool:
        # Only pages are counted, whichever of the processes answers.
        assert person.get(f"{served.origin}/accounts/login/", timeout=PATIENCE).status_code == 200
        return "ehportal_http_requests_total" in served.type(f"curl --fail --silent {where}/metrics")

    until(counted, "the count of a page")


def test_pages_are_answered_while_the_door_is_under_attack(served: Machine) -> None:
    port, ca = int(served.ports["443"]), trusted(served)
    # With a cookie of the form, so that the server has to read the body before it can refuse it.
    form_head = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {served.origin}\r\n"
        f"Cookie: __Host-csrf={secrets.token_hex(16)}\r\nContent-Length: 100000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    refused: list[int] = []
    started: list[int] = []

    def upload(number: int) -> int:
        """Announce 150 MB, and send until nobody takes it any more."""
        with connection(f"127.0.4.{number + 1}", port, ca) as line:
            line.sendall(
                b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 157286400\r\n\r\n"
            )
            answer = line.recv(64)
        return int(answer.split()[1])

    def enrol(number: int) -> int:
        """Start an enrolment as any agent may before anybody knows it."""
        url = f"{served.origin}/agent/v1/enrolments"
        proof = make_proof(
            ec.generate_private_key(ec.SECP256R1()),
            method="POST",
            url=url,
            body=b"{}",
            now=datetime.now(UTC),
            with_key=True,
        )
        answer = somebody(f"127.0.3.{number % MANY + 1}", ca).post(
            url, data=b"{}", headers={HEADER: proof, "Content-Type": "application/json"}, timeout=PATIENCE
        )
        return answer.status_code

    def page(number: int) -> int:
        url = f"{served.origin}/accounts/login/"
        return somebody(f"127.0.0.{number % MANY + 2}", ca).get(url, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(5) as attackers, ExitStack() as held:
        starts = attackers.map(enrol, range(1000))
        bodies = Dripping()
        held.callback(bodies.end)
        attackers.submit(bodies.drip)
        for wave in range(4):
            # More of each than the server has threads, and none of them ends by itself.
            for number in range(40):
                unfinished_headers = held.enter_context(connection(f"127.0.5.{number + 1}", port, ca))
                unfinished_headers.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
                unfinished_body = held.enter_context(connection(f"127.0.6.{number + 1}", port, ca))
                unfinished_body.sendall(form_head.encode() + b"login=")
                bodies.lines.append(unfinished_body)
            refused += [upload(wave * 5 + number) for number in range(5)]
            assert everybody(page, 30) == [200] * 30, f"wave {wave}"
        started += list(starts)

    assert refused == [413] * 20
    assert set(started) <= {201, 429}, "nobody gets an error of the server"
    assert 201 in started
    assert everybody(page, 10) == [200] * 10
    assert "Traceback" not in served.log("ehportal-web")


def test_a_release_is_prepared_again_and_nothing_is_lost(machine: Machine, administrator: str) -> None:
    assert "as they were" in machine.type("sudo /opt/ehportal/deploy/manage prepare")
    fields = {"login": administrator, "password": PASSWORD}
    again = send_form(somebody("127.0.7.1", trusted(machine)), f"{machine.origin}/accounts/login/", fields)
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("unit", "changed", "said"),
    [
        ("ehportal-web", {"BEHIND_PROXY": "0"}, "Set BEHIND_PROXY=1"),
        ("ehportal-web", {"SSIN_KEYS": "abc"}, "SSIN_KEYS must be one or more Fernet keys"),
        ("ehportal-worker@asked", {"EID_ANCHORS": ""}, "EID_ANCHORS holds no root certificate"),
        (
            "ehportal-beat",
            {"DATABASE_URL": "postgresql://ehportal_owner@127.0.0.1/x"},
            "signs in as ehportal_owner",
        ),
    ],
)
def test_a_unit_refuses_to_start_where_a_check_fails(
    machine: Machine, unit: str, changed: dict[str, str], said: str
) -> None:
    settings = machine.root / "etc/ehportal/ehportal.env"
    kept, running = settings.read_text(), machine.running.pop(unit)
    try:
        machine.fill_in("ehportal.env", **changed)
        with settings.open("a") as file:
            file.write(f"WEB_BIND=127.0.0.1:{free_port()}\n")
        machine.start_unit(unit)
        assert machine.running[unit].wait(PATIENCE) == 3, machine.log(unit)
        assert said in machine.log(unit)
    finally:
        settings.write_text(kept)
        machine.running[unit] = running


@pytest.mark.parametrize("unit", ["ehportal-web", "ehportal-worker@", "ehportal-beat"])
def test_the_units_are_hardened(unit: str, tmp_path: Path) -> None:
    file = tmp_path / f"{unit}.service"
    shutil.copy(ROOT / "deploy/systemd" / file.name, file)
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(file)],
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout[-600:] + judged.stderr
