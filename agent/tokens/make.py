"""The encryption token for a key store that is there already: imported, collected as a file, or left without one."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from agent.card.checks import check_offer
from agent.config import Config
from agent.errors import AgentError, ExitCode
from agent.language import Texts, printable
from agent.pending import Pending, State
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.stores.files import read_file
from agent.stores.keys import open_pending
from agent.stores.own import OwnStore, StoreFinder, name_told_by
from agent.stores.rights import accept_losses
from agent.stores.unlock import unlock
from agent.tokens.sitting import TokenSitting
from agent.ui import Dialogue
from agent.wire.jobs import MakeTokenJob
from agent.wire.pki.keys import certificate_fingerprint
from agent.wire.pki.names import CertificateName, read_file_name


@dataclass(frozen=True)
class TokenMaker:
    """Takes one job from the key store to the token in it; needs the store's password, no card."""

    config: Config
    device: Device
    portal: Portal
    dialogue: Dialogue
    texts: Texts

    def run(self, job: MakeTokenJob) -> ExitCode:
        """Find the key store and make its token. Raises AgentError; a job that was not done can be run again."""
        check_offer(job, origin=self.device.origin, now=datetime.now(UTC))
        name = name_told_by(job.certificate.common_name)
        store = self._finder().find(
            job.certificate.fingerprint, name, key_identifier=job.certificate.public_key_identifier
        )
        return self._begin(job, store)

    def make_for(self, path: Path) -> ExitCode:
        """Make the token of the store at `path` without a job from the page: the server offers one.

        Raises AgentError.
        """
        store = self._finder().open_any(path)
        job = self.portal.job(self.portal.ask_for_token(certificate_fingerprint(store.entry.certificate)))
        if not isinstance(job, MakeTokenJob):
            raise AgentError("job_malformed")
        return self._begin(job, store)

    def go_on(self, pending: Pending) -> ExitCode:
        """Continue a making that was begun. Raises AgentError."""
        with pending.locked():
            state = pending.state()
            if state is None:
                raise AgentError("job_unknown")
            if state.server != self.device.origin:
                raise AgentError("other_server", server=state.server)
            facts = read_file_name(Path(state.store).name)
            name = facts.name if facts else CertificateName("", Path(state.store).name, None)
            store = self._finder().find(state.fingerprint, name, known=state.store)
            return self._make(pending, replace(state, store=str(store.path)), store.password)

    def _begin(self, job: MakeTokenJob, store: OwnStore) -> ExitCode:
        pending = Pending(self.config.pending_folder, job.id)
        with pending.locked():
            state = pending.state() or pending.keep(
                State(
                    job=job.id,
                    server=job.server,
                    stage="stored",
                    environment=job.environment,
                    organisation=printable(job.organisation.name),
                    format=store.contents.protection,
                    created_at=datetime.now(UTC).astimezone(),
                    fingerprint=job.certificate.fingerprint,
                    token=True,
                    store=str(store.path),
                )
            )
            return self._make(pending, state, store.password)

    def _make(self, pending: Pending, state: State, password: str) -> ExitCode:
        accept_losses(Path(state.store), self.dialogue, self.texts)
        begun = self._key_password(pending, password)
        sitting = TokenSitting(
            self.config, self.portal, self.dialogue, self.texts, pending, begun, store_password=password
        )
        pending.finish(sitting.go_on(state))
        self.dialogue.say(self.texts("run.done"))
        return ExitCode.DONE

    def _key_password(self, pending: Pending, password: str) -> str:
        """Return what opens the key that an earlier run made: the store's password of that day."""
        if not pending.token_key_file.exists():
            return password
        opening = partial(open_pending, read_file(pending.token_key_file))
        return unlock(self.dialogue, self.texts("token.key_begun"), opening, first=password)[1]

    def _finder(self) -> StoreFinder:
        return StoreFinder(self.config, self.dialogue, self.texts)
