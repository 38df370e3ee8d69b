"""Compile the translation catalogues: `python -m ehportal.operation.catalogues`.

The .mo files are not kept in git. Each is written anew only when its .po is newer, so every start may ask for it.
"""

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[1] / "locale"


def stale_catalogues(folder: Path = LOCALE) -> list[Path]:
    """Return every .po under `folder` whose .mo is missing or older."""
    return [
        source
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po"))
        if not (target := source.with_suffix(".mo")).exists()
        or target.stat().st_mtime_ns < source.stat().st_mtime_ns
    ]


def compile_catalogues(folder: Path = LOCALE) -> list[Path]:
    """Compile every .po under `folder` whose .mo is missing or older; return what was written. Raises OSError."""
    written = []
    for source in stale_catalogues(folder):
        target = source.with_suffix(".mo")
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        # Written beside and moved, so that a process that starts meanwhile never reads half a file.
        partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        with partial.open("wb") as file:
            write_mo(file, catalogue)
        partial.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_catalogues():
        sys.stdout.write(f"{path.relative_to(LOCALE.parent)}\n")
