"""Finds key stores on this workstation: by name and by content, bounded in depth, number and time.

Nothing is opened here but files, and nothing is asked: what a password tells is added by `opened`. Links are not
followed, so nothing is seen twice and nothing goes round.
"""

import os
import stat
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from agent.errors import StoreError
from agent.keystore import encryption_entries, find_authentication
from agent.pkcs12 import MAXIMUM_BYTES, Contents
from agent.store_files import file_digest
from agent.store_names import SUFFIXES, environment_of, estimated_end, is_backup, original_name
from agent.wire.jobs import Environment
from agent.wire.keys import certificate_fingerprint, public_key_identifier
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

_NO_FILES: Final = tuple(Path(path) for path in ("/proc", "/sys", "/dev", "/run"))
"""Folders in which reading a file may do something else than that."""

Tell = Callable[[Path, int], None]


@dataclass(frozen=True)
class CertificateFacts:
    """The public facts of an authentication certificate."""

    fingerprint: str
    public_key_identifier: str
    serial: str
    subject: str
    not_after: datetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "CertificateFacts":
        """Read them. The subject is RFC 4514, its national number as it stands there."""
        return cls(
            certificate_fingerprint(certificate),
            public_key_identifier(certificate.public_key()),
            str(certificate.serial_number),
            certificate.subject.rfc4514_string(),
            certificate.not_valid_after_utc,
        )


@dataclass(frozen=True)
class FoundStore:
    """One file: what its name, its rights and its content tell, and its certificate once it was opened.

    `fingerprint` and `not_after` are also there for a store that this agent opened before. `is_store` is false
    for a file that is only named like one. `problem` is the code of what kept it from being opened.
    """

    path: Path
    digest: str
    environment: Environment
    is_store: bool
    is_backup: bool
    is_private: bool
    estimated_end: datetime | None
    fingerprint: str | None = None
    not_after: datetime | None = None
    certificate: CertificateFacts | None = None
    encryption_keys: int = 0
    problem: str = ""

    @property
    def end(self) -> datetime | None:
        """The real end where it is known, else the estimate."""
        return self.not_after or self.estimated_end

    @property
    def is_estimated(self) -> bool:
        """Whether `end` is only what the file name suggests."""
        return self.not_after is None and self.estimated_end is not None


@dataclass(frozen=True)
class Scan:
    """What a walk over `folders` found. `skipped` names folders that could not be read."""

    folders: tuple[Path, ...]
    stores: tuple[FoundStore, ...]
    skipped: tuple[Path, ...] = ()
    cut_short: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything in the folders was looked at."""
        return not self.skipped and not self.cut_short


@dataclass
class _Walk:
    """One walk's allowance and what it met."""

    deadline: float
    excluded: frozenset[Path]
    entries: int = 0
    cut_short: bool = False
    skipped: list[Path] = field(default_factory=list)
    stores: list[FoundStore] = field(default_factory=list)

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
    walk = _Walk(time.monotonic() + seconds, frozenset(never))
    for root in roots:
        _look_through(root, walk, tell)
    stores = tuple(sorted(walk.stores, key=lambda store: str(store.path)))
    return Scan(roots, stores, tuple(walk.skipped), walk.cut_short)


def opened(store: FoundStore, contents: Contents) -> FoundStore:
    """The same store with what is inside it; without an authentication certificate only its keys are counted."""
    found = replace(store, encryption_keys=len(encryption_entries(contents)))
    entry = find_authentication(contents)
    if entry is None or entry.certificate is None or not entry.belongs_together:
        return found
    facts = CertificateFacts.of(entry.certificate)
    return replace(found, certificate=facts, fingerprint=facts.fingerprint, not_after=facts.not_after)


def duplicates(stores: Sequence[FoundStore]) -> tuple[tuple[FoundStore, ...], ...]:
    """Groups of files with the very same content."""
    return _groups((store.digest, store) for store in stores if store.is_store)


def copies(stores: Sequence[FoundStore]) -> tuple[tuple[FoundStore, ...], ...]:
    """Groups of different files that hold the same key, such as one under another password."""
    facts = [store.certificate for store in stores if store.certificate]
    keys = {certificate.fingerprint: certificate.public_key_identifier for certificate in facts}
    known = [(store.fingerprint, store) for store in stores if store.fingerprint]
    groups = _groups((keys.get(fingerprint, fingerprint), store) for fingerprint, store in known)
    return tuple(group for group in groups if len({store.digest for store in group}) > 1)


def _groups(pairs: Iterable[tuple[str, FoundStore]]) -> tuple[tuple[FoundStore, ...], ...]:
    together: dict[str, list[FoundStore]] = defaultdict(list)
    for key, store in pairs:
        together[key].append(store)
    return tuple(tuple(group) for group in together.values() if len(group) > 1)


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


def _look_through(root: Path, walk: _Walk, tell: Tell) -> None:
    waiting = [(root, 0)]
    while waiting and walk.may_go_on():
        folder, depth = waiting.pop()
        tell(folder, len(walk.stores))
        try:
            with os.scandir(folder) as entries:
                waiting += _look_at(entries, depth, walk)
        except OSError:
            walk.skipped.append(folder)


def _look_at(entries: Iterator["os.DirEntry[str]"], depth: int, walk: _Walk) -> list[tuple[Path, int]]:
    below = []
    for entry in entries:
        walk.entries += 1
        if not walk.may_go_on():
            break
        try:
            facts = entry.stat(follow_symlinks=False)
        except OSError:
            walk.skipped.append(Path(entry.path))
            continue
        path = Path(entry.path)
        if stat.S_ISDIR(facts.st_mode):
            if path in walk.excluded:
                continue
            if depth + 1 >= MAXIMUM_DEPTH:
                walk.skipped.append(path)
            else:
                below.append((path, depth + 1))
        elif stat.S_ISREG(facts.st_mode):
            _take(path, facts, walk)
    return below


def _take(path: Path, facts: os.stat_result, walk: _Walk) -> None:
    named = original_name(path.name).lower().endswith(SUFFIXES)
    sized = LEAST_BYTES <= facts.st_size <= MAXIMUM_BYTES
    if getattr(facts, "st_file_attributes", 0) & _IN_THE_CLOUD:
        walk.skipped += [path] if named else []
        return
    try:
        is_store = sized and _looks_like_a_store(path)
        if not named and not is_store:
            return
        digest = file_digest(path) if is_store else ""
    except OSError:
        if named:
            walk.skipped.append(path)
        return
    if len(walk.stores) >= MAX_INSTALLATIONS:
        walk.cut_short = True
        return
    walk.stores.append(
        FoundStore(
            path=path,
            digest=digest,
            environment=environment_of(path.name),
            is_store=is_store,
            is_backup=is_backup(path.name),
            is_private=sys.platform == "win32" or not stat.S_IMODE(facts.st_mode) & 0o077,
            estimated_end=estimated_end(path.name),
        )
    )


def _looks_like_a_store(path: Path) -> bool:
    """A sequence, version 3, and the identifier of its contents, in DER or BER (RFC 7292 4)."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    at = head.find(_VERSION)
    return head[:1] == b"\x30" and 2 <= at <= 7 and _CONTENT in head[at:]
