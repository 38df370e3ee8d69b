"""`ehportal-agent watch`: tells when something waits to be signed or a certificate has come."""

import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from agent.config import Config
from agent.errors import PortalError, StoreError
from agent.language import Texts, printable
from agent.language import command as typed
from agent.pending import TOKEN_STAGES, Pending, unfinished
from agent.portal.answers import JobSummary
from agent.portal.client import Portal
from agent.tasks.organisations import not_ticked
from agent.wire.jobs import (
    ACTIVATE_TOKEN,
    CHECK_TOKEN,
    MAKE_TOKEN,
    READ_RECORDS,
    REQUEST_CERTIFICATE,
    REVOKE_CERTIFICATE,
)

PAUSE_SECONDS: Final = 15.0
NOTICE_SECONDS: Final = 5.0
ENVIRONMENTS: Final = ("production", "acceptance")
TASKS: Final = (
    REQUEST_CERTIFICATE,
    REVOKE_CERTIFICATE,
    READ_RECORDS,
    MAKE_TOKEN,
    ACTIVATE_TOKEN,
    CHECK_TOKEN,
)
_SERIOUS: Final = ("device_unknown", "proof_stale")

Tell = Callable[[str], None]


def watch(config: Config, portal: Portal, texts: Texts, tell: Tell, *, rounds: int | None = None) -> None:
    """Ask for jobs every quarter of a minute and tell each thing once; `rounds` ends it, None goes on until stopped.

    A line that fails is tried again at the next round. Raises PortalError where trying again cannot help.
    """
    told: set[str] = set()
    done = 0
    while True:
        try:
            for text in _news(config, portal, texts):
                if text not in told:
                    told.add(text)
                    tell(text)
                    notify(text)
        except PortalError as error:
            if error.code in _SERIOUS:
                raise
        done += 1
        if rounds is not None and done >= rounds:
            return
        time.sleep(PAUSE_SECONDS)


def _news(config: Config, portal: Portal, texts: Texts) -> list[str]:
    ours = unfinished(config.pending_folder)
    known = {pending.job_id for pending in ours}
    news = waiting_lines(config, portal, texts)
    news += [
        job_line(job, texts)
        for job in portal.jobs()
        if job.id not in known and job.environment in ENVIRONMENTS
    ]
    return news + [text for pending in ours for text in _arrived(pending, portal, texts)]


def waiting_lines(config: Config, portal: Portal, texts: Texts) -> list[str]:
    """One line for each organisation that waits for the holder's word and was not left unticked here before."""
    left = not_ticked(config)
    return [
        texts(
            "watch.organisation",
            organisation=printable(one.name),
            command=typed("organisations"),
        )
        for one in portal.organisations().waiting
        if one.id not in left
    ]


def job_line(job: JobSummary, texts: Texts) -> str:
    """Return one line that says what waits, for whom, and how to begin."""
    return texts(
        "watch.job",
        task=texts(f"watch.task.{job.kind if job.kind in TASKS else 'other'}"),
        organisation=printable(job.organisation),
        environment=texts(f"consent.environment.{job.environment}"),
        command=typed("run", job.id),
    )


def _arrived(pending: Pending, portal: Portal, texts: Texts) -> list[str]:
    try:
        state = pending.state()
    except StoreError:
        return []
    if state is None or state.stage not in ("sent", *TOKEN_STAGES):
        return []
    command = typed("run", pending.job_id)
    if pending.is_token_only or state.stage not in ("sent", "stored"):
        stage = texts(f"status.stage.{state.stage}")
        return [texts("status.pending", what=printable(state.organisation), stage=stage, command=command)]
    outcome = portal.outcome(pending.job_id)
    if outcome.state in ("submitting", "waiting", "outcome_unknown"):
        return []
    return [texts("watch.arrived", organisation=printable(state.organisation), command=command)]


def notify(text: str) -> None:
    """Show a line on the desktop too, where the desktop has a way."""
    tool = shutil.which("notify-send")
    if tool:
        command = [tool, "--app-name=ehportal", "ehportal", text]
        with suppress(OSError, subprocess.TimeoutExpired):  # it was told here already
            subprocess.run(command, check=False, capture_output=True, timeout=NOTICE_SECONDS)  # noqa: S603  the desktop's own tool
