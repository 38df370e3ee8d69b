"""One certificate request through its life on this workstation; a crash at any line can be taken up again."""

import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from agent import passwords
from agent.card.checks import check_card, check_job
from agent.config import Config
from agent.consent.request import consent_page
from agent.errors import AgentError, Cancelled, ExitCode, PortalError, StoreError
from agent.language import Texts, printable, shown_path
from agent.language import command as typed
from agent.pending import Pending, State, StoreFormat
from agent.portal.answers import CAME_TO_NOTHING, Outcome
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.stores import contents as keystore
from agent.stores.files import install
from agent.stores.keys import PendingKey, check_delivered, new_key, open_pending
from agent.stores.own import OwnStore
from agent.stores.remembered import record_store
from agent.stores.unlock import unlock
from agent.tasks.card_sitting import CardSitting
from agent.tasks.renewal import Renewal
from agent.tokens.sitting import TokenSitting
from agent.ui import Dialogue
from agent.wire.days import written_day
from agent.wire.jobs import CertificateJob
from agent.wire.pki.keys import certificate_fingerprint, read_csr
from agent.wire.pki.names import certificate_file_name, certificate_name, same_name
from agent.wire.software import SAFE_FORMAT
from agent.wire.xml.request import build_generate_certificate, read_generate_certificate

CLOSED: Final = ("job_closed", "job_unknown")


@dataclass
class Runner:
    """Runs one job; `store_format` is a choice of the command line, None goes by the server's choice."""

    config: Config
    device: Device
    portal: Portal
    dialogue: Dialogue
    texts: Texts
    store_format: StoreFormat | None = None
    wait_seconds: float = 600.0
    stays: bool = False
    """Whether the same sitting comes back to it: then nobody needs to be told how to go on."""
    _password: str = field(default="", init=False, repr=False)
    _renewed: OwnStore | None = field(default=None, init=False, repr=False)

    def run(self, job_id: str, job: CertificateJob | None = None) -> ExitCode:
        """Take the job from wherever it stands to its end; `job` is its document where it was read already.

        Raises AgentError, which says what to do next. Returns DONE, or WAITING when the authority has not delivered
        yet: run it again to go on.
        """
        pending = Pending(self.config.pending_folder, job_id)
        with pending.locked():
            state = pending.state()
            if state is not None and state.server != self.device.origin:
                raise AgentError("other_server", server=state.server)
            try:
                return self._go_on(pending, state, job)
            except PortalError as error:
                if error.code not in CLOSED:
                    raise
                return self._closed(pending, error)

    def _go_on(self, pending: Pending, state: State | None, job: CertificateJob | None) -> ExitCode:
        key: PendingKey | None = None
        if state is None or state.stage == "key":
            state, key = self._request(pending, state, job or self._job(pending.job_id))
        if state.stage == "signed":
            state = self._submit(pending, state)
        if state.stage == "sent":
            outcome = self._await(pending)
            if outcome is None:
                if not self.stays:
                    command = typed("run", pending.job_id)
                    self.dialogue.say(self.texts("run.still_waiting", command=command))
                return ExitCode.WAITING
            state = self._store(pending, state, outcome, key)
        if state.stage == "stored":
            self.portal.stored(pending.job_id, state.fingerprint, state.format)
        if state.token and state.stage != "finished":
            state = self._make_token(pending, state)
        pending.finish(state)
        passwords.forget(self.config, pending.job_id)
        self.dialogue.say(self.texts("run.done"))
        return ExitCode.DONE

    def _job(self, job_id: str) -> CertificateJob:
        job = self.portal.job(job_id)
        if not isinstance(job, CertificateJob):
            raise PortalError("job_malformed")
        return job

    def _renewal(self, pending: Pending) -> Renewal:
        return Renewal(self.config, self.portal, self.dialogue, self.texts, pending)

    def _make_token(self, pending: Pending, state: State) -> State:
        """Make the encryption token in the same sitting; what stops it now can be taken up later."""
        if not self._password:
            self._open(pending, state.organisation)
        sitting = TokenSitting(self.config, self.portal, self.dialogue, self.texts, pending, self._password)
        try:
            return sitting.go_on(state)
        except AgentError:
            self.dialogue.say(self.texts("token.later", command=typed("run", pending.job_id)))
            raise

    def _request(
        self, pending: Pending, state: State | None, job: CertificateJob
    ) -> tuple[State, PendingKey]:
        check_job(job, origin=self.device.origin, now=_now())
        if job.replaces is not None:
            self._renewed = self._renewal(pending).old_store(job, known=state.old_store if state else "")
        sitting = CardSitting(self.dialogue, self.texts)
        with sitting.reader(self.config) as reader:
            card = sitting.card(reader)
            check_card(job, card, now=_now())
            key = self._existing_key(pending, job) if pending.key_file.exists() else None
            fresh = key is None
            key = key or new_key(job.request.contract.dn)
            unsigned = build_generate_certificate(
                job.request, key.csr(), request_id=f"_{uuid.uuid4()}", issue_instant=_now()
            )
            page = consent_page(job, unsigned, self.texts, public_key_identifier=key.identifier)
            if not self.dialogue.consent(page):
                sitting.refused(self.portal, job.id)
            store_format = state.format if state else self._format(job)
            if fresh:
                self._keep(pending, key, store_format)
            if state is None:
                state = pending.keep(self._first_state(job, store_format))
            signed = sitting.sign(reader, card, unsigned)
        return pending.keep_signed(signed, state), key

    def _existing_key(self, pending: Pending, job: CertificateJob) -> PendingKey | None:
        """Open the key an earlier run made; None when its password is lost, for nothing was issued for it yet."""
        self.dialogue.say(self.texts("run.resuming_key"))
        try:
            key = self._open(pending, printable(job.organisation.name))
        except StoreError as error:
            if error.code != "password_wrong" or not self.dialogue.confirm(
                self.texts("run.new_key_instead"), careful=True
            ):
                raise
            pending.set_aside(_now())
            return None
        dn = job.request.contract.dn
        if not same_name(key.dn, dn):
            raise StoreError("pending_other_name")
        return replace(key, dn=dn)

    def _format(self, job: CertificateJob) -> StoreFormat:
        """What the command line says; else as the store that is replaced, which its software opens; else as chosen.

        Nobody is asked: an administrator chose once which software loads the organisation's stores.
        """
        replaced = self._renewed.contents.protection if self._renewed else None
        return self.store_format or replaced or job.store_format or SAFE_FORMAT

    def _keep(self, pending: Pending, key: PendingKey, store_format: StoreFormat) -> None:
        """Put the key on disk, encrypted; nothing of it has left this workstation before."""
        self.dialogue.progress(self.texts(f"format.will_be_{store_format}"))
        password = self.dialogue.new_password()
        if password is None:
            raise Cancelled("not_signed")
        pending.keep_key(key.serialise(password, store_format, now=_now()))
        passwords.remember(self.config, pending.job_id, password)
        self._password = password

    def _first_state(self, job: CertificateJob, store_format: StoreFormat) -> State:
        return State(
            job=job.id,
            server=job.server,
            stage="key",
            environment=job.environment,
            organisation=printable(job.organisation.name),
            format=store_format,
            created_at=_now().astimezone(),
            token=job.token,
            replaces=job.replaces.fingerprint if job.replaces else "",
            old_store=str(self._renewed.path) if self._renewed else "",
        )

    def _submit(self, pending: Pending, state: State) -> State:
        """Send the signed bytes as they are on disk. A refusal voids them, never the key."""
        self.dialogue.progress(self.texts("run.sending"))
        signed = pending.signed_file.read_bytes()
        expected = read_csr(read_generate_certificate(signed).csr_der).public_key_identifier
        try:
            identifier = self.portal.submit(pending.job_id, signed)
        except PortalError as error:
            if error.code == "key_already_used":
                pending.set_aside(_now())
            elif error.status in (409, 422) and error.code not in CLOSED:
                pending.back_to_key(state)
            raise
        if identifier != expected:
            raise PortalError("server_unexpected")
        return pending.keep_sent(state)

    def _await(self, pending: Pending) -> Outcome | None:
        """Ask until there is a certificate; None when it takes longer than `wait_seconds`."""
        deadline, told = time.monotonic() + self.wait_seconds, ""
        while True:
            outcome = self.portal.outcome(pending.job_id)
            if outcome.certificates:
                return outcome
            if outcome.state == "gave_up":
                # An administrator may have it taken up again, and then the certificate is for this very key.
                raise AgentError(
                    "request_gave_up", reason=outcome.problem_text or self.texts("run.no_reason")
                )
            if outcome.state in CAME_TO_NOTHING:
                aside = pending.set_aside(_now())
                raise AgentError(
                    f"request_{outcome.state}",
                    reason=outcome.problem_text or self.texts("run.no_reason"),
                    file=str(aside),
                )
            if outcome.state != told:
                told = outcome.state
                self.dialogue.progress(self.texts(f"run.state.{outcome.state}"))
            if time.monotonic() + outcome.poll_after_seconds > deadline:
                return None
            self.dialogue.pause(outcome.poll_after_seconds)

    def _store(self, pending: Pending, state: State, outcome: Outcome, key: PendingKey | None) -> State:
        """Check the certificate, put the finished store in place, and only then say so in the state."""
        if key is None:
            key = self._open(pending, state.organisation)
        check_delivered(key, outcome.certificates, outcome.trust_anchors, now=_now())
        leaf, *authorities = outcome.certificates
        name = certificate_name(leaf.subject)
        file_name = certificate_file_name(
            name.type, name.value, name.application_id, state.created_at, state.environment
        )
        target = self.config.keystore_folder / file_name
        contents = keystore.new_contents(key.key, leaf, authorities)
        if state.replaces:
            renewal = self._renewal(pending)
            contents = renewal.carried(contents, state, self._renewed, password=self._password)
        data = keystore.serialise(contents, self._password, state.format)
        backup = install(target, data, contents, password=self._password, now=_now())
        record_store(self.config, target, leaf)
        state = pending.keep(
            replace(state, stage="stored", fingerprint=certificate_fingerprint(leaf), store=str(target))
        )
        self.dialogue.say(
            self.texts("run.stored", file=shown_path(target), end=written_day(leaf.not_valid_after_utc)),
            folder=target.parent,
        )
        if backup is not None:
            self.dialogue.say(self.texts("run.backup", file=shown_path(backup)))
        return state

    def _open(self, pending: Pending, what: str) -> PendingKey:
        """Open the pending key: with the keyring's password, else by asking, a few times."""
        data = pending.key_file.read_bytes()
        kept = passwords.recall(self.config, pending.job_id)
        key, self._password = unlock(self.dialogue, what, partial(open_pending, data), first=kept or "")
        return key

    def _closed(self, pending: Pending, error: PortalError) -> ExitCode:
        """End a job that the server no longer takes: finished before, or come to nothing."""
        if error.code == "job_unknown":
            raise error
        try:
            outcome = self.portal.outcome(pending.job_id)
        except PortalError:
            raise error from None  # no request for a certificate
        if outcome.state == "completed" and not pending.key_file.exists():
            pending.forget()
            self.dialogue.say(self.texts("run.done_before"))
            return ExitCode.DONE
        if outcome.state in CAME_TO_NOTHING and pending.key_file.exists():
            pending.set_aside(_now())
        raise error


def _now() -> datetime:
    return datetime.now(UTC)
