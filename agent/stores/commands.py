"""The commands for one key store: `password`, `export`, `backup`, `verify`."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from agent.config import Config
from agent.durable import private_folder
from agent.errors import Cancelled, ExitCode, StoreError
from agent.language import Texts, shown_path
from agent.pending import StoreFormat
from agent.pkcs12 import Contents
from agent.stores import contents as keystore
from agent.stores import files as store_files
from agent.stores.environments import environment_told_by, fitting_name
from agent.stores.file_names import environment_of
from agent.stores.remembered import record_store, remember_waiting
from agent.stores.rights import accept_losses
from agent.stores.unlock import unlock_store
from agent.stores.verification import Verification
from agent.ui import Dialogue
from agent.ui.findings import tell
from agent.wire.jobs import Environment
from agent.wire.software import KINDS, SoftwareKind, kind_of


def password(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    """Give a store another password: written beside, read back, put in its place, the old file kept."""
    path = _file(options.file)
    contents, old = ask_and_open(path, dialogue)
    # What loads it today opens its format of today.
    store_format: StoreFormat = options.format or contents.protection
    accept_losses(path, dialogue, texts)
    if not contents.has_mac:
        dialogue.say(texts("verify.no_mac"))
    if contents.key_password is not None:
        dialogue.say(texts("password.one_for_all"))
    new = dialogue.new_password()
    if new is None:
        raise Cancelled
    backup = store_files.change_password(
        path, old, new, store_format=store_format, now=_now(), key_password=contents.key_password
    )
    _remember(config, path, contents)
    dialogue.say(texts("password.changed", file=shown_path(path)))
    dialogue.say(texts("password.kept", keys=str(len(contents.keys))))
    if backup:
        dialogue.say(texts("password.backup", file=shown_path(backup)))
    return ExitCode.DONE


def export(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    """Put a copy beside in the format that some software opens; the store stays as it is."""
    path = _file(options.file)
    kind = kind_of(options.software) if options.software else _ask_kind(dialogue, texts)
    target = _target(path, options.to, kind)
    contents, known = ask_and_open(path, dialogue)
    fitting = target.with_name(fitting_name(target.name, _environment(path, contents)))
    if fitting != target:
        dialogue.say(texts(f"export.named_{environment_of(fitting.name)}", file=shown_path(fitting.name)))
        target = fitting
    if options.to is None:
        private_folder(target.parent)
    store_files.export(
        path, known, store_format=kind.store_format, to=target, key_password=contents.key_password
    )
    _remember(config, target, contents)
    dialogue.say(
        texts("export.done", file=shown_path(target), keys=str(len(contents.keys))), folder=target.parent
    )
    dialogue.say(texts(f"export.{kind.store_format}"))
    return ExitCode.DONE


def backup(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    """Put a dated copy elsewhere, byte for byte, after the password has opened it."""
    path = _file(options.file)
    folder: Path = options.folder.resolve() if options.folder else path.parent / "backup"
    contents, known = ask_and_open(path, dialogue)
    copy = store_files.back_up(path, folder, known, now=_now(), key_password=contents.key_password)
    dialogue.say(texts("backup.done", file=shown_path(copy), keys=str(len(contents.keys))), folder=folder)
    if folder.stat().st_dev == path.stat().st_dev:
        dialogue.say(texts("backup.same_disk"))
    return ExitCode.DONE


def verify(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    """Say what a store holds and what is wrong with it."""
    path = _file(options.file)
    contents, _ = ask_and_open(path, dialogue)
    _remember(config, path, contents)
    return tell(Verification(texts, path, contents, now=_now()).examine(), dialogue)


def ask_and_open(path: Path, dialogue: Dialogue) -> tuple[Contents, str]:
    """Ask for a store's password and return its contents, with the password that opened it.

    Raises StoreError `password_lost` after the last try, Cancelled when the person gives up.
    """
    data = store_files.read_file(path)
    try:
        contents, known = unlock_store(dialogue, shown_path(path.name), data)
    except StoreError as error:
        if error.code != "password_wrong":
            raise
        raise StoreError("password_lost", file=str(path)) from None
    return contents, known


def _file(path: Path) -> Path:
    if not os.path.isfile(path):
        raise StoreError("store_missing", file=str(path))
    return path.resolve()


def _ask_kind(dialogue: Dialogue, texts: Texts) -> SoftwareKind:
    chosen = dialogue.choose(texts("export.question"), [texts(f"package.{kind.code}") for kind in KINDS])
    if chosen is None:
        raise Cancelled
    return KINDS[chosen]


def _target(path: Path, to: Path | None, kind: SoftwareKind) -> Path:
    """Return where the copy goes; it keeps its name, which tells software and people whose it is and from when."""
    if to is None:
        return path.parent / f"export-{kind.code}" / path.name
    return to.resolve() / path.name if to.is_dir() else to.resolve()


def _environment(path: Path, contents: Contents) -> Environment | None:
    """Return what the certificate tells; acceptance where only the store's own name does."""
    entry = keystore.find_authentication(contents)
    told = environment_told_by(entry.certificate) if entry and entry.certificate else None
    return told or ("acceptance" if environment_of(path.name) == "acceptance" else None)


def _remember(config: Config, path: Path, contents: Contents) -> None:
    """Keep the real end of a store that was opened, for the doctor and for `scan`."""
    try:
        certificate = keystore.authentication_entry(contents).certificate
    except StoreError as error:
        if error.code == "store_pending":
            remember_waiting(config, store_files.file_digest(path))
        return
    record_store(config, path, certificate)


def _now() -> datetime:
    return datetime.now(UTC)
