"""Finds key stores on this workstation: by name and by content, bounded in depth, number and time.

Nothing is opened here but files, and nothing is asked: what a password tells is added by `found.opened`.
Links are followed to what was not seen without them, so nothing is seen twice and nothing goes round.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.errors import StoreError
from agent.pkcs12 import MAXIMUM_BYTES
from agent.scan.found import FoundStore
from agent.stores.file_names import SUFFIXES, environment_of, estimated_end, is_backup, original_name
from agent.stores.files import file_digest
from agent.wire.limits import MAX_INSTALLATIONS

MAXIMUM_DEPTH: Final = 12
MAXIMUM_ENTRIES: Final = 200_000
MAXIMUM_SECONDS: Final = 120.0
LEAST_BYTES: Final = 100
_CONTENT: Final = bytes.fromhex("06092a864886f70d0107")
"""The object identifier of PKCS#7 contents, which stands near the beginning of every PKCS#12 file."""
_VERSION: Final = bytes.fromhex("020103")
_HEAD_BYTES: Final = 40
_IN_THE_CLOUD: Final = 0x400000
"""Windows: reading such a file would fetch it (FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS)."""
_JUNCTION: Final = 0xA0000003
"""Windows: a folder that is another one (IO_REPARSE_TAG_MOUNT_POINT)."""

_NO_FILES: Final = tuple(Path(path) for path in ("/proc", "/sys", "/dev", "/run"))
"""Folders in which reading a file may do something else than that."""

_NOTHING_THERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Why a link leads nowhere, rather than where we may not look."""

Tell = Callable[[Path, int], None]


@dataclass(frozen=True)
class Scan:
    """What a walk over `folders` found. `skipped` names folders, files and links not looked into."""

    folders: tuple[Path, ...]
    stores: tuple[FoundStore, ...]
    skipped: tuple[Path, ...] = ()
    cut_short: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything in the folders was looked at."""
        return not self.skipped and not self.cut_short


@dataclass(frozen=True)
class _Place:
    """A folder or link as it is reached, where it really is, and how deep below its root."""

    path: Path
    real: Path
    depth: int

    def below(self, name: str) -> "_Place":
        return _Place(self.path / name, self.real / name, self.depth + 1)


@dataclass
class _Walk:
    """One walk's allowance and what it met. Folders and stores are known by where they really are."""

    roots: tuple[Path, ...]
    excluded: frozenset[Path]
    deadline: float
    entries: int = 0
    cut_short: bool = False
    skipped: list[Path] = field(default_factory=list)
    stores: list[FoundStore] = field(default_factory=list)
    links: list[_Place] = field(default_factory=list)
    entered: set[Path] = field(default_factory=set)
    taken: set[Path] = field(default_factory=set)

    def may_go_on(self) -> bool:
        if self.entries >= MAXIMUM_ENTRIES or time.monotonic() > self.deadline:
            self.cut_short = True
        return not self.cut_short


def scan(
    folders: Sequence[Path],
    *,
    excluded: Sequence[Path] = (),
    seconds: float = MAXIMUM_SECONDS,
    tell: Tell = lambda folder, found: None,
) -> Scan:
    """Look through `folders` and below; `excluded` folders hold unfinished work and are not entered.

    `tell` hears of each folder with the number of stores so far. Raises StoreError `folder_missing` for a folder
    that is not there.
    """
    roots = _outermost(folders)
    never = [*(path.resolve() for path in excluded), *_NO_FILES]
    walk = _Walk(roots, frozenset(never), time.monotonic() + seconds)
    for root in roots:
        _look_through(_Place(root, root, 0), walk, tell)
    while walk.links and walk.may_go_on():
        # After everything else, so that what has a place of its own in the folders is found there.
        links, walk.links = sorted(walk.links, key=lambda link: str(link.path)), []
        for link in links:
            _follow(link, walk, tell)
    stores = tuple(sorted(walk.stores, key=lambda store: str(store.path)))
    return Scan(roots, stores, tuple(walk.skipped), walk.cut_short)


def _outermost(folders: Sequence[Path]) -> tuple[Path, ...]:
    """The folders without those that lie inside another one."""
    resolved = []
    for folder in folders:
        if not folder.is_dir():
            raise StoreError("folder_missing", folder=str(folder))
        resolved.append(folder.resolve())
    return tuple(
        folder for folder in dict.fromkeys(resolved) if not any(other in folder.parents for other in resolved)
    )


def _look_through(start: _Place, walk: _Walk, tell: Tell) -> None:
    waiting = [start]
    while waiting and walk.may_go_on():
        place = waiting.pop()
        if place.real in walk.entered:
            continue
        walk.entered.add(place.real)
        tell(place.path, len(walk.stores))
        try:
            with os.scandir(place.real) as entries:
                waiting += _look_at(entries, place, walk)
        except OSError:
            walk.skipped.append(place.path)


def _look_at(entries: Iterator["os.DirEntry[str]"], folder: _Place, walk: _Walk) -> list[_Place]:
    below = []
    for entry in entries:
        walk.entries += 1
        if not walk.may_go_on():
            break
        place = folder.below(entry.name)
        try:
            facts = entry.stat(follow_symlinks=False)
        except OSError:
            walk.skipped.append(place.path)
            continue
        if stat.S_ISLNK(facts.st_mode) or getattr(facts, "st_reparse_tag", 0) == _JUNCTION:
            walk.links.append(place)
        elif stat.S_ISDIR(facts.st_mode):
            if place.real in walk.excluded:
                continue
            if place.depth >= MAXIMUM_DEPTH:
                walk.skipped.append(place.path)
            else:
                below.append(place)
        elif stat.S_ISREG(facts.st_mode):
            _take(place, facts, walk)
    return below


def _follow(link: _Place, walk: _Walk, tell: Tell) -> None:
    """Look at what a link leads to, unless that was seen; a link up out of the folders is only named."""
    named = _is_named(link)
    try:
        target = _Place(link.path, Path(os.path.realpath(link.real, strict=True)), link.depth)
        facts = target.real.stat()
    except OSError as error:
        if named or error.errno not in _NOTHING_THERE:
            walk.skipped.append(link.path)
        return
    is_folder = stat.S_ISDIR(facts.st_mode)
    if any(target.real in known for known in (walk.entered, walk.taken, walk.excluded)):
        return
    if any(folder in walk.excluded for folder in target.real.parents):
        walk.skipped += [link.path] if is_folder or named else []
    elif is_folder:
        if target.depth >= MAXIMUM_DEPTH or any(target.real in root.parents for root in walk.roots):
            walk.skipped.append(link.path)
        else:
            _look_through(target, walk, tell)
    elif stat.S_ISREG(facts.st_mode):
        _take(target, facts, walk)


def _is_named(place: _Place) -> bool:
    """Whether its name, or that of what it leads to, is a key store's."""
    return any(original_name(path.name).lower().endswith(SUFFIXES) for path in (place.path, place.real))


def _take(place: _Place, facts: os.stat_result, walk: _Walk) -> None:
    path, named = place.path, _is_named(place)
    sized = LEAST_BYTES <= facts.st_size <= MAXIMUM_BYTES
    if getattr(facts, "st_file_attributes", 0) & _IN_THE_CLOUD:
        walk.skipped += [path] if named else []
        return
    try:
        is_store = sized and _looks_like_a_store(place.real)
        if not named and not is_store:
            return
        digest = file_digest(place.real) if is_store else ""
    except OSError:
        if named:
            walk.skipped.append(path)
        return
    if len(walk.stores) >= MAX_INSTALLATIONS:
        walk.cut_short = True
        return
    walk.taken.add(place.real)
    names = (path.name, place.real.name)
    walk.stores.append(
        FoundStore(
            path=path,
            digest=digest,
            named_environment="acceptance" if "acceptance" in map(environment_of, names) else "production",
            is_store=is_store,
            is_backup=is_backup(path.name),
            is_private=sys.platform == "win32" or not stat.S_IMODE(facts.st_mode) & 0o077,
            estimated_end=next(filter(None, map(estimated_end, names)), None),
        )
    )


def _looks_like_a_store(path: Path) -> bool:
    """A sequence, version 3, and the identifier of its contents, in DER or BER (RFC 7292 4)."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    at = head.find(_VERSION)
    return head[:1] == b"\x30" and 2 <= at <= 7 and _CONTENT in head[at:]
