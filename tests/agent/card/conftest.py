"""A middleware with its own PIN dialog, and the person in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.card.eid import CardReader
from tests.agent.workstation import Workstation
from tests.support.cards import SoftwareCard
from tests.support.pin_dialog import Person, compile_module


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_module(tmp_path_factory.mktemp("module"))


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    folder = tmp_path / "person"
    folder.mkdir()
    monkeypatch.setenv("PIN_DIALOG_FOLDER", str(folder))
    return Person(folder)


@pytest.fixture
def desk(tmp_path: Path, an: SoftwareCard, module: Path, person: Person) -> Workstation:
    """A workstation whose middleware has a dialog of its own."""
    return Workstation.make(tmp_path, an, module=str(module))


@pytest.fixture
def dialog_reader(
    tmp_path: Path, an: SoftwareCard, module: Path, person: Person, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CardReader]:
    """The card of An behind that middleware."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(an.write_token(tmp_path / "card")))
    with CardReader(module) as opened:
        yield opened
