"""What CONTRIBUTING.md tells is what is there: CI's commands, the quick hooks, folders and files."""

import re
from pathlib import Path

from tests.environment import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")


def _ci_commands() -> list[str]:
    rows = re.findall(r"^\| [^|`]+ \| `([^`]+)` \|$", TEXT, re.MULTILINE)
    assert len(rows) == 6, rows
    return rows


def test_each_command_of_the_table_is_what_ci_runs() -> None:
    lines = [line.strip() for line in CI.splitlines()]
    for command in _ci_commands():
        assert command in lines


def test_ci_runs_nothing_that_the_table_does_not_name() -> None:
    ran = re.findall(r"^(?:\.venv|deploy|DJANGO_SETTINGS_MODULE).*$", CI, re.MULTILINE)
    assert sorted(ran) == sorted(_ci_commands())


def test_each_hook_is_a_check_of_ci() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = re.findall(r"^ +entry: (?:env )?(.*)$", config, re.MULTILINE)
    assert len(entries) == 4
    assert set(entries) < set(_ci_commands())


def test_folders_and_files_that_are_named_exist() -> None:
    named = set(
        re.findall(
            r"(?<![\w./])((?:agent|certificates|organisations|ehportal|tests|docs|requirements)/[\w/.]+)",
            TEXT,
        )
    )
    assert len(named) > 10
    for path in named:
        assert (ROOT / path).exists(), path


def test_the_readmes_map_names_folders_that_exist() -> None:
    for readme in (ROOT / "README.md", ROOT / "agent" / "README.md"):
        for path in re.findall(
            r"`((?:agent|certificates|organisations|ehportal|tests|deploy)/[\w/.]+)`",
            readme.read_text("utf-8"),
        ):
            assert (ROOT / path).exists(), (readme.name, path)


def test_no_folder_of_the_product_is_a_hall() -> None:
    """Some fourteen modules side by side is what somebody still overlooks."""
    halls: dict[Path, int] = {}
    for root in ("agent", "certificates", "organisations", "ehportal", "deploy"):
        for module in (ROOT / root).rglob("*.py"):
            if module.name != "__init__.py" and "migrations" not in module.parts:
                halls[module.parent] = halls.get(module.parent, 0) + 1
    assert {str(folder.relative_to(ROOT)): count for folder, count in halls.items() if count > 14} == {}
