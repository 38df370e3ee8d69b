"""The demo's folder: nothing that is not a demo's is ever taken, let alone wiped."""

from pathlib import Path

import pytest

from deploy.stack.demo.folder import MARK, hold, wipe


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    for _ in range(2):
        with pytest.raises(SystemExit) as stopped:
            hold(tmp_path)
        assert stopped.value.code == 2
    assert "holds something else than a demo" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [precious]
    wipe(tmp_path)
    assert precious.read_text() == "kept"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(SystemExit):
        hold(tmp_path / "file")


def test_a_new_or_empty_folder_is_taken_and_held_by_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "demo", tmp_path / "empty"):
        hold(folder)
        with pytest.raises(SystemExit):
            hold(folder)


def test_starting_over_keeps_the_mark_and_what_links_lead_to(tmp_path: Path) -> None:
    outside, demo = tmp_path / "outside", tmp_path / "demo"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    hold(demo)
    (demo / "mail").mkdir()
    (demo / "mail" / "one.eml").write_text("x")
    (demo / "link").symlink_to(outside)
    wipe(demo)
    assert sorted(one.name for one in demo.iterdir()) == sorted([MARK, "lock"])
    assert (outside / "precious").read_text() == "kept"
