"""The command `ehportal-agent`."""

import argparse
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from agent.arguments import WAIT_SECONDS, language_asked_for, read
from agent.card.doctor import Trial
from agent.config import Config, load_config
from agent.doctor import Doctor
from agent.errors import AgentError, Cancelled, ExitCode, PortalError, StoreError
from agent.language import Texts, choose_language, printable
from agent.language import command as typed
from agent.logs import start_log
from agent.pending import unfinished
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.scan.command import run_scan
from agent.stores import commands as store_commands
from agent.stores.prepared import prepared_keys
from agent.tasks.dispatch import Dispatcher
from agent.tasks.enrol import enrol
from agent.tasks.handler import install_handler, is_sitting, job_of
from agent.tasks.organisations import OrganisationsTask
from agent.tasks.prepare import Preparer
from agent.tasks.sitting import Sitting
from agent.tasks.watch import ENVIRONMENTS, job_line, notify, waiting_lines, watch
from agent.tokens.jobs import TokenTask
from agent.tokens.make import TokenMaker
from agent.ui import Dialogue, Surface, choose_surface, has_display, open_dialogue
from agent.ui.findings import tell
from agent.wire.errors import WireError
from agent.wire.jobs import JOB_ID
from agent.wire.pki.unreadable import ANY_FAILURE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code (ExitCode)."""
    if not sys.warnoptions:
        warnings.simplefilter(
            "ignore"
        )  # what a library thinks of a strange certificate is no word for a person
    given = sys.argv[1:] if arguments is None else arguments
    asked = language_asked_for(given)
    found = _settings()
    texts = Texts(choose_language(asked, None if isinstance(found, AgentError) else found.language))
    options = read(given, texts, _COMMANDS)
    dialogue: Dialogue | None = None
    try:
        dialogue = open_dialogue(_surface(options), texts)
        if isinstance(found, AgentError):
            raise found
        start_log(found.home)
        command: Callable[[argparse.Namespace, Config, Dialogue, Texts], ExitCode] = options.run_command
        code = command(options, found, dialogue, texts)
        dialogue.close()
        return int(code)
    except Cancelled as error:
        _print(texts(f"cancelled.{error.code}"))
        _close(dialogue)
        return int(ExitCode.CANCELLED)
    except KeyboardInterrupt:
        _print("\n" + texts("cancelled.cancelled"))
        return int(ExitCode.CANCELLED)
    except AgentError as error:
        _tell(error, dialogue, texts)
    except WireError as error:
        _tell(AgentError(error.code), dialogue, texts)
    except ANY_FAILURE as error:
        # A start from the browser has no terminal where a traceback would be seen.
        if options.run_command is not _handle:
            raise
        logging.getLogger(__name__).exception("the start from the browser failed")
        _tell(AgentError("unexpected", kind=type(error).__name__), dialogue, texts)
    return int(ExitCode.FAILED)


def _settings() -> Config | AgentError:
    try:
        return load_config()
    except AgentError as error:
        return error


def _surface(options: argparse.Namespace) -> Surface:
    """A browser may have been started from a terminal that nobody looks at: what it starts shows itself in a window."""
    if options.run_command is _handle and options.ui is None and has_display():
        return "window"
    return choose_surface(options.ui)


def _tell(error: AgentError, dialogue: Dialogue | None, texts: Texts) -> None:
    what, next_step = texts.problem(error)
    if dialogue is None:
        _print(f"{what}\n→ {next_step}", error=True)
        return
    dialogue.problem(what, next_step)
    if not dialogue.is_window and not sys.stderr.isatty():
        notify(f"{what} {next_step}")  # nobody may see this output: the desktop tells it too


def _close(dialogue: Dialogue | None) -> None:
    if dialogue is not None:
        dialogue.close()


def _print(text: str, *, error: bool = False) -> None:
    """Print a line where there is somewhere to print to: a start from a Windows browser has nowhere."""
    stream = sys.stderr if error else sys.stdout
    if stream is not None:
        print(text, file=stream)


def _connected(config: Config, texts: Texts) -> tuple[Device, Portal]:
    device = Device.load(config.home)
    return device, Portal(config, device.origin, device.key, texts.language)


def _enrol(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    enrolled = enrol(config, options.server, options.label, dialogue, texts)
    _, portal = _connected(config, texts)
    OrganisationsTask(config, portal, dialogue, texts).ask(anew=True)
    organisations = printable(", ".join(portal.device().organisations)) or texts("organisations.none")
    dialogue.say(texts("enrol.done", holder=printable(enrolled.holder), organisations=organisations))
    return ExitCode.DONE


def _organisations(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    _, portal = _connected(config, texts)
    return OrganisationsTask(config, portal, dialogue, texts).manage()


def _run(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    if not JOB_ID.match(options.id):
        raise AgentError("id_invalid")
    device, portal = _connected(config, texts)
    dispatcher = Dispatcher(config, device, portal, dialogue, texts, options.format, options.wait)
    try:
        return dispatcher.run(options.id)
    except PortalError as error:
        # Perhaps an organisation asks for which this workstation does not work yet.
        if error.code != "job_unknown" or not OrganisationsTask(config, portal, dialogue, texts).ask():
            raise
    return dispatcher.run(options.id)


def _sign(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    device, portal = _connected(config, texts)
    dispatcher = Dispatcher(config, device, portal, dialogue, texts, options.format, options.wait)
    return Sitting(dispatcher).run()


def _watch(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    _, portal = _connected(config, texts)
    if not options.once:
        dialogue.say(texts("watch.started"))
    watch(config, portal, texts, dialogue.say, rounds=1 if options.once else None)
    return ExitCode.DONE


def _status(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    device, portal = _connected(config, texts)
    lines = [texts("status.server", server=device.origin, label=device.label)]
    try:
        known = portal.device()
        organisations = printable(", ".join(known.organisations)) or texts("organisations.none")
        lines.append(texts("status.holder", holder=printable(known.holder), organisations=organisations))
        lines += waiting_lines(config, portal, texts)
        jobs = [job for job in portal.jobs() if job.environment in ENVIRONMENTS]
    except PortalError as error:
        lines.append(texts.problem(error)[0])
        jobs = []
    ours = unfinished(config.pending_folder)
    for job in jobs:
        if job.id not in {pending.job_id for pending in ours}:
            lines.append(job_line(job, texts))
    for pending in ours:
        try:
            state = pending.state()
        except StoreError as error:
            lines.append(texts.problem(error)[0])
            continue
        stage = texts(f"status.stage.{state.stage if state else 'key'}")
        what = printable(state.organisation) if state else "–"
        lines.append(texts("status.pending", what=what, stage=stage, command=typed("run", pending.job_id)))
    lines += [texts("prepare.waiting", id=prepared.id[:6]) for prepared in prepared_keys(config)]
    dialogue.say("\n".join(lines))
    return ExitCode.DONE


def _doctor(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    def ask(what: str) -> str | None:
        return dialogue.password(what, again=False)

    trial = Trial(dialogue.pin, dialogue.confirm, dialogue.progress) if options.card else None
    doctor = Doctor(texts, ask_password=ask if options.open else None, trial=trial, meanwhile=dialogue.alive)
    return tell(doctor.examine(now=datetime.now(UTC)), dialogue)


def _self_test(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    device, portal = _connected(config, texts)
    return TokenTask(config, device, portal, dialogue, texts).test_store(options.file.absolute())


def _token(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    device, portal = _connected(config, texts)
    return TokenMaker(config, device, portal, dialogue, texts).make_for(options.file.absolute())


def _prepare(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    return Preparer(config, dialogue, texts, options.format).prepare(options.file.absolute())


def _collect(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    return Preparer(config, dialogue, texts).collect(options.file.absolute())


def _handle(options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts) -> ExitCode:
    options.format, options.wait = None, WAIT_SECONDS
    if is_sitting(options.url):
        return _sign(options, config, dialogue, texts)
    options.id = job_of(options.url)
    try:
        return _run(options, config, dialogue, texts)
    except PortalError as error:
        if error.code == "job_unknown":
            return ExitCode.FAILED  # an id that is not ours shows nothing: any page may call this
        raise


def _install_handler(
    options: argparse.Namespace, config: Config, dialogue: Dialogue, texts: Texts
) -> ExitCode:
    dialogue.say(texts("handler.installed", file=str(install_handler())))
    return ExitCode.DONE


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace, Config, Dialogue, Texts], ExitCode]]] = {
    "enrol": _enrol,
    "organisations": _organisations,
    "run": _run,
    "sign": _sign,
    "watch": _watch,
    "status": _status,
    "doctor": _doctor,
    "password": store_commands.password,
    "export": store_commands.export,
    "backup": store_commands.backup,
    "scan": run_scan,
    "verify": store_commands.verify,
    "self-test": _self_test,
    "token": _token,
    "prepare": _prepare,
    "collect": _collect,
    "handle": _handle,
    "install-handler": _install_handler,
}


if __name__ == "__main__":
    sys.exit(main())
