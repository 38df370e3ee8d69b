"""Key store files: written beside, read back, put in place in one step, the old one kept."""

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from agent import durable, pkcs12
from agent.errors import StoreError
from agent.pending import StoreFormat
from agent.pkcs12 import Contents
from agent.stores import rights

LOCK_SECONDS: Final = 10.0


def read_file(path: Path) -> bytes:
    """Read a key store, no more than one can have.

    Raises StoreError `store_missing`, `store_denied`, `store_too_large`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(pkcs12.MAXIMUM_BYTES + 1)
    except PermissionError as error:
        raise StoreError("store_denied", file=str(path)) from error
    except (OSError, ValueError) as error:  # a NUL in what somebody typed
        raise StoreError("store_missing", file=str(path)) from error
    if len(data) > pkcs12.MAXIMUM_BYTES:
        raise StoreError("store_too_large")
    return data


def install(target: Path, data: bytes, expected: Contents, *, password: str, now: datetime) -> Path | None:
    """Put a finished store at `target`; returns the dated backup when one was there with other contents.

    Written beside and durably, then read back with the password and compared with `expected` entry by entry,
    then put in place at once. Safe to repeat. Raises StoreError; then whatever was at `target` is still there.
    """
    with _alone(durable.private_folder(target.parent)):
        return _put(target, data, expected, password, now, keep_rights=False)


def rewrite(
    path: Path,
    password: str,
    change: Callable[[Contents], Contents],
    *,
    new_password: str | None = None,
    store_format: StoreFormat | None = None,
    now: datetime,
    key_password: str | None = None,
) -> Path | None:
    """Open a store, change its entries, write it again; returns the backup, None when nothing had to change.

    All under one lock, so that nothing is lost which another process adds meanwhile. Password and format stay as
    they are unless told otherwise, and so does the keys' own password (`key_password`), until a new password is for
    all. Owner, group and rights stay, as far as `rights.losses` does not say otherwise. Raises StoreError as
    `pkcs12.read`, `pkcs12.write` and `change` do; then the store is as it was.
    """
    with _alone(path.parent):
        contents = pkcs12.read(read_file(path), password, key_password)
        wanted, given = change(contents), new_password or password
        if new_password is not None:
            wanted = replace(wanted, key_password=None)
        fresh = pkcs12.write(wanted, given, store_format or contents.protection)
        return _put(path, fresh, wanted, given, now, keep_rights=True)


def change_password(
    path: Path,
    old: str,
    new: str,
    *,
    store_format: StoreFormat,
    now: datetime,
    key_password: str | None = None,
) -> Path | None:
    """Write the store anew under another password; returns the backup, which the old one opens.

    Every entry is kept. Raises StoreError as `pkcs12.read` does, and `store_foreign_entries` for a store that
    holds something else than keys and certificates: what is not written whole would be lost.
    """
    return rewrite(
        path,
        old,
        lambda same: same,
        new_password=new,
        store_format=store_format,
        now=now,
        key_password=key_password,
    )


def export(
    path: Path, password: str, *, store_format: StoreFormat, to: Path, key_password: str | None = None
) -> Contents:
    """Put a copy in another format at `to`, under the same password, keys and all; the store itself is not touched.

    Read back before it is put there. Raises StoreError: as `pkcs12.read` does, `file_exists` (nothing is ever
    overwritten), `folder_not_writable`, `store_foreign_entries`.
    """
    with _alone(to.parent):
        durable.sweep(
            to.parent, of=to.name
        )  # a crash right after the copy was put there leaves its other name
        if os.path.lexists(to):
            raise StoreError("file_exists", file=str(to))
        contents = replace(pkcs12.read(read_file(path), password, key_password), key_password=None)
        copy = pkcs12.write(contents, password, store_format)
        if not pkcs12.read(copy, password).same_as(contents):
            raise StoreError("store_unreadable")
        durable.write_new(to, copy)
    return contents


def back_up(
    path: Path, folder: Path, password: str, *, now: datetime, key_password: str | None = None
) -> Path:
    """Put a dated copy, byte for byte, into `folder`, after the password has opened it; returns the copy.

    An equal copy that is there already is enough. Raises StoreError as `export` does.
    """
    data = read_file(path)
    contents = pkcs12.read(data, password, key_password)
    with _alone(durable.private_folder(folder)):
        durable.sweep(folder)
        copy = _copy(path.name, data, folder, now)
    if not pkcs12.read(read_file(copy), password, key_password).same_as(contents):
        raise StoreError("store_unreadable")
    return copy


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file: how a store is recognised without opening it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _alone(folder: Path) -> AbstractContextManager[None]:
    """Lock this folder against everybody here who writes key stores into it."""
    return durable.lock(folder / ".ehportal.lock", wait_seconds=LOCK_SECONDS)


def _put(
    target: Path, data: bytes, expected: Contents, password: str, now: datetime, *, keep_rights: bool
) -> Path | None:
    """Write beside, read back, keep the old file, replace. The folder's lock is held."""
    folder = target.parent
    durable.sweep(folder)
    try:
        temporary = durable.write_beside(target, data)
        try:
            written = _read_back(temporary, expected, password)
            if _is_there_already(target, written, password):
                return None  # a crash came after this step the last time
            backup = _keep_old(target, now)
            if keep_rights:
                rights.put_in_place(temporary, target)
            else:
                durable.replace(temporary, target)
        finally:
            durable.unlink(temporary)
        durable.sync_folder(folder)
    except OSError as error:
        raise StoreError("folder_not_writable", folder=str(folder)) from error
    return backup


def _read_back(file: Path, expected: Contents, password: str) -> Contents:
    written = pkcs12.read(read_file(file), password, expected.key_password)
    if not written.same_as(expected):
        raise StoreError("store_unreadable")
    return written


def _is_there_already(target: Path, written: Contents, password: str) -> bool:
    """Return whether the store at `target` has these entries, in this format, under this password."""
    try:
        there = pkcs12.read(read_file(target), password, written.key_password)
    except StoreError:
        return False
    return (
        there.same_as(written)
        and (there.protection, there.has_mac) == (written.protection, written.has_mac)
        and there.key_password == written.key_password
    )


def _keep_old(target: Path, now: datetime) -> Path | None:
    """Copy what stands at `target` beside it; whatever it is, and however large."""
    if not target.exists():
        return None
    return _copy(target.name, target.read_bytes(), target.parent, now)


def _copy(name: str, data: bytes, folder: Path, now: datetime) -> Path:
    """Write a dated copy into `folder`, or find the one that a run before a crash made already."""
    for file in sorted(folder.glob("*.backup")):
        if (
            file.name.startswith(f"{name}.")
            and file.stat().st_size == len(data)
            and file.read_bytes() == data
        ):
            return file
    number = 0
    while True:
        suffix = f"-{number}" if number else ""
        backup = folder / f"{name}.{now:%Y%m%d-%H%M%S}{suffix}.backup"
        try:
            durable.write_new(backup, data)
        except StoreError as error:
            if error.code != "file_exists":
                raise
            number += 1
        else:
            return backup
