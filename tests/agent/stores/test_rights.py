"""What rewriting a key store keeps of its owner, group and rights, and how long it waits for who holds the file."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import durable, pkcs12
from agent.errors import StoreError
from agent.stores import files as store_files
from agent.stores.rights import Losses, losses
from tests.agent.stores.samples import PASSWORD, full_contents

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NEW = "vijver ladder 88 oker"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "centraal.p12"
    path.write_bytes(pkcs12.write(full_contents(), PASSWORD, "legacy"))
    path.chmod(0o640)
    return path


def _change(store: Path) -> Path | None:
    return store_files.change_password(store, PASSWORD, NEW, store_format="legacy", now=NOW)


def test_owner_group_and_rights_stay(store: Path) -> None:
    # Only root may give files away; anybody else has them to keep.
    owner, group = (1234, 2345) if os.geteuid() == 0 else (os.geteuid(), os.getgroups()[-1])
    os.chown(store, owner, group)
    store.chmod(0o640)
    os.setxattr(store, "user.ehportal.test", b"kept")
    _change(store)
    facts = store.stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (owner, group, 0o640)
    assert os.getxattr(store, "user.ehportal.test") == b"kept"
    assert pkcs12.read(store.read_bytes(), NEW).same_as(full_contents())


@dataclass(frozen=True)
class Facts:
    st_uid: int
    st_gid: int


@pytest.mark.parametrize(
    ("owner", "group", "expected"),
    [
        (1234, 4321, Losses("owner", "1234")),
        (4321, 2345, Losses("group", "2345")),
        (4321, 4322, None),
        (4321, 4321, None),
    ],
)
def test_what_cannot_be_kept_is_told_beforehand(
    owner: int, group: int, expected: Losses | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("geteuid", 4321), ("getegid", 4321), ("getgroups", [4321, 4322])):
        monkeypatch.setattr(os, name, lambda value=value: value)
    monkeypatch.setattr(Path, "stat", lambda _: Facts(owner, group))
    assert losses(Path("centraal.p12")) == expected


@pytest.mark.parametrize("step", ["replace", "link", "rename"])
def test_a_file_that_another_program_holds_for_a_moment_is_waited_for(
    store: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = getattr(os, step), []

    def held(*arguments: object, **keywords: object) -> object:
        tries.append(arguments)
        if len(tries) < 3:
            raise PermissionError(13, "held by another program")
        return real(*arguments, **keywords)

    monkeypatch.setattr(os, step, held)
    if step == "rename":  # where a folder knows no links
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "no links")))
    assert _change(store) is not None
    assert pkcs12.read(store.read_bytes(), NEW).same_as(full_contents())


def test_a_file_that_stays_held_is_called_so_and_nothing_changed(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.read_bytes()
    waited: list[float] = []

    def held(*arguments: object) -> None:
        raise PermissionError(13, "held by another program")

    monkeypatch.setattr(os, "replace", held)
    monkeypatch.setattr("time.sleep", waited.append)
    moments = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(moments)))
    with pytest.raises(StoreError) as refused:
        _change(store)
    assert (refused.value.code, refused.value.values) == ("file_held", {"file": str(store)})
    assert len(waited) >= 3
    assert store.read_bytes() == before
    assert not [file for file in store.parent.iterdir() if file.name.startswith(durable.TEMPORARY)]
