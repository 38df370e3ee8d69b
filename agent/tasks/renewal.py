"""What a renewal needs besides a new certificate: the key store before it, whose encryption keys go along."""

from dataclasses import dataclass
from typing import Final

from agent.config import Config
from agent.errors import StoreError
from agent.language import Texts, printable
from agent.pending import Pending, State
from agent.pkcs12 import Contents
from agent.portal.client import Portal
from agent.stores import contents as keystore
from agent.stores.own import OwnStore, StoreFinder
from agent.ui import Dialogue
from agent.wire.jobs import CertificateJob
from agent.wire.pki.names import certificate_name

KEY_STORE_LOST: Final = "key_store_lost"
"""Reason of a refusal that the server understands: revoke the old certificate and ask for a new one."""


@dataclass(frozen=True)
class Renewal:
    """The part of a request that looks after the certificate it replaces."""

    config: Config
    portal: Portal
    dialogue: Dialogue
    texts: Texts
    pending: Pending

    def old_store(self, job: CertificateJob, *, known: str) -> OwnStore:
        """Open the key store that is renewed: without it, nothing sealed to its token could be read any more.

        `known` is its path from an earlier run. Raises StoreError as `StoreFinder.find` does; or `key_store_lost`
        when the person says so, which the server gets to know.
        """
        replaced = job.replaces
        if replaced is None:
            raise ValueError("not a renewal")
        self.dialogue.say(self.texts("own_store.renewal", name=printable(replaced.common_name)))
        name = certificate_name(job.request.contract.dn)
        try:
            return self._finder().find(
                replaced.fingerprint, name, key_identifier=replaced.public_key_identifier, known=known
            )
        except StoreError as error:
            if not self.dialogue.confirm(self.texts("own_store.lost_question"), careful=True):
                raise
            self.portal.decline(self.pending.job_id, KEY_STORE_LOST)
            raise StoreError("key_store_lost") from error

    def carried(
        self, contents: Contents, state: State, opened: OwnStore | None, *, password: str
    ) -> Contents:
        """Return the new contents with the old store's encryption keys; opens it again after a crash.

        `password` is the new store's, tried before asking. The certificate is there by now and nothing else holds
        its key: where the old store got lost meanwhile, the person may go on without it.
        """
        if opened is None:
            leaf = keystore.authentication_entry(contents).certificate
            try:
                opened = self._finder().find(
                    state.replaces, certificate_name(leaf.subject), known=state.old_store, password=password
                )
            except StoreError:
                if not self.dialogue.confirm(self.texts("own_store.without_question"), careful=True):
                    raise
                return contents
        return keystore.carried_over(opened.contents, contents)

    def _finder(self) -> StoreFinder:
        return StoreFinder(self.config, self.dialogue, self.texts)
