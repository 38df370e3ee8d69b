"""`ehportal-agent scan`: find key stores, say what they are, and report public facts where the person agrees."""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.config import Config
from agent.errors import Cancelled, ExitCode, StoreError
from agent.language import Texts, printable, shown_path
from agent.language import command as typed
from agent.pkcs12 import Contents
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.scan.found import FoundStore, opened
from agent.scan.report import ScanPage, left_out_lines, report_lines, report_of
from agent.scan.search import Scan, scan
from agent.stores.contents import open_store
from agent.stores.files import read_file
from agent.stores.remembered import remember, remember_waiting, remembered, waits
from agent.stores.unlock import opening
from agent.ui import Dialogue

TRIES: Final = 2
PROGRESS_SECONDS: Final = 1.0


def run_scan(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    """Find, open where asked, show, and report where asked and agreed."""
    folders = options.folder or usual_folders(config)
    if not folders:
        dialogue.say(texts("scan.no_folder", folder=str(config.keystore_folder)))
        return ExitCode.DONE
    found = scan(folders, excluded=[config.pending_folder], tell=_progress(dialogue, texts))
    stores = tuple(_known(config, store) for store in found.stores)
    if options.open:
        stores = _Opening(config, dialogue, texts).open(stores)
    found = replace(found, stores=stores)
    dialogue.say("\n".join(ScanPage(texts, found, datetime.now(UTC)).lines()))
    return _report(found, options, config, dialogue, texts) if options.report else ExitCode.DONE


def _report(
    found: Scan, options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts
) -> ExitCode:
    device = Device.load(config.home)
    portal = Portal(config, device.origin, device.key, texts.language)
    machine = options.machine or device.label or platform.node()
    report = report_of(found, machine=machine, package=options.package)
    organisations = portal.device().organisations
    if not organisations:
        dialogue.say(texts("scan.nobody", command=typed("organisations")))
        return ExitCode.CANCELLED
    heading = texts("scan.will_be_sent", server=device.origin)
    receivers = texts("scan.sent_to", organisations=printable(", ".join(organisations)))
    dialogue.say("\n".join([heading, receivers, *report_lines(report, texts)]))
    if not options.yes and not dialogue.confirm(texts("scan.send_question")):
        dialogue.say(texts("scan.not_sent"))
        return ExitCode.CANCELLED
    matched = portal.report_installations(report)
    done = texts(
        "scan.sent", matched=str(matched.matched), unknown=str(matched.unknown), gone=str(matched.gone)
    )
    dialogue.say("\n".join([done, *left_out_lines(report, matched, texts)]))
    return ExitCode.DONE


def usual_folders(config: Config) -> list[Path]:
    """Where this agent and the platform's own application keep stores, as far as it is there."""
    usual = (config.keystore_folder, Path.home() / "ehealth" / "keystore")
    # Not Path.is_dir, here and elsewhere: it raises for what may not be looked into.
    return [folder for folder in dict.fromkeys(usual) if os.path.isdir(folder)]


def _progress(dialogue: Dialogue, texts: Texts) -> Callable[[Path, int], None]:
    told = time.monotonic()

    def tell(folder: Path, found: int) -> None:
        nonlocal told
        if time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            dialogue.progress(texts("scan.looking", folder=shown_path(folder), found=str(found)))

    return tell


def _known(config: Config, store: FoundStore) -> FoundStore:
    """With what this agent remembers of a store that it opened before."""
    record = remembered(config, store.digest) if store.is_store else None
    if record is None:
        known = store.is_store and waits(config, store.digest)
        return replace(store, is_pending=True, estimated_end=None) if known else store
    return replace(
        store,
        fingerprint=record.fingerprint,
        not_after=record.not_after,
        told_environment=record.environment,
    )


def _order(store: FoundStore) -> tuple[bool, str]:
    return store.is_backup, str(store.path)


def _as_inside(store: FoundStore, twin: FoundStore) -> FoundStore:
    """The store with what was read in it or in a file with the same content."""
    return replace(
        store,
        fingerprint=twin.fingerprint,
        not_after=twin.not_after,
        told_environment=twin.told_environment,
        certificate=twin.certificate,
        encryption_keys=twin.encryption_keys,
        problem=twin.problem,
        is_pending=twin.is_pending,
        estimated_end=None if twin.is_pending else store.estimated_end,
    )


class _Opening:
    """Asks passwords, one a store, or one for all when the person says so; none is kept."""

    def __init__(self, config: Config, dialogue: Dialogue, texts: Texts) -> None:
        self._config, self._dialogue, self._texts = config, dialogue, texts
        self._for_all: str | None = None
        self._asked_for_all = False

    def open(self, stores: Sequence[FoundStore]) -> tuple[FoundStore, ...]:
        """The stores, opened as far as their passwords were given."""
        # Backups come last: the password of a file in use may open them, and nobody is asked for theirs.
        distinct = {store.digest: store for store in sorted(stores, key=lambda store: not store.is_backup)}
        waiting = sorted((store for store in distinct.values() if store.is_store), key=_order)
        inside = {
            store.digest: self._opened(store, last=number == len(waiting))
            for number, store in enumerate(waiting, 1)
        }
        return tuple(_as_inside(store, inside.get(store.digest, store)) for store in stores)

    def _opened(self, store: FoundStore, *, last: bool) -> FoundStore:
        self._dialogue.progress(self._texts("scan.opening", file=shown_path(store.path.name)))
        try:
            contents = self._contents(store, last=last)
        except StoreError as error:
            self._dialogue.progress(f"{shown_path(store.path.name)}: {self._texts.problem(error)[0]}")
            return replace(store, problem=error.code)
        if contents is None:
            return store
        found = opened(store, contents)
        if found.certificate is not None:
            facts = found.certificate
            remember(self._config, store.digest, facts.fingerprint, facts.not_after, facts.environment)
        if found.is_pending:
            remember_waiting(self._config, store.digest)
        return found

    def _contents(self, store: FoundStore, *, last: bool) -> Contents | None:
        data = read_file(store.path)
        if self._for_all is not None:
            try:
                return open_store(data, self._for_all)
            except StoreError as error:
                if error.code != "password_wrong" or store.is_backup:
                    raise
        if store.is_backup:
            return None  # its password may be one of long ago: nobody is asked for it
        open_with = opening(self._dialogue, shown_path(store.path.name), data)
        for attempt in range(TRIES):
            password = self._dialogue.password(shown_path(store.path.name), again=attempt > 0)
            if password is None:
                return None
            try:
                contents = open_with(password)
            except StoreError as error:
                if error.code != "password_wrong" or (password and attempt == TRIES - 1):
                    raise
                if not password:
                    return None  # Enter alone opens what has no password, and passes over the rest
            except Cancelled:
                return None
            else:
                self._offer(password, last=last)
                return contents
        return None

    def _offer(self, password: str, *, last: bool) -> None:
        if not self._asked_for_all and not last:
            self._asked_for_all = True
            if self._dialogue.confirm(self._texts("scan.for_all_question")):
                self._for_all = password
