"""Finding and opening the key store that holds a certificate: the one to be renewed, or the one a token belongs to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.config import Config
from agent.errors import StoreError
from agent.language import Texts, shown_path
from agent.pkcs12 import Contents
from agent.stores.contents import AuthenticationEntry, authentication_entry, open_store
from agent.stores.files import read_file
from agent.stores.remembered import recorded
from agent.stores.unlock import unlock
from agent.ui import Dialogue
from agent.wire.errors import NameMalformed
from agent.wire.pki.keys import certificate_fingerprint
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
        self, fingerprint: str, name: CertificateName, *, known: str = "", password: str = ""
    ) -> OwnStore:
        """Open the store that holds the certificate with `fingerprint` under `authentication`.

        `known` is the path of an earlier run, `password` one to try before asking. What cannot be opened is passed
        over. Raises StoreError, `store_not_found` or what stood in the way of the likeliest one; Cancelled.
        """
        failed: StoreError | None = None
        for path in self._candidates(fingerprint, name, known):
            try:
                found = self._open(path, fingerprint, password)
            except StoreError as error:  # the next one may be the right one
                failed = failed or error
                self._dialogue.say(f"{shown_path(path.name)}: {self._texts.problem(error)[0]}")
            else:
                if found is not None:
                    return found
        while True:
            path_text = self._dialogue.path(self._texts("own_store.where", name=shown_path(name)))
            if not path_text:
                raise failed or StoreError("store_not_found", name=str(name))
            try:
                found = self._open(_path_of(path_text), fingerprint, password)
            except StoreError as error:
                failed = error
                self._dialogue.say(self._texts.problem(error)[0])
                continue
            if found is not None:
                return found
            self._dialogue.say(self._texts("own_store.another", file=shown_path(path_text)))

    def open_any(self, path: Path) -> OwnStore:
        """Open the store at `path`, whatever certificate it holds. Raises StoreError, Cancelled."""
        found = self._open(path, "", "")
        if found is None:
            raise StoreError("store_unreadable")
        return found

    def _candidates(self, fingerprint: str, name: CertificateName, known: str) -> Iterator[Path]:
        if known and os.path.isfile(known):
            yield Path(known)
        folder = self._config.keystore_folder
        files = sorted(folder.glob("*p12"), reverse=True) if os.path.isdir(folder) else []
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

    def _open(self, path: Path, fingerprint: str, password: str) -> OwnStore | None:
        """Open the store at `path` when it holds the certificate (any, where none is named); None for another one."""
        data = read_file(path)

        def opening(candidate: str) -> tuple[Contents, AuthenticationEntry]:
            contents = open_store(data, candidate)
            return contents, authentication_entry(contents)

        (contents, entry), used = unlock(self._dialogue, shown_path(path.name), opening, first=password)
        if fingerprint and certificate_fingerprint(entry.certificate) != fingerprint:
            return None
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
