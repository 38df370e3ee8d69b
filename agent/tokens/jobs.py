"""Jobs on a token that exists: activating it, and proving that it can be used. They need the key store, no card."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.card.checks import check_offer
from agent.config import Config
from agent.errors import Cancelled, ExitCode, StoreError
from agent.language import Texts, printable
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.stores.contents import encryption_entries
from agent.stores.own import OwnStore, StoreFinder, name_told_by
from agent.tokens.login import NO_FAILURE, LoginTest
from agent.tokens.self_test import SelfTest
from agent.tokens.system_requests import SystemSigner
from agent.ui import Dialogue
from agent.wire.jobs import ActivateTokenJob, CheckTokenJob, TokenJob
from agent.wire.pki.keys import certificate_fingerprint


@dataclass(frozen=True)
class TokenTask:
    """Does one job with the key store of its certificate."""

    config: Config
    device: Device
    portal: Portal
    dialogue: Dialogue
    texts: Texts

    def run(self, job: ActivateTokenJob | CheckTokenJob) -> ExitCode:
        """Activate or test the token, as the job asks. Raises AgentError; a job that was not done can be run again."""
        check_offer(job, origin=self.device.origin, now=datetime.now(UTC))
        if isinstance(job, ActivateTokenJob):
            return self._activate(job)
        return self._test(job.id, self._store(job))

    def test_store(self, path: Path) -> ExitCode:
        """Test the token in a key store without a job from the page: the server offers one. Raises AgentError."""
        store = StoreFinder(self.config, self.dialogue, self.texts).open_any(path)
        job_id = self.portal.ask_for_check(certificate_fingerprint(store.entry.certificate))
        return self._test(job_id, store)

    def _test(self, job_id: str, store: OwnStore) -> ExitCode:
        finding = SelfTest(self.portal, self.dialogue, self.texts).run(job_id, store.contents, store.entry)
        login = LoginTest(self.config, self.portal, self.dialogue, self.texts)
        verdict = login.run(job_id, store.contents, store.entry)
        return ExitCode.DONE if finding == "ok" and verdict in NO_FAILURE else ExitCode.FAILED

    def _activate(self, job: ActivateTokenJob) -> ExitCode:
        question = self.texts(
            "token.activate_question",
            name=printable(job.certificate.common_name),
            environment=self.texts(f"consent.environment.{job.environment}"),
        )
        if not self.dialogue.confirm(question):
            raise Cancelled
        store = self._store(job)
        if str(job.token.serial) not in {entry.alias for entry in encryption_entries(store.contents)}:
            raise StoreError("token_key_missing", file=str(store.path))
        signer = SystemSigner.of(store.contents, store.entry)
        self.portal.activate_token(job.id, signer.activation())
        self.dialogue.say(self.texts("token.activated"))
        code = ExitCode.FAILED
        try:
            code = self._test(job.id, store)
        finally:
            if code is not ExitCode.DONE:
                self.dialogue.say(self.texts("token.activated_untested"))
        return code

    def _store(self, job: TokenJob) -> OwnStore:
        return StoreFinder(self.config, self.dialogue, self.texts).find(
            job.certificate.fingerprint,
            name_told_by(job.certificate.common_name),
            key_identifier=job.certificate.public_key_identifier,
        )
