"""What web processes count stays through a reload, and a new master does not lose it when the one before it ends."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from deploy.stack.ports import free_port
from tests.environment import ROOT
from tests.support.effort import PATIENCE, until


class Web:
    """gunicorn with the product's own settings, one process at a time."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.pid_file, self.folders = free_port(), folder / "pid", folder / "counted"
        self.folders.mkdir(parents=True)
        given = {"RUNTIME_DIRECTORY": str(self.folders), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        words = ["--workers", "1", "--bind", f"127.0.0.1:{self.port}", "--pid", str(self.pid_file)]
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("gunicorn")), *words, "tests.support.served"],
            cwd=ROOT,
            env=os.environ | given | environment,
        )
        until(lambda: self.process.poll() is not None or self.answers(), "the web server")
        assert self.process.poll() is None

    @property
    def masters(self) -> list[int]:
        """Process ids of the masters that are there."""
        files = [self.pid_file, self.pid_file.with_name("pid.2")]
        return [int(file.read_text()) for file in files if file.exists() and file.read_text().strip()]

    def get(self, path: str) -> str:
        answer = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE)
        answer.raise_for_status()
        return answer.text

    def answers(self) -> bool:
        try:
            return bool(self.get("/healthz"))
        except requests.RequestException:
            return False

    def counted(self) -> float:
        """How many times the agents' first question was answered, as is told now."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.get("/metrics"))
            for sample in family.samples
            if sample.name == "ehportal_http_requests_total" and sample.labels["route"] == "agent-hello"
        )

    def processes(self, master: int) -> set[int]:
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(master)], capture_output=True, text=True)
        return {int(word) for word in found.stdout.split()}

    def reload(self) -> None:
        """Have the master read its settings again and replace its processes."""
        [master] = self.masters
        before = self.processes(master)
        os.kill(master, signal.SIGHUP)
        until(lambda: (now := self.processes(master)) and not now & before, "other processes")
        until(self.answers, "an answer after the reload")

    def replace(self) -> None:
        """Have the master start another one, which takes over."""
        [old] = self.masters
        os.kill(old, signal.SIGUSR2)
        until(lambda: len(self.masters) == 2, "another master")
        new = next(one for one in self.masters if one != old)
        until(lambda: self.processes(new), "its process")
        os.kill(old, signal.SIGTERM)
        until(lambda: self.masters == [new], "the end of the first master")
        until(self.answers, "an answer of the second")

    def end(self) -> None:
        for master in self.masters:
            os.kill(master, signal.SIGTERM)
        until(lambda: not self.masters, "the end")
        self.process.wait(PATIENCE)


@pytest.fixture(params=["by itself", "in a given folder"])
def web(request: pytest.FixtureRequest, committing: None, tmp_path: Path) -> Iterator[Web]:
    given = tmp_path / "given"
    given.mkdir()
    more = {"PROMETHEUS_MULTIPROC_DIR": str(given)} if request.param != "by itself" else {}
    served = Web(tmp_path / "web", **more)
    if more:
        served.folders = given
    try:
        yield served
    finally:
        served.end()


def test_what_was_counted_stays_and_each_master_has_its_own(web: Web) -> None:
    for _ in range(3):
        web.get("/agent/v1/hello")
    assert web.counted() == 3
    web.reload()
    assert web.counted() == 3
    web.get("/agent/v1/hello")
    assert web.counted() == 4
    [first] = web.folders.iterdir()
    web.replace()
    [second] = web.folders.iterdir()
    assert second != first, "that of the first master went with it"
    web.get("/agent/v1/hello")
    assert web.counted() >= 1
    shutil.rmtree(second)
    web.reload()
    web.get("/agent/v1/hello")
    assert web.counted() == 1, "what was swept away begins anew"
