"""What a key store's file name tells without its password: an estimate, never the truth."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.wire.jobs import Environment
from agent.wire.pki.file_names import original_file_name
from agent.wire.pki.names import FileNameFacts, read_file_name

SUFFIXES: Final = (".p12", ".acc-p12", ".pfx")


def estimated_end(name: str) -> datetime | None:
    """Estimate the end: three years after the date in the name, as the platform tells its users (production's term)."""
    facts = named(name)
    if facts is None:
        return None
    leap = facts.created.month == 2 and facts.created.day == 29
    created = facts.created.replace(day=28) if leap else facts.created
    return created.replace(year=created.year + 3, tzinfo=UTC)


def named(name: str) -> FileNameFacts | None:
    """Read what the name says of a store, also of one of our dated backups; None for other names."""
    return read_file_name(original_name(name))


def original_name(name: str) -> str:
    """Return the name without what `backup`, a rewrite, or somebody who copied the file put around it."""
    return original_file_name(Path(name).stem.rpartition(".")[0] if is_backup(name) else name)


def is_backup(name: str) -> bool:
    """Return whether it is one of our dated backups: <name>.yyyyMMdd-HHmmss[-n].backup."""
    stem, _, suffix = name.rpartition(".")
    dated = stem.rpartition(".")[2].replace("-", "")
    return suffix == "backup" and dated.isdecimal() and len(dated) >= 14


def stores_in(folder: Path) -> list[Path]:
    """Return the files in a folder that are named like key stores, copies too, our dated backups not."""
    if not os.path.isdir(folder):
        return []
    named = (file for file in folder.iterdir() if not is_backup(file.name))
    return sorted(file for file in named if original_name(file.name).lower().endswith(SUFFIXES))


def environment_of(name: str) -> Environment:
    """Return acceptance where the name says so (`.acc-p12`); production until it is known better."""
    return "acceptance" if original_name(name).lower().endswith(".acc-p12") else "production"
