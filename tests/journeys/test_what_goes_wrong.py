"""What goes wrong on the way, with the real agent and the real server: said clearly, and nothing lost."""

import base64
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import psycopg

from deploy.stack import redis
from deploy.stack.demo.accounts import MAASDAL
from deploy.stack.demo.cards import Workstation, make_workstation
from deploy.stack.demo.journey import Terminal, wait_for
from tests.journeys.conftest import PASSWORD, PIN, World
from tests.support.effort import until


def stores(station: Workstation) -> set[Path]:
    return set(station.key_stores.glob("*.p12"))


def assert_still_works(world: World, page: str, job: str) -> None:
    """After what went wrong, the same job ends well."""
    status, seen = world.terminal().run("run", job)
    assert status == 0, seen
    assert world.state_of(page) == "completed"


def other_card(world: World, folder: Path, **card: object) -> Terminal:
    """An's enrolled agent with another card in the reader."""
    hospital = replace(MAASDAL, **card)  # type: ignore[arg-type]  # fields of DemoHospital
    station = make_workstation(folder / "other", hospital, world.stack.folder / "sandbox", "en", pin=PIN)
    own = world.stations["peeters"].folder / "agent"
    for name in own.iterdir():
        if name.is_file() and name.name != "agent.toml":
            shutil.copy2(name, station.folder / "agent" / name.name)
    return Terminal(station.command, pin=PIN, password=PASSWORD, environment=dict(os.environ))


def test_a_wrong_pin_is_not_tried_again(world: World) -> None:
    page = world.administrator.ask_certificate("WRONG-PIN")
    job = world.job_of(page)
    before = stores(world.stations["peeters"])
    status, seen = replace(world.terminal(), pin="999999").run("run", job)
    assert status == 1, seen
    assert "PIN" in seen
    assert "999999" not in seen
    assert stores(world.stations["peeters"]) == before
    assert world.state_of(page) == "awaiting_signature"
    assert_still_works(world, page, job)


def test_cancelling_signs_nothing(world: World) -> None:
    page = world.administrator.ask_certificate("CANCEL-FIRST")
    job = world.job_of(page)
    status, seen = world.terminal().run("run", job, answers={r"sign this with your eID\? \[y/N\] ": ""})
    assert status != 0
    assert "Nothing was signed" in seen
    assert world.state_of(page) == "awaiting_signature"
    assert_still_works(world, page, job)


def test_another_persons_card_is_refused_before_signing(world: World, tmp_path: Path) -> None:
    page = world.administrator.ask_certificate("OTHER-CARD")
    job = world.job_of(page)
    stranger = other_card(world, tmp_path, ssin="93051822361", first_names="Luc", surname="Dubois")
    status, seen = stranger.run("run", job)
    assert status == 1
    assert "Peeters" in seen, "it says whose card is needed"
    assert "85073003328" not in seen
    assert world.state_of(page) == "awaiting_signature"
    assert_still_works(world, page, job)


def test_the_card_is_pulled_out_while_the_contract_is_read(world: World) -> None:
    page = world.administrator.ask_certificate("PULLED-OUT")
    job = world.job_of(page)
    card = world.stations["peeters"].folder / "card"

    def pull_and_agree() -> str:
        (card / "tokens").rename(card / "pulled")
        return "y"

    try:
        status, seen = world.terminal().run(
            "run", job, answers={r"sign this with your eID\? \[y/N\] ": pull_and_agree}
        )
    finally:
        (card / "pulled").rename(card / "tokens")
    assert status == 1, seen
    assert "→" in seen, "it says what to do next"
    assert world.state_of(page) == "awaiting_signature"
    assert_still_works(world, page, job)


def test_a_revoked_card_is_refused_by_the_server(world: World, tmp_path: Path) -> None:
    page = world.administrator.ask_certificate("REVOKED-CARD")
    job = world.job_of(page)
    revoked = other_card(world, tmp_path)
    ours = world.stations["peeters"].folder / "card"
    # Revoking goes by person, so the own card is set aside first and made anew afterwards.
    world.control("/control/cards/revoke", {"ssin": "85073003328", "which": "signature"})
    status, seen = revoked.run("run", job)
    assert status == 1
    assert "revoked" in seen.lower(), seen
    assert world.state_of(page) == "awaiting_signature"
    shutil.rmtree(ours)
    make_workstation(world.stations["peeters"].folder, MAASDAL, world.stack.folder / "sandbox", "en", pin=PIN)
    assert_still_works(world, page, job)


def test_the_mandate_ends_between_request_and_signature(world: World) -> None:
    page = world.administrator.ask_certificate("MANDATE-ENDS")
    job = world.job_of(page)
    with psycopg.connect(world.stack.urls.owner) as connection:
        connection.execute(
            "UPDATE organisations_mandate SET withdrawn_on = '2022-02-01' WHERE withdrawn_on IS NULL"
        )
    try:
        status, seen = world.terminal().run("run", job)
        assert status == 1
        assert "mandate" in seen.lower(), seen
        assert world.state_of(page) == "awaiting_signature"
    finally:
        with psycopg.connect(world.stack.urls.owner) as connection:
            connection.execute("UPDATE organisations_mandate SET withdrawn_on = NULL")
    assert_still_works(world, page, job)


def test_the_government_is_away_and_comes_back(world: World) -> None:
    """Every call fails for a while after signing: the request waits, the agent may be closed, all ends well."""
    page = world.administrator.ask_certificate("AWAY")
    job = world.job_of(page)
    world.control("/control/faults", {"kind": "soa-02002", "times": 1000})
    status, seen = world.terminal().run("run", job, "--wait", "4")
    assert status not in {0, 1}, seen
    assert world.state_of(page) in {"signed", "submitting", "outcome_unknown"}
    wait_for(world.administrator, page, r"02002", seconds=20)
    world.control("/control/faults", method="DELETE")
    status, seen = world.terminal().run("run", job, timeout=180)
    assert status == 0, seen
    assert world.state_of(page) == "completed"


def test_a_certificate_for_another_key_is_not_accepted(world: World) -> None:
    page = world.administrator.ask_certificate("ANOTHER-KEY")
    job = world.job_of(page)
    world.control("/control/faults", {"kind": "wrong-certificate", "operation": "GetCertificate", "times": 2})
    status, seen = world.terminal().run("run", job, timeout=120)
    assert status == 0, seen
    assert world.state_of(page) == "completed"


def test_redis_is_lost_and_comes_back_empty(world: World) -> None:
    """Asking works without Redis; when it is back, the sweep finds what no message told."""
    processes = world.stack.processes
    [redis_process] = [process for name, process in processes.running if name == "redis"]
    redis_process.kill()
    redis_process.wait()
    processes.running[:] = [(name, process) for name, process in processes.running if name != "redis"]
    page = world.administrator.ask_certificate("REDIS-LOST")
    port = int(world.stack.redis_url.rpartition(":")[2].partition("/")[0])
    process, _address = redis.start(world.stack.folder / "redis", port=port)
    processes.adopt("redis", process)
    job = world.job_of(page)
    assert_still_works(world, page, job)


def test_the_worker_is_killed_while_it_submits(world: World) -> None:
    """SIGKILL to the whole worker during a slow submission; a new worker asks, and nothing is sent twice."""
    page = world.administrator.ask_certificate("KILLED-WORKER")
    job = world.job_of(page)
    world.control("/control/faults", {"kind": "slow:15", "operation": "GenerateCertificate", "times": 1})
    status, seen = world.terminal().run("run", job, "--wait", "1")
    assert status not in {0, 1}, seen
    until(lambda: world.state_of(page) == "submitting")
    processes = world.stack.processes
    for name, process in processes.running:
        if name.startswith("worker-"):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert world.state_of(page) == "submitting"
    processes.running[:] = [
        (name, process) for name, process in processes.running if not name.startswith("worker-")
    ]
    world.stack.start_workers()
    status, seen = world.terminal().run("run", job, timeout=180)
    assert status == 0, seen
    sent = [
        line
        for line in world.control("/control/received", method="GET")
        if line["operation"] == "GenerateCertificate" and "KILLED-WORKER" in _decoded(line["body"])
    ]
    assert len(sent) == 1


def _decoded(body: str) -> str:
    return base64.b64decode(body).decode()
