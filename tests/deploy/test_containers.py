"""What stands in deploy/ for an operator fits what is there: files of the image, settings, commands."""

import re

from organisations.domain.work import Lane
from tests.environment import ROOT

CONTAINERFILE = (ROOT / "deploy/Containerfile").read_text("utf-8")
COMPOSE = (ROOT / "deploy/compose.yaml").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "deploy/ehportal.env").read_text("utf-8")


def test_the_image_takes_what_exists_and_nothing_of_demo_and_tests() -> None:
    taken = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.M)
        for word in line.split()
    ]
    assert len(taken) > 10
    for name in taken:
        assert (ROOT / name).exists(), name
        assert not name.startswith(("tests", "deploy/stack", "deploy/sandbox"))
    assert {"manage.py", "gunicorn.conf.py", "requirements/server.txt", "LICENSE"} <= set(taken)


def test_every_setting_that_has_no_default_stands_in_the_file_that_an_operator_fills_in() -> None:
    code = (ROOT / "ehportal/settings.py").read_text("utf-8")
    needed = set(re.findall(r'env\.(?:text|items)\("(\w+)"\)', code))
    assert {"SECRET_KEY", "SSIN_KEYS", "DATABASE_URL", "EID_ANCHORS"} <= needed
    given = set(re.findall(r"^(\w+)=", SETTINGS, re.M))
    assert needed <= given
    assert given <= set(re.findall(r'"(\w+)"', code)), "none that nothing reads"


def test_containers_and_units_start_the_same_commands() -> None:
    for name, words in (("beat", "beat"), ("worker@", "worker")):
        unit = (ROOT / f"deploy/systemd/ehportal-{name}.service").read_text("utf-8")
        assert f"celery -A ehportal {words} " in unit
        assert f'[".venv/bin/celery", "-A", "ehportal", "{words}", ' in COMPOSE
    assert set(re.findall(r'"--queues", "(\w+)"', COMPOSE)) == set(Lane)
    assert set(re.findall(r"ehportal-worker@(\w+)", README)) - {"service"} == set(Lane)
    assert "gunicorn ehportal.wsgi" in (ROOT / "deploy/systemd/ehportal-web.service").read_text("utf-8")
    assert 'CMD [".venv/bin/gunicorn", "ehportal.wsgi"]' in CONTAINERFILE
    assert '"manage.py", "prepare"' in COMPOSE


def test_no_secret_and_no_address_of_a_registry_is_in_them() -> None:
    for text in (CONTAINERFILE, COMPOSE):
        assert "://" not in text
    for name in ("SECRET_KEY", "SSIN_KEYS", "SSIN_INDEX_KEY", "METRICS_TOKEN"):
        assert re.search(rf"^{name}=$", SETTINGS, re.M), name
