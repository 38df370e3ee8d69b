"""`ehportal-agent sign`: everything that waits for one card, one after the other, in one sitting.

Each thing is shown, read and signed by itself; whoever stops in between goes on with the same command later. First all
is signed and sent, then the certificates that have come meanwhile are put in place.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from agent.errors import AgentError, Cancelled, ExitCode
from agent.language import Texts, printable
from agent.language import command as typed
from agent.pending import Pending, unfinished
from agent.portal.answers import JobSummary
from agent.tasks.dispatch import Dispatcher
from agent.tasks.watch import ENVIRONMENTS
from agent.ui import Dialogue
from agent.wire.errors import WireError
from agent.wire.jobs import READ_RECORDS, REQUEST_CERTIFICATE, REVOKE_CERTIFICATE

COMMAND: Final = "sign"
ORDER: Final = (REVOKE_CERTIFICATE, READ_RECORDS, REQUEST_CERTIFICATE)
"""What is signed, what cannot wait first."""


class _OneSitting:
    """A dialogue that offers, for each new key store, the password of the one before."""

    def __init__(self, dialogue: Dialogue, texts: Texts) -> None:
        self._dialogue, self._texts = dialogue, texts
        self._password = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialogue, name)

    def new_password(self) -> str | None:
        """Ask for a password; from the second store on whether the last one serves."""
        if self._password and self._dialogue.confirm(self._texts("sitting.same_password")):
            return self._password
        password = self._dialogue.new_password()
        self._password = password or self._password
        return password


@dataclass(frozen=True)
class Sitting:
    """Goes through what waits; `dispatcher` does each thing as it does it alone."""

    dispatcher: Dispatcher

    def run(self) -> ExitCode:
        """Show what waits, and do one after the other. Returns DONE, WAITING where certificates are still to come.

        What fails is told, and does not stop the others. Raises Cancelled when nothing of it is wanted, AgentError when
        the server cannot be asked.
        """
        dialogue, texts = self.dispatcher.dialogue, self.dispatcher.texts
        offered = self.dispatcher.portal.jobs()
        jobs, begun = self._waiting(offered), self._begun(offered)
        if not jobs:
            if not begun:
                dialogue.say(texts("sitting.nothing"))
                return ExitCode.DONE
            return ExitCode.WAITING if self._put_in_place(self.dispatcher, begun) else ExitCode.DONE
        lines = [self._line(number, len(jobs), job) for number, job in enumerate(jobs, 1)]
        if not dialogue.confirm("\n".join([texts("sitting.waiting"), *lines, texts("sitting.begin")])):
            raise Cancelled("cancelled")
        one = replace(
            self.dispatcher,
            dialogue=cast(Dialogue, _OneSitting(dialogue, texts)),
            wait_seconds=0.0,
            stays=True,
        )
        done, failed = self._each(one, jobs, lines)
        waits = self._put_in_place(replace(one, wait_seconds=self.dispatcher.wait_seconds), begun + done)
        left = len(jobs) - len(done)
        dialogue.say(texts("sitting.done", done=str(len(done)), all=str(len(jobs))))
        if left:
            dialogue.say(texts("sitting.left", left=str(left), command=typed(COMMAND)))
        if failed:
            return ExitCode.FAILED
        return ExitCode.WAITING if waits or left else ExitCode.DONE

    def _waiting(self, offered: Sequence[JobSummary]) -> list[JobSummary]:
        jobs = [job for job in offered if job.kind in ORDER and job.environment in ENVIRONMENTS]
        return sorted(jobs, key=lambda job: ORDER.index(job.kind))

    def _begun(self, offered: Sequence[JobSummary]) -> list[str]:
        """Return what was begun here before and waits for its certificate."""
        known = {job.id for job in offered}
        folder = self.dispatcher.config.pending_folder
        return [one.job_id for one in unfinished(folder) if one.job_id not in known]

    def _line(self, number: int, of: int, job: JobSummary) -> str:
        texts = self.dispatcher.texts
        return texts(
            "sitting.line",
            number=str(number),
            of=str(of),
            task=texts(f"watch.task.{job.kind}"),
            certificate=printable(job.certificate_name),
            organisation=printable(job.organisation),
            environment=texts(f"consent.environment.{job.environment}"),
        )

    def _each(
        self, dispatcher: Dispatcher, jobs: Sequence[JobSummary], lines: Sequence[str]
    ) -> tuple[list[str], bool]:
        """Do one after the other; return those that were done or sent, and whether one failed."""
        dialogue, texts = dispatcher.dialogue, dispatcher.texts
        done: list[str] = []
        failed = False
        for place, (job, line) in enumerate(zip(jobs, lines, strict=True)):
            dialogue.progress(line)
            try:
                dispatcher.run(job.id)
                done.append(job.id)
                continue
            except Cancelled:
                pass  # this one was not wanted
            except (AgentError, WireError) as error:
                failed = True
                what, next_step = texts.problem(
                    error if isinstance(error, AgentError) else AgentError(error.code)
                )
                dialogue.say(f"{what}\n→ {next_step}")
            if place + 1 < len(jobs) and not dialogue.confirm(texts("sitting.go_on")):
                break
        return done, failed

    def _put_in_place(self, dispatcher: Dispatcher, jobs: Sequence[str]) -> bool:
        """Go on with what was sent, first with all that has come; return whether something is still to come.

        All together wait as long as one would alone. What fails is told.
        """
        until = time.monotonic() + dispatcher.wait_seconds
        quick = replace(dispatcher, wait_seconds=0.0, stays=True)
        codes = {job: self._go_on(quick, job) for job in jobs}
        for job in [one for one, code in codes.items() if code is ExitCode.WAITING]:
            left = max(0.0, until - time.monotonic())
            codes[job] = self._go_on(replace(dispatcher, wait_seconds=left, stays=False), job)
        return any(code is not ExitCode.DONE for code in codes.values())

    def _go_on(self, dispatcher: Dispatcher, job: str) -> ExitCode:
        """Go on with one thing; what fails is told."""
        if not Pending(dispatcher.config.pending_folder, job).begun:
            return ExitCode.DONE
        try:
            return dispatcher.run(job)
        except (AgentError, WireError) as error:
            what, next_step = dispatcher.texts.problem(
                error if isinstance(error, AgentError) else AgentError(error.code)
            )
            dispatcher.dialogue.say(f"{what}\n→ {next_step}")
            return ExitCode.FAILED
