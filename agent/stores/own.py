"""Finding and opening the key store that holds a certificate: the one to be renewed, or the one a token belongs to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.config import Config
from agent.errors import StoreError
from agent.language import Texts, shown_path
from agent.pkcs12 import Contents
from agent.stores.contents import AuthenticationEntry, authentication_entry
from agent.stores.file_names import stores_in
from agent.stores.files import read_file
from agent.stores.remembered import recorded
from agent.stores.unlock import opening, unlock
from agent.ui import Dialogue
from agent.wire.errors import NameMalformed
from agent.wire.pki.keys import certificate_fingerprint, public_key_identifier
from agent.wire.pki.names import CertificateName, name_in_common_name, read_file_name


@dataclass(frozen=True)
class OwnStore:
    """An opened key store: where it is, what it holds, and the password that opened it."""

    path: Path
    contents: Contents
    entry: AuthenticationEntry
    password: str

    def __repr__(self) -> str:
        return f"OwnStore({self.path.name})"


class StoreFinder:
    """Looks for the store of one certificate: known ones, then those named like it, then where the person says."""

    def __init__(self, config: Config, dialogue: Dialogue, texts: Texts) -> None:
        self._config = config
        self._dialogue = dialogue
        self._texts = texts

    def find(
        self,
        fingerprint: str,
        name: CertificateName,
        *,
        key_identifier: str = "",
        known: str = "",
        password: str = "",
    ) -> OwnStore:
        """Open the store that holds the certificate with `fingerprint` under `authentication`.

        `key_identifier` is its key's, where that is known: another certificate of the same key is named as such, and
        is never taken for it. `known` is the path of an earlier run, `password` one to try before asking. What cannot
        be opened is passed over. Raises StoreError, `store_not_found` or what stood in the way of the likeliest one;
        Cancelled.
        """
        failed: StoreError | None = None
        for path in self._candidates(fingerprint, name, known):
            try:
                found = self._open(path, password)
            except StoreError as error:  # the next one may be the right one
                failed = failed or error
                self._dialogue.say(f"{shown_path(path.name)}: {self._texts.problem(error)[0]}")
            else:
                if certificate_fingerprint(found.entry.certificate) == fingerprint:
                    return found
                if public_key_identifier(found.entry.key.public_key()) == key_identifier:
                    self._dialogue.say(self._another(found, key_identifier))
        while True:
            path_text = self._dialogue.path(self._texts("own_store.where", name=shown_path(name)))
            if not path_text:
                raise failed or StoreError("store_not_found", name=str(name))
            try:
                found = self._open(_path_of(path_text), password)
            except StoreError as error:
                failed = error
                self._dialogue.say(self._texts.problem(error)[0])
                continue
            if certificate_fingerprint(found.entry.certificate) == fingerprint:
                return found
            self._dialogue.say(self._another(found, key_identifier))

    def open_any(self, path: Path) -> OwnStore:
        """Open the store at `path`, whatever certificate it holds. Raises StoreError, Cancelled."""
        return self._open(path, "")

    def _another(self, found: OwnStore, key_identifier: str) -> str:
        """What a store holds instead, and until when: of the same key it is still another certificate."""
        certificate = found.entry.certificate
        same_key = public_key_identifier(certificate.public_key()) == key_identifier
        end, ended = certificate.not_valid_after_utc, certificate.not_valid_after_utc <= datetime.now(UTC)
        return self._texts(
            "own_store.same_key" if same_key else "own_store.another",
            file=shown_path(found.path),
            end=self._texts("scan.ended_on" if ended else "scan.end_real", end=f"{end:%d/%m/%Y}"),
        )

    def _candidates(self, fingerprint: str, name: CertificateName, known: str) -> Iterator[Path]:
        if known and os.path.isfile(known):
            yield Path(known)
        folder = self._config.keystore_folder
        files = stores_in(folder)[::-1]
        named = []
        for file in files:
            try:
                record = recorded(self._config, file)
            except OSError:  # a folder, gone meanwhile, or not ours to read
                continue
            if record is not None and record.fingerprint == fingerprint:
                yield file
                return
            facts = read_file_name(file.name)
            # What another certificate is known to be in needs no password to be left alone.
            if record is None and facts is not None and facts.name == name:
                named.append(file)
        yield from named

    def _open(self, path: Path, password: str) -> OwnStore:
        """Open the store at `path`, whatever certificate it holds. Raises StoreError, Cancelled."""
        data, what = read_file(path), shown_path(path.name)
        open_with = opening(self._dialogue, what, data)

        def checked(candidate: str) -> tuple[Contents, AuthenticationEntry]:
            contents = open_with(candidate)
            return contents, authentication_entry(contents)

        (contents, entry), used = unlock(self._dialogue, what, checked, first=password)
        if not contents.has_mac:
            self._dialogue.say(f"{what}: {self._texts('verify.no_mac')}")
        return OwnStore(path, contents, entry, used)


def name_told_by(common_name: str) -> CertificateName:
    """Return the name that a certificate's common name tells; a masked number fits no file, so the person is asked."""
    try:
        return name_in_common_name(common_name)
    except NameMalformed:
        return CertificateName("", common_name, None)


def _path_of(text: str) -> Path:
    """Return the path that a person typed. Raises StoreError `store_missing`."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:  # the home of somebody who is not there
        raise StoreError("store_missing", file=text) from error
