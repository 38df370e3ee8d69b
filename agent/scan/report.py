"""What a scan found, in words for the person and in public facts for the server."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from agent.language import Texts, shown, shown_path
from agent.scan.found import FoundStore, copies, duplicates, same_certificate
from agent.scan.search import Scan
from agent.wire.days import written_day
from agent.wire.jobs import Json
from agent.wire.limits import (
    MAX_DN_CHARACTERS,
    MAX_FOLDERS,
    MAX_LABEL_CHARACTERS,
    MAX_PATH_CHARACTERS,
    MAX_REPORT_BYTES,
)
from agent.wire.link.installations import Installation, InstallationReport, InstallationsMatched
from agent.wire.masking import mask_national_numbers
from agent.wire.pki.moments import has_no_end
from agent.wire.strict_json import is_xml_text

MAX_SERIAL: Final = 60
"""Digits of a serial number that can be sent: any authority's; a stranger one is left out, not its store."""
FIELDS: Final = frozenset(
    {
        *("fingerprint", "public_key_identifier", "serial", "subject", "path"),
        *("file_digest", "package", "environment", "not_after"),
    }
)
"""Fields of an installation that have a word in each language."""


@dataclass(frozen=True)
class ScanPage:
    """A scan in words."""

    texts: Texts
    scan: Scan
    now: datetime

    def lines(self) -> Iterator[str]:
        """The stores by folder, what is there twice, and how complete the scan is."""
        folder = None
        for store in self.scan.stores:
            if store.path.parent != folder:
                folder = store.path.parent
                yield shown_path(folder)
            yield from self._store(store)
        for key, groups in (
            ("same_file", duplicates(self.scan.stores)),
            ("same_key", copies(self.scan.stores)),
        ):
            for group in groups:
                yield self.texts(f"scan.{key}", files=", ".join(shown_path(store.path) for store in group))
                if not same_certificate(group):
                    yield from (self._other_certificate(store) for store in group)
        stores = [store for store in self.scan.stores if store.is_store]
        yield self.texts("scan.summary", count=str(len(stores)), folders=_list(self.scan.folders))
        for path in self.scan.skipped:
            yield self.texts("scan.skipped", folder=shown_path(path))
        if self.scan.cut_short:
            yield self.texts("scan.cut_short")

    def _other_certificate(self, store: FoundStore) -> str:
        """Until when the certificate in one of several stores of a key is good: the key alone does not tell."""
        end = store.end
        if end is None:
            told = self.texts("scan.end_unknown")
        else:
            told = self.texts("scan.ended_on" if end <= self.now else "scan.end_real", end=f"{end:%d/%m/%Y}")
        return "  " + self.texts("scan.same_key_other", file=shown_path(store.path), end=told)

    def _store(self, store: FoundStore) -> Iterator[str]:
        name = shown_path(store.path.name)
        if not store.is_store:
            yield "  • " + self.texts("scan.no_store", file=name)
            return
        notes = [self.texts("scan.acceptance")] if store.environment == "acceptance" else []
        notes += [self.texts("scan.backup")] if store.is_backup else []
        end = store.end
        if store.is_pending:
            notes.append(self.texts("scan.pending"))
        elif end is None:
            notes.append(self.texts("scan.end_unknown"))
        else:
            key = "estimated" if store.is_estimated else "real"
            notes.append(
                self.texts("scan.no_end")
                if has_no_end(end)
                else self.texts(f"scan.end_{key}", end=written_day(end))
            )
            notes += [self.texts("scan.ended")] if end <= self.now else []
        if store.certificate is not None:
            notes.append(shown(store.certificate.subject))
            notes.append(self.texts("scan.encryption_keys", count=str(store.encryption_keys)))
        notes += [self.texts("scan.not_opened")] if store.problem else []
        better = store.better_name
        mark = "✓" if store.is_private and not better and not (end and end <= self.now) else "•"
        yield f"  {mark} {name}: " + "; ".join(notes)
        if better:
            yield "    → " + self.texts(f"scan.misnamed_{store.environment}", name=shown_path(better))
        if not store.is_private:
            yield "    → " + self.texts("scan.loose")


def report_of(scan: Scan, *, machine: str, package: str | None) -> InstallationReport:
    """The public facts of a scan: no national number, no backups, which no software loads, and no key that waits for
    its certificate: that is no installation yet.

    What would not fit is left out, and then the report does not call itself complete.
    """
    folders = tuple(dict.fromkeys(_short(str(folder)) for folder in scan.folders[:MAX_FOLDERS]))
    label = _cut(_sendable(machine), MAX_LABEL_CHARACTERS) or "–"
    report = InstallationReport(label, scan.is_complete and len(scan.folders) <= MAX_FOLDERS, folders, ())
    left = MAX_REPORT_BYTES - len(json.dumps(report.to_json()))
    installations: list[Installation] = []
    taken: set[str] = set()
    for store in scan.stores:
        if not store.is_store or store.is_backup or store.is_pending:
            continue
        made = _installation(store, _free(_short(str(store.path)), taken), package)
        taken.add(made.path)
        left -= len(json.dumps(made.to_json())) + len(", ")
        if left < 0:
            report = replace(report, complete=False)
            break
        installations.append(made)
    return replace(report, installations=tuple(installations))


def report_lines(report: InstallationReport, texts: Texts) -> Iterator[str]:
    """Every field of a report as it will be sent, in words."""
    yield texts("scan.sent_machine", machine=report.machine)
    yield texts("scan.sent_folders", folders=", ".join(report.folders))
    yield texts("scan.sent_complete" if report.complete else "scan.sent_incomplete")
    for installation in report.installations:
        closed = installation.fingerprint is None
        yield f"  {installation.path}"
        facts: Json = {
            name: value for name, value in installation.to_json().items() if name not in ("path", "estimated")
        }
        for name, value in facts.items():
            if value is None:
                continue
            text = str(value)
            if name == "not_after":
                text = texts("scan.guessed", end=text) if installation.estimated else text
            elif name == "environment":
                text = texts(f"consent.environment.{value}")
                text = texts("scan.by_name", environment=text) if closed else text
            yield f"    {texts(f'scan.field.{name}')}: {text}"
    unopened = [item for item in report.installations if item.public_key_identifier is None]
    if unopened:
        yield texts("scan.sent_unopened", count=str(len(unopened)))
    yield texts("scan.never_sent")


def left_out_lines(report: InstallationReport, answer: InstallationsMatched, texts: Texts) -> Iterator[str]:
    """What the server did not take of a report, in words: each by its path, and why."""
    for one in answer.left_out:
        if one.number >= len(report.installations):
            continue  # of another report than this one
        if one.why in FIELDS:
            why = texts("scan.left_out_field", field=texts(f"scan.field.{one.why}"))
        elif one.why == "national_number":
            why = texts("scan.left_out_number")
        else:
            why = texts("scan.left_out_shape")
        yield texts("scan.left_out", path=report.installations[one.number].path, why=why)


def _installation(store: FoundStore, path: str, package: str | None) -> Installation:
    certificate = store.certificate
    subject = _sendable(certificate.subject) if certificate else None
    return Installation(
        fingerprint=store.fingerprint,
        public_key_identifier=certificate.public_key_identifier if certificate else None,
        serial=certificate.serial if certificate and 0 < len(certificate.serial) <= MAX_SERIAL else None,
        subject=subject if subject and len(subject) <= MAX_DN_CHARACTERS else None,
        path=path,
        file_digest=store.digest,
        package=_cut(_sendable(package), MAX_LABEL_CHARACTERS) if package else None,
        environment=store.environment,
        not_after=store.end,
        estimated=store.is_estimated,
    )


def _free(path: str, taken: set[str]) -> str:
    """The path, numbered when another one looks like it: two national numbers in one folder do, once masked."""
    number, free = 1, path
    while free in taken:
        number += 1
        free = f"{path} ({number})"
    return free


def _short(path: str) -> str:
    """A path that can be sent: printable UTF-8, national numbers masked, shortened in its middle."""
    text = _sendable(path)
    room = MAX_PATH_CHARACTERS - 20
    if len(text) > room:
        text = f"{text[: room // 3]}…{text[-(room - room // 3 - 1) :]}"
    return mask_national_numbers(text)  # a cut may have left eleven digits of more


def _cut(text: str, limit: int) -> str:
    return mask_national_numbers(text[: limit - 5])


def _sendable(text: str) -> str:
    """One line that JSON, XML and a screen can carry, national numbers masked."""
    line = "".join(c if is_xml_text(c) and c not in "\n\r\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shown(line)


def _list(paths: Sequence[object]) -> str:
    return ", ".join(shown_path(path) for path in paths)
