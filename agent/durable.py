"""Files that survive a power cut, that only their owner reads, and that one process at a time changes."""

import errno
import json
import os
import secrets
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar, cast

from agent.errors import StoreError

TEMPORARY = ".ehportal-tmp-"
"""Prefix of files that are being written; whatever still bears it after a crash is worthless."""

HELD_SECONDS: Final = 6.0
"""How long a file is waited for that another program holds: a scanner looks at each new one for a moment."""

_HELD: Final = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY)
_O_BINARY = getattr(os, "O_BINARY", 0)
T = TypeVar("T")


def patiently(step: Callable[[], T], file: Path) -> T:
    """Do `step`, again for some seconds while another program holds `file`.

    Raises StoreError `file_held` where it does not let go; any other OSError as it comes.
    """
    deadline, pause = time.monotonic() + HELD_SECONDS, 0.05
    while True:
        try:
            return step()
        except OSError as error:
            if error.errno not in _HELD:
                raise
            if time.monotonic() + pause > deadline:
                raise StoreError("file_held", file=str(file)) from error
            time.sleep(pause)
            pause = min(2 * pause, 1.0)


def replace(source: Path, target: Path) -> None:
    """Put `source` in the place of `target` in one step. Raises StoreError `file_held`, OSError."""
    patiently(lambda: os.replace(source, target), target)


def unlink(path: Path) -> None:
    """Remove a file, which may be gone already. Raises StoreError `file_held`, OSError."""
    patiently(lambda: path.unlink(missing_ok=True), path)


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner enters (0700, or an ACL on Windows)."""
    try:
        missing = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if missing:
            restrict(folder)
    except OSError as error:
        raise StoreError("folder_not_writable", folder=str(folder)) from error
    return folder


def restrict(path: Path) -> None:
    """Take everybody's rights but the owner's."""
    if sys.platform == "win32":
        grant = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}:(OI)(CI)F"
        if path.is_file():
            grant = grant.replace("(OI)(CI)", "")
        command = ["icacls", str(path), "/inheritance:r", "/grant:r", grant]  # the system's own tool
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  fixed command, own path
    else:
        path.chmod(0o700 if path.is_dir() else 0o600)


def is_private(path: Path) -> bool:
    """Whether only the owner has rights; on Windows the folder's ACL decides, which is not looked at.

    Raises OSError.
    """
    return sys.platform == "win32" or not stat.S_IMODE(path.stat().st_mode) & 0o077


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable; Windows has no such call and needs none (NTFS journals them)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's content and rights durable."""
    descriptor = os.open(path, os.O_RDONLY | _O_BINARY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_beside(path: Path, data: bytes) -> Path:
    """Write `data` to a fresh private temporary file in the folder of `path`, durably; returns that file."""
    temporary = path.with_name(f"{TEMPORARY}{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _O_BINARY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if sys.platform == "win32":
        restrict(temporary)
    return temporary


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path`: whole or not at all, also when the power fails. Raises StoreError."""
    try:
        temporary = write_beside(path, data)
        try:
            replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError("folder_not_writable", folder=str(path.parent)) from error


def write_new(path: Path, data: bytes) -> None:
    """Put `data` at `path` as `write` does, but never over another file. Call it under the folder's lock.

    Raises StoreError `file_exists`, `folder_not_writable`.
    """
    sweep(path.parent, of=path.name)
    try:
        temporary = write_beside(path, data)
        try:
            _put_new(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise StoreError("file_exists", file=str(path)) from error
    except OSError as error:
        raise StoreError("folder_not_writable", folder=str(path.parent)) from error


def _put_new(temporary: Path, path: Path) -> None:
    if sys.platform == "win32":
        patiently(lambda: os.rename(temporary, path), path)  # which refuses to overwrite there
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # Sticks (FAT) know no links. The lock keeps other agents away, and a name that was taken first would be
        # an empty file after a crash.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "there is a file already", str(path)) from None
        patiently(lambda: os.rename(temporary, path), path)


def remove(path: Path) -> None:
    """Remove a file durably; it may be gone already."""
    unlink(path)
    sync_folder(path.parent)


def write_json(path: Path, value: dict[str, object]) -> None:
    """Put a JSON object at `path`, durably."""
    write(path, json.dumps(value, indent=1, ensure_ascii=False).encode())


def read_json(path: Path) -> dict[str, object] | None:
    """The JSON object at `path`, or None when there is no readable one."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def sweep(folder: Path, *, of: str = "") -> int:
    """Remove temporary files that a crash left, those of names beginning with `of`; returns how many.

    Call it under the lock of whoever writes such names.
    """
    left = (
        [file for file in folder.iterdir() if file.name.startswith(TEMPORARY + of)] if folder.is_dir() else []
    )
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


@contextmanager
def lock(path: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock file at `path`; raise StoreError `store_busy` when another process does for too long.

    The system lets go of it when the process dies, so a crash leaves no lock behind.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError("folder_not_writable", folder=str(path.parent)) from error
    try:
        deadline = time.monotonic() + wait_seconds
        while not _locked(descriptor):
            if time.monotonic() >= deadline:
                raise StoreError("store_busy")
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
