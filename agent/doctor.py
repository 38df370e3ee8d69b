"""`ehportal-agent doctor`: what works on this workstation, what does not, and what to do about it."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from agent.card.doctor import CardDoctor, Trial
from agent.card.eid import CardReader
from agent.config import Config, load_config
from agent.durable import is_private
from agent.errors import AgentError, StoreError
from agent.findings import Finding, Report
from agent.language import Texts, end_text, shown
from agent.language import command as typed
from agent.pending import unfinished
from agent.pkcs12 import Contents
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.stores.contents import encryption_entries, find_authentication, is_pending, open_store
from agent.stores.file_names import estimated_end, stores_in
from agent.stores.files import read_file
from agent.stores.prepared import prepared_keys
from agent.stores.remembered import recorded
from agent.stores.verification import Verification
from agent.wire.limits import PROOF_WINDOW_SECONDS

AskPassword = Callable[[str], str | None]
CLOCK_NOTE_SECONDS = 30
_SAID_ALREADY = ("ended", "folder_open", "file_open")


class Doctor:
    """Looks and changes nothing. `ask_password` opens stores to read their real end.

    With a `trial` the card makes test signatures; without, nobody is ever asked for a PIN. `meanwhile` is called while
    the card works.
    """

    def __init__(
        self,
        texts: Texts,
        *,
        ask_password: AskPassword | None = None,
        trial: Trial | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._texts = texts
        self._ask_password = ask_password
        self._report = Report(texts)
        self._card_doctor = CardDoctor(self._report, trial=trial)
        self._meanwhile = meanwhile

    def examine(self, *, now: datetime) -> Iterator[Finding]:
        """All findings, in the order a helpdesk would ask."""
        try:
            config = load_config()
        except AgentError as error:
            yield self._report.failed("configuration", error)
            return
        yield self._report.ok("configuration", home=str(config.home))
        yield from self._server(config)
        yield from self._middleware(config, now)
        yield from self._stores(config, now)
        yield from self._pending(config)
        yield self._report.ok("java_present" if shutil.which("java") else "java")

    def _server(self, config: Config) -> Iterator[Finding]:
        try:
            device = Device.load(config.home)
        except AgentError as error:
            yield self._report.failed("enrolment", error)
            return
        portal = Portal(config, device.origin, device.key, self._texts.language)
        try:
            hello = portal.hello()
        except AgentError as error:
            yield self._report.failed("server", error)
            return
        yield self._report.ok("server", server=device.origin, version=hello.version)
        off = abs(hello.clock_difference)
        if off > PROOF_WINDOW_SECONDS - 10:
            yield self._report.note("clock_wrong", "fail", seconds=f"{off:.0f}")
        elif off > CLOCK_NOTE_SECONDS:
            yield self._report.note("clock_wrong", "note", seconds=f"{off:.0f}")
        else:
            yield self._report.ok("clock")
        try:
            known = portal.device()
        except AgentError as error:
            yield self._report.failed("enrolment", error)
            return
        yield self._report.ok(
            "enrolment", holder=known.holder, organisations=", ".join(known.organisations) or "–"
        )

    def _middleware(self, config: Config, now: datetime) -> Iterator[Finding]:
        try:
            module = config.module()
        except AgentError as error:
            yield self._report.failed("middleware", error)
            return
        official = module in config.official_modules
        with CardReader(module, meanwhile=self._meanwhile) as reader:
            yield from self._card_doctor.examine(reader, str(module), official=official, now=now)

    def _stores(self, config: Config, now: datetime) -> Iterator[Finding]:
        folder = config.keystore_folder
        if not os.path.isdir(folder):
            yield self._report.ok("folder_none", folder=str(folder))
            return
        if not is_private(folder):
            yield self._report.note("folder_open", "fail", folder=str(folder))
        else:
            yield self._report.ok("folder", folder=str(folder))
        for file in filter(os.path.isfile, stores_in(folder)):
            yield from self._store(config, file, now)

    def _store(self, config: Config, file: Path, now: datetime) -> Iterator[Finding]:
        if not is_private(file):
            yield self._report.note("store_open", "fail", file=shown(file.name))
            return
        password = self._ask_password(shown(file.name)) if self._ask_password else None
        if password is not None:
            try:
                contents = open_store(read_file(file), password)
            except StoreError as error:
                if password or error.code != "password_wrong":  # Enter alone passes a store over
                    yield self._report.failed(f"store:{shown(file.name)}", error)
            else:
                yield from self._opened(file, contents, now)
                return
        known = recorded(config, file)
        end = known.not_after if known else estimated_end(file.name)
        if end is None:
            yield self._report.note("store_unnamed", "note", file=shown(file.name))
            return
        values = {"file": shown(file.name), "end": end_text(self._texts, end)}
        if end <= now:
            yield self._report.note("store_ended", "note", **values)
        else:
            yield self._report.ok("store_real" if known else "store_estimated", **values)

    def _opened(self, file: Path, contents: Contents, now: datetime) -> Iterator[Finding]:
        """What an opened store holds in one line, and each thing that `verify` finds wrong with it."""
        authentication = find_authentication(contents)
        certificate = authentication.certificate if authentication else None
        if authentication is not None and certificate is not None and not is_pending(authentication):
            end, tokens = certificate.not_valid_after_utc, encryption_entries(contents)
            values = {"file": shown(file.name), "end": end_text(self._texts, end), "tokens": str(len(tokens))}
            yield (
                self._report.ok("store_opened", **values)
                if end > now
                else self._report.note("store_ended", "note", **values)
            )
        for finding in Verification(self._texts, file, contents, now=now).examine():
            if finding.level != "ok" and finding.key not in _SAID_ALREADY:
                yield replace(finding, text=f"{shown(file.name)}: {finding.text}")

    def _pending(self, config: Config) -> Iterator[Finding]:
        found = unfinished(config.pending_folder)
        prepared = prepared_keys(config)
        if not found and not prepared:
            yield self._report.ok("pending_none")
        for one in prepared:
            yield Finding("prepared", "note", self._texts("prepare.waiting", id=one.id[:6]))
        for pending in found:
            try:
                state = pending.state()
            except StoreError as error:
                yield self._report.failed("pending", error)
                continue
            what = state.organisation if state else "–"
            yield self._report.note("pending", "note", what=what, command=typed("run", pending.job_id))
