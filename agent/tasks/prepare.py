"""`prepare` and `collect`: the key of somebody without an identity card, made here and met again by its certificate."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509

from agent import durable, passwords
from agent.config import Config
from agent.errors import AgentError, Cancelled, ExitCode, StoreError
from agent.language import Texts, printable, shown_path
from agent.language import command as typed
from agent.pending import StoreFormat
from agent.stores import contents as keystore
from agent.stores.files import install
from agent.stores.keys import PendingKey, check_delivered, new_key, open_pending
from agent.stores.prepared import Prepared, PreparedState, prepared_keys
from agent.stores.remembered import record_store
from agent.stores.unlock import unlock
from agent.ui import Dialogue
from agent.wire.days import written_day
from agent.wire.errors import JobMalformed, NameMalformed
from agent.wire.limits import MAX_CERTIFICATE_BYTES, MAX_CHAIN_CERTIFICATES
from agent.wire.link.preparation import MAX_PREPARATION_BYTES, Preparation, csr_file
from agent.wire.pki.certificates import readable
from agent.wire.pki.keys import public_key_identifier
from agent.wire.pki.names import certificate_file_name, certificate_name, dn_of, parse_dn, same_holder
from agent.wire.pki.reading.finding import find_certificates
from agent.wire.pki.unreadable import UNREADABLE

MAX_CHAIN_BYTES: Final = 2 * MAX_CHAIN_CERTIFICATES * MAX_CERTIFICATE_BYTES
"""A PEM file: base64 makes four bytes of three, and people leave lines in between."""


def _now() -> datetime:
    return datetime.now(UTC)


def _read(path: Path, limit: int) -> bytes:
    """Read at most `limit` bytes and one more, so that what is too large is noticed and not read."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise AgentError("file_unreadable", file=str(path)) from error


def holder_of(dn: str) -> str:
    """Return the person's name as it stands in the certificate's name: the unit before the platform's own."""
    units = [value for keyword, value in parse_dn(dn) if keyword == "OU"]
    return printable(units[-2]) if len(units) >= 2 else ""


@dataclass
class Preparer:
    """Both commands; `store_format` is a choice of the command line, None goes by the preparation file."""

    config: Config
    dialogue: Dialogue
    texts: Texts
    store_format: StoreFormat | None = None

    def prepare(self, path: Path) -> ExitCode:
        """Make the key for a preparation file and write its request as `.csr` beside it; safe to repeat.

        Raises AgentError `file_unreadable`, `preparation_malformed`, `file_exists` and what a store may raise.
        """
        try:
            preparation = Preparation.from_json(_read(path, MAX_PREPARATION_BYTES))
        except JobMalformed:
            raise AgentError("preparation_malformed", file=str(path)) from None
        prepared = Prepared(self.config, preparation.id)
        with prepared.locked():
            key = self._existing(prepared, preparation) if prepared.key_file.exists() else None
            if key is None:
                key = self._make(prepared, preparation)
            target = path.with_suffix(".csr")
            content = csr_file(key.csr())
            if target.exists() and not _same_request(target, key):
                raise StoreError("file_exists", file=str(target))
            durable.write(target, content)
        self.dialogue.say(
            self.texts("prepare.done", file=str(target), server=preparation.server), folder=target.parent
        )
        return ExitCode.DONE

    def _make(self, prepared: Prepared, preparation: Preparation) -> PendingKey:
        question = self.texts(
            "prepare.question",
            holder=holder_of(preparation.dn),
            environment=self.texts(f"consent.environment.{preparation.environment}"),
            server=preparation.server,
        )
        if not self.dialogue.confirm(question, careful=True):
            raise Cancelled
        store_format = self.store_format or preparation.store_format
        password = self.dialogue.new_password()
        if password is None:
            raise Cancelled
        self.dialogue.progress(self.texts("prepare.making"))
        key = new_key(preparation.dn)
        prepared.keep_key(key.serialise(password, store_format, now=_now()))
        passwords.remember(self.config, prepared.id, password)
        self._keep_state(prepared, preparation, key, store_format)
        return key

    def _keep_state(
        self, prepared: Prepared, preparation: Preparation, key: PendingKey, store_format: StoreFormat
    ) -> None:
        prepared.keep(
            PreparedState(
                id=preparation.id,
                server=preparation.server,
                environment=preparation.environment,
                stage="key",
                format=store_format,
                created_at=_now().astimezone(),
                key_identifier=key.identifier,
            )
        )

    def _existing(self, prepared: Prepared, preparation: Preparation) -> PendingKey | None:
        """Open the key of an earlier run, so that the same request comes out; None when its password is lost.

        A crash may have left the key without its state: both are made whole again here.
        """
        state = prepared.state()
        self.dialogue.say(self.texts("prepare.resuming"))
        try:
            key, _password = self._open(prepared, holder_of(preparation.dn))
        except StoreError as error:
            lost = error.code == "password_wrong" and (state is None or state.stage == "key")
            if not lost or not self.dialogue.confirm(self.texts("prepare.new_key_instead"), careful=True):
                raise
            prepared.set_aside(_now())
            return None
        if not same_holder(key.dn, preparation.dn):
            raise StoreError("pending_other_name")
        if state is None:
            self._keep_state(prepared, preparation, key, self.store_format or preparation.store_format)
        return replace(key, dn=preparation.dn)

    def _open(self, prepared: Prepared, what: str) -> tuple[PendingKey, str]:
        """Open the key: with the keyring's password, else by asking, a few times."""
        data = prepared.key_file.read_bytes()
        kept = passwords.recall(self.config, prepared.id)
        return unlock(self.dialogue, what, partial(open_pending, data), first=kept or "")

    def collect(self, path: Path) -> ExitCode:
        """Join a certificate file with the key that waits for it; keep everything until the store opens.

        Returns DONE when the person says so, WAITING otherwise: run it again. Raises StoreError
        `no_prepared_key`, `certificate_other_name`, `certificate_untrusted`; AgentError `certificates_unreadable`.
        """
        chain = _certificates(path)
        prepared = self._waiting_for(chain[0])
        with prepared.locked():
            state = prepared.state()
            if state is None:
                raise StoreError("no_prepared_key")
            if state.stage == "stored" and not prepared.key_file.exists():
                prepared.forget()  # the person had said yes, and a crash came between key and state
                self.dialogue.say(self.texts("collect.done"))
                return ExitCode.DONE
            key, password = self._open(prepared, self._holder(chain[0]))
            # Nobody gave this workstation anchors: the server checked them. Here the file must hold together.
            check_delivered(key, chain, chain[-1:] if len(chain) > 1 else (), now=_now())
            leaf, *authorities = chain
            name = certificate_name(leaf.subject)
            file_name = certificate_file_name(
                name.type, name.value, name.application_id, state.created_at, state.environment
            )
            target = self.config.keystore_folder / file_name
            # What stands there since the last time may hold more by now, an encryption key for instance.
            if state.stage != "stored" or not target.exists():
                contents = keystore.new_contents(key.key, leaf, authorities)
                data = keystore.serialise(contents, password, state.format)
                backup = install(target, data, contents, password=password, now=_now())
                record_store(self.config, target, leaf)
                prepared.keep(replace(state, stage="stored"))
                if backup is not None:
                    self.dialogue.say(self.texts("run.backup", file=shown_path(backup)))
            end = written_day(leaf.not_valid_after_utc)
            self.dialogue.say(
                self.texts("run.stored", file=shown_path(target), end=end), folder=target.parent
            )
            if not self.dialogue.confirm(self.texts("collect.opens")):
                command = typed("collect", str(path))
                self.dialogue.say(self.texts("collect.kept", command=command))
                return ExitCode.WAITING
            prepared.forget()
            passwords.forget(self.config, prepared.id)
        self.dialogue.say(self.texts("collect.done"))
        self.dialogue.say(self.texts("collect.token"))
        return ExitCode.DONE

    @staticmethod
    def _holder(certificate: x509.Certificate) -> str:
        try:
            return holder_of(dn_of(certificate.subject))
        except NameMalformed:
            raise StoreError("certificate_other_name") from None

    def _waiting_for(self, certificate: x509.Certificate) -> Prepared:
        identifier = public_key_identifier(certificate.public_key())
        for prepared in prepared_keys(self.config):
            try:
                state = prepared.state()
            except StoreError:
                continue  # a damaged one must not hide the one that fits
            if state is not None and state.key_identifier == identifier:
                return prepared
        raise StoreError("no_prepared_key")


def _same_request(path: Path, key: PendingKey) -> bool:
    """Return whether the file that is there already holds a request for this key."""
    try:
        return bool(x509.load_pem_x509_csr(path.read_bytes()).public_key() == key.key.public_key())
    except OSError:
        return False
    except UNREADABLE:
        return False


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Read the certificates of a file, leaf first as they stand there. Raises AgentError `certificates_unreadable`."""
    data = _read(path, MAX_CHAIN_BYTES)
    ders = find_certificates(data, limit=MAX_CHAIN_BYTES).certificates
    found = tuple(readable(ders))
    # The first is the person's own: with another in its place nothing would fit.
    if not found or found[:1] != tuple(readable(ders[:1])) or len(ders) > MAX_CHAIN_CERTIFICATES:
        raise AgentError("certificates_unreadable", file=str(path))
    return found
