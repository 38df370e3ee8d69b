"""The command `ehportal-agent`."""

import argparse
import platform
import sys
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent.card.doctor import Trial
from agent.config import Config, load_config
from agent.doctor import Doctor
from agent.errors import AgentError, Cancelled, ExitCode, PortalError, StoreError
from agent.language import LANGUAGES, Texts, choose_language, printable
from agent.logs import start_log
from agent.pending import unfinished
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.scan.command import run_scan
from agent.stores import commands as store_commands
from agent.stores import packages
from agent.stores.prepared import prepared_keys
from agent.tasks.dispatch import Dispatcher
from agent.tasks.enrol import enrol
from agent.tasks.handler import install_handler, job_of
from agent.tasks.organisations import OrganisationsTask
from agent.tasks.prepare import Preparer
from agent.tasks.watch import ENVIRONMENTS, job_line, waiting_lines, watch
from agent.tokens.jobs import TokenTask
from agent.tokens.make import TokenMaker
from agent.ui import Dialogue, choose_surface, open_dialogue
from agent.ui.findings import tell
from agent.wire.errors import WireError
from agent.wire.jobs import JOB_ID


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code (ExitCode)."""
    if not sys.warnoptions:
        warnings.simplefilter(
            "ignore"
        )  # what a library thinks of a strange certificate is no word for a person
    given = sys.argv[1:] if arguments is None else arguments
    # A request's id may begin with a dash; it is no option.
    options = _parser().parse_args([f"={a}" if a.startswith("-") and JOB_ID.match(a) else a for a in given])
    texts = Texts(choose_language(options.language))
    dialogue: Dialogue | None = None
    try:
        config = load_config()
        start_log(config.home)
        texts = Texts(choose_language(options.language, config.language))
        dialogue = open_dialogue(choose_surface(options.ui), texts)
        command: Callable[[argparse.Namespace, Config, Dialogue, Texts], ExitCode] = options.run_command
        return int(command(options, config, dialogue, texts))
    except Cancelled as error:
        print(texts(f"cancelled.{error.code}"))
        return int(ExitCode.CANCELLED)
    except KeyboardInterrupt:
        print("\n" + texts("cancelled.cancelled"))
        return int(ExitCode.CANCELLED)
    except AgentError as error:
        _tell(error, dialogue, texts)
    except WireError as error:
        _tell(AgentError(error.code), dialogue, texts)
    return int(ExitCode.FAILED)


def _tell(error: AgentError, dialogue: Dialogue | None, texts: Texts) -> None:
    what, next_step = texts.problem(error)
    if dialogue is None:
        print(f"{what}\n→ {next_step}", file=sys.stderr)
    else:
        dialogue.problem(what, next_step)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ehportal-agent",
        description="Makes the keys of eHealth certificates on this workstation and signs with your eID.",
    )
    parser.set_defaults(language=None, ui=None)
    everywhere = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for place in (parser, everywhere):
        place.add_argument(
            "--language",
            choices=LANGUAGES,
            default=argparse.SUPPRESS,
            help="otherwise agent.toml, then the system",
        )
        place.add_argument(
            "--ui",
            choices=("terminal", "window"),
            default=argparse.SUPPRESS,
            help="how to ask; otherwise what fits",
        )
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: object, help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text, parents=[everywhere])
        command.set_defaults(run_command=run)
        return command

    command = add("enrol", _enrol, "make this workstation known to a server, once")
    command.add_argument("server", help="https://…")
    command.add_argument(
        "--label", default=platform.node() or "workstation", help="this workstation's name there"
    )
    add("organisations", _organisations, "say for which organisations this workstation works")
    command = add("run", _run, "sign a request and keep its key store; also goes on with unfinished work")
    command.add_argument("id", type=lambda text: text.removeprefix("="), help="the id that the page shows")
    command.add_argument("--format", choices=("modern", "legacy"), help="of the key store; otherwise asked")
    command.add_argument("--wait", type=float, default=600.0, metavar="SECONDS", help="for the certificate")
    command = add("watch", _watch, "tell when something waits to be signed or a certificate has come")
    command.add_argument("--once", action="store_true", help="look once")
    add("status", _status, "who this workstation is, what waits, what is unfinished")
    command = add("doctor", _doctor, "check everything and say what to do")
    command.add_argument("--open", action="store_true", help="ask for passwords to read the stores' real end")
    command.add_argument(
        "--card", action="store_true", help="let your eID make a test signature, and check it"
    )
    _add_store_commands(add)
    command = add("self-test", _self_test, "prove that what is sealed to a key store's token can be opened")
    command.add_argument("file", type=Path)
    command = add("token", _token, "make the encryption token of a key store that has none")
    command.add_argument("file", type=Path)
    command = add("prepare", _prepare, "make a key without identity card, for a preparation file of the page")
    command.add_argument("file", type=Path, help="the preparation file")
    command.add_argument("--format", choices=("modern", "legacy"), help="of the key store; otherwise asked")
    command = add("collect", _collect, "join a certificate with the key that was prepared for it")
    command.add_argument("file", type=Path, help="the certificate with its issuers (PEM)")
    command = add("handle", _handle, "open an ehportal:// address; browsers call this")
    command.add_argument("url")
    add("install-handler", _install_handler, "let the desktop's browsers open ehportal:// addresses here")
    return parser


def _add_store_commands(add: Callable[[str, object, str], argparse.ArgumentParser]) -> None:
    command = add("password", store_commands.password, "give a key store another password")
    command.add_argument("file", type=Path)
    command.add_argument("--format", choices=("modern", "legacy"), help="of the key store; otherwise asked")
    command = add("export", store_commands.export, "copy a key store in the format that some software opens")
    command.add_argument("file", type=Path)
    command.add_argument(
        "--for", dest="software", choices=packages.CODES, help="which software; otherwise asked"
    )
    command.add_argument("--to", type=Path, metavar="PATH", help="a folder or file; never one that is there")
    command = add("backup", store_commands.backup, "put a dated copy that was opened into a folder")
    command.add_argument("file", type=Path)
    command.add_argument("folder", type=Path, nargs="?", help="otherwise backup/ beside the file")
    command = add("scan", run_scan, "find key stores here; report their public facts where you agree")
    command.add_argument("folder", type=Path, nargs="*", help="otherwise the usual folder")
    command.add_argument("--open", action="store_true", help="ask for passwords to read what is inside")
    command.add_argument(
        "--report", action="store_true", help="show what would be sent to the server, ask, send"
    )
    command.add_argument("--yes", action="store_true", help="send without asking, for unattended runs")
    command.add_argument("--package", metavar="NAME", help="the software that loads what is found here")
    command.add_argument("--machine", metavar="NAME", help="how this machine is called; otherwise its label")
    command = add("verify", store_commands.verify, "say what a key store holds and what is wrong with it")
    command.add_argument("file", type=Path)


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
        lines.append(
            texts("status.pending", what=what, stage=stage, command=f"ehportal-agent run {pending.job_id}")
        )
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
    options.id, options.format, options.wait = job_of(options.url), None, 600.0
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


if __name__ == "__main__":
    sys.exit(main())
