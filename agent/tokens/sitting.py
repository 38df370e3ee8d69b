"""The encryption token, made in the same sitting as the certificate; every step can be taken up again after a crash.

Key, challenge, certificate, registration, key store. What cannot be made a second time (key, certificate) is safe on
disk before it leaves; what the government gives can be asked again, or is found in the depot.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.config import Config
from agent.errors import PortalError, StoreError
from agent.language import Texts, shown, shown_path
from agent.pending import Pending, State
from agent.pkcs12 import Contents
from agent.portal.answers import MadeToken
from agent.portal.client import Portal
from agent.stores import contents as keystore
from agent.stores.files import install, read_file, rewrite
from agent.stores.keys import new_key, open_pending
from agent.stores.remembered import record_store
from agent.stores.unlock import unlock_store
from agent.tokens.login import LoginTest
from agent.tokens.self_test import SelfTest, tell_own_record
from agent.tokens.system_requests import SystemSigner
from agent.ui import Dialogue
from agent.wire.errors import TokenInvalid
from agent.wire.pki.keys import certificate_fingerprint
from agent.wire.pki.names import certificate_file_name, certificate_name, dn_of
from agent.wire.tokens.challenge import open_challenge
from agent.wire.tokens.encryption_certificate import make_encryption_certificate
from agent.wire.tokens.etk import verify_etk

_START_AGAIN = ("government_refused", "token_unknown")


@dataclass
class TokenSitting:
    """Takes the token of one finished key store from wherever it stands to its end.

    `password` opens the pending keys; the finished store may have got another one since: `store_password`, where it is
    known already.
    """

    config: Config
    portal: Portal
    dialogue: Dialogue
    texts: Texts
    pending: Pending
    password: str = field(repr=False)
    store_password: str = field(default="", repr=False)

    def go_on(self, state: State) -> State:
        """Register the token and put its key into the key store. Raises AgentError; then run the job again."""
        if state.stage == "stored":
            state = self._make_key(state)
        if state.stage == "token_key":
            state = self._prove_key(state)
        if state.stage == "token_sent":
            state = self._register(state)
        if state.stage == "token_registered":
            self._put_away(state)
        return state

    def _make_key(self, state: State) -> State:
        """Make the encryption key, and keep it encrypted on disk before anybody hears of it."""
        self.dialogue.progress(self.texts("token.key"))
        dn = dn_of(self._entry(state).certificate.subject)
        store = new_key(dn).serialise(self.password, state.format, now=_now())
        return self.pending.keep_token_key(store, state)

    def _prove_key(self, state: State) -> State:
        """Offer the key, open the challenge, and make the certificate that bears the serial number in it."""
        self.dialogue.progress(self.texts("token.challenge"))
        contents = self._contents(state)
        entry = keystore.authentication_entry(contents)
        key = open_pending(read_file(self.pending.token_key_file), self.password).key
        signed = SystemSigner.of(contents, entry).start_registration(key.public_key())
        try:
            challenge = self.portal.start_token(self.pending.job_id, signed)
        except PortalError as error:
            if error.code == "government_refused" and self.pending.token_certificate_file.exists():
                # It may have a token of this key already, from a call whose answer got lost.
                self.pending.keep(replace(state, stage="token_sent"))
            raise
        serial = open_challenge(key, challenge)
        made = make_encryption_certificate(entry.certificate, entry.key, key.public_key(), serial)
        return self.pending.keep_token_certificate(made.public_bytes(Encoding.DER), state)

    def _register(self, state: State) -> State:
        """Hand the certificate in, and check that the token that comes back is for it and from the authority."""
        self.dialogue.progress(self.texts("token.register"))
        contents = self._contents(state)
        entry = keystore.authentication_entry(contents)
        certificate = self.pending.token_certificate_file.read_bytes()
        signer = SystemSigner.of(contents, entry)
        try:
            made = self._completed(signer, certificate)
        except PortalError as error:
            if error.code in _START_AGAIN:
                self.pending.keep(replace(state, stage="token_key"))
            raise
        if made.etk is not None:
            facts = verify_etk(
                made.etk,
                authentication_certificate=entry.certificate,
                anchors=made.trust_anchors,
                now=_now(),
            )
            if facts.certificate != x509.load_der_x509_certificate(certificate):
                raise TokenInvalid("the token is for another key", code="etk_content_wrong")
        return self.pending.keep(
            replace(state, stage="token_registered", to_be_activated=made.to_be_activated)
        )

    def _completed(self, signer: SystemSigner, certificate: bytes) -> MadeToken:
        """Have the token made of the certificate, or find the one that was made of it before.

        A refusal may mean that an earlier call, whose answer got lost, has made the token: what the government keeps
        of the certificate tells, so the server is given that to ask, and then asked once more.
        """
        signed = signer.complete_registration(certificate)
        try:
            return self.portal.complete_token(self.pending.job_id, signed)
        except PortalError as error:
            if error.code != "government_refused":
                raise
        tell_own_record(self.portal, self.pending.job_id, signer)
        return self.portal.complete_token(self.pending.job_id, signed)

    def _put_away(self, state: State) -> None:
        """Write the encryption key into the key store, tell the server, and prove that it works."""
        key = open_pending(read_file(self.pending.token_key_file), self.password).key
        certificate = x509.load_der_x509_certificate(self.pending.token_certificate_file.read_bytes())
        held = self._contents(state)
        if held.foreign:
            state = self._beside(state, keystore.with_encryption_entry(held, key, certificate))
        else:
            rewrite(
                Path(state.store),
                self.store_password,
                lambda contents: keystore.with_encryption_entry(_ours(contents, state), key, certificate),
                now=_now(),
                key_password=held.key_password,
            )
        contents = self._contents(state)
        entry = keystore.authentication_entry(contents)
        record_store(self.config, Path(state.store), entry.certificate)
        self.portal.token_stored(self.pending.job_id, certificate.serial_number)
        if state.to_be_activated:
            tell_own_record(self.portal, self.pending.job_id, SystemSigner.of(contents, entry))
            self.dialogue.say(self.texts("token.waits"))
        else:
            SelfTest(self.portal, self.dialogue, self.texts).run(self.pending.job_id, contents, entry)
        login = LoginTest(self.config, self.portal, self.dialogue, self.texts)
        login.run(self.pending.job_id, contents, entry)

    def _beside(self, state: State, contents: Contents) -> State:
        """Put what we know how to write into a store of its own, next to one that holds entries of others.

        The other one stays as it is. Raises StoreError `store_foreign_entries` when the person does not want that.
        """
        entry = keystore.authentication_entry(contents)
        target = beside(Path(state.store), entry.certificate, state)
        question = self.texts("token.beside_question", file=shown(state.store), new=shown(target.name))
        if not self.dialogue.confirm(question):
            raise StoreError("store_foreign_entries")
        ours = replace(contents, foreign=0)
        data = keystore.serialise(ours, self.store_password, state.format)
        install(target, data, ours, password=self.store_password, now=_now())
        self.dialogue.say(self.texts("token.beside", file=shown_path(target)))
        return self.pending.keep(replace(state, store=str(target)))

    def _contents(self, state: State) -> Contents:
        """Open the finished store, which must still be the one of this certificate."""
        try:
            data = read_file(Path(state.store))
        except StoreError as error:
            if error.code == "store_missing":
                raise StoreError("store_moved", file=state.store) from None
            raise
        return _ours(self._opened(data, Path(state.store).name), state)

    def _opened(self, data: bytes, name: str) -> Contents:
        known = self.store_password or self.password
        contents, self.store_password = unlock_store(self.dialogue, shown(name), data, first=known)
        return contents

    def _entry(self, state: State) -> keystore.AuthenticationEntry:
        return keystore.authentication_entry(self._contents(state))


def beside(store: Path, certificate: x509.Certificate, state: State) -> Path:
    """Return the name of a second store of the certificate: a second later, so that a run after a crash finds it."""
    name = certificate_name(certificate.subject)
    later = state.created_at + timedelta(seconds=1)
    return store.with_name(
        certificate_file_name(name.type, name.value, name.application_id, later, state.environment)
    )


def _ours(contents: Contents, state: State) -> Contents:
    """Return the same contents. Raises StoreError `store_moved` when another certificate's store stands there now."""
    certificate = keystore.authentication_entry(contents).certificate
    if certificate_fingerprint(certificate) != state.fingerprint:
        raise StoreError("store_moved", file=state.store)
    return contents


def _now() -> datetime:
    return datetime.now(UTC)
