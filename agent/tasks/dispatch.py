"""From a job's id to whoever does that kind of job."""

from dataclasses import dataclass

from agent.config import Config
from agent.errors import ExitCode, PortalError
from agent.language import Texts
from agent.pending import Pending, StoreFormat
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.tasks.records import RecordsTask
from agent.tasks.request import CLOSED, Runner
from agent.tasks.revocation import RevocationTask
from agent.tokens.jobs import TokenTask
from agent.tokens.make import TokenMaker
from agent.ui import Dialogue
from agent.wire.jobs import (
    REVOKE_CERTIFICATE,
    ActivateTokenJob,
    CertificateJob,
    CheckTokenJob,
    Job,
    MakeTokenJob,
    RecordsJob,
    RevocationJob,
)


@dataclass(frozen=True)
class Dispatcher:
    """Runs any job; `store_format` is a choice of the command line, None goes by the server's choice."""

    config: Config
    device: Device
    portal: Portal
    dialogue: Dialogue
    texts: Texts
    store_format: StoreFormat | None = None
    wait_seconds: float = 600.0
    stays: bool = False
    """Whether the same sitting comes back to what has to wait."""

    def run(self, job_id: str) -> ExitCode:
        """Do the job, or go on with it. Raises AgentError, which says what to do next."""
        pending = Pending(self.config.pending_folder, job_id)
        if pending.is_token_only:
            return self._token_maker().go_on(pending)
        if pending.begun:
            return self._runner().run(job_id)
        try:
            job: Job | None = self.portal.job(job_id)
        except PortalError as error:
            if error.code not in CLOSED:
                raise
            if self._was_revocation(job_id):
                return self._revocation().follow(job_id)
            job = None  # the runner finds out what became of it
        match job:
            case None | CertificateJob():
                return self._runner().run(job_id, job)
            case MakeTokenJob():
                return self._token_maker().run(job)
            case ActivateTokenJob() | CheckTokenJob():
                task = TokenTask(self.config, self.device, self.portal, self.dialogue, self.texts)
                return task.run(job)
            case RecordsJob():
                records = RecordsTask(self.config, self.device, self.portal, self.dialogue, self.texts)
                return records.run(job)
            case RevocationJob():
                return self._revocation().run(job)
            case _:
                raise PortalError("job_malformed")

    def _was_revocation(self, job_id: str) -> bool:
        """Return whether the job that the server no longer offers was a revocation."""
        try:
            return self.portal.outcome(job_id).kind == REVOKE_CERTIFICATE
        except PortalError:
            return False

    def _token_maker(self) -> TokenMaker:
        return TokenMaker(self.config, self.device, self.portal, self.dialogue, self.texts)

    def _revocation(self) -> RevocationTask:
        return RevocationTask(
            self.config, self.device, self.portal, self.dialogue, self.texts, self.wait_seconds
        )

    def _runner(self) -> Runner:
        return Runner(
            self.config,
            self.device,
            self.portal,
            self.dialogue,
            self.texts,
            self.store_format,
            self.wait_seconds,
            self.stays,
        )
