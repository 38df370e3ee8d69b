"""What may be typed after `ehportal-agent`, explained in the language that is asked for."""

import argparse
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from agent.language import LANGUAGES, Texts, shown
from agent.wire import software
from agent.wire.jobs import JOB_ID
from agent.wire.version import VERSION

PROGRAM: Final = "ehportal-agent"
FORMATS: Final = ("modern", "legacy")
WAIT_SECONDS: Final = 600.0
_WRONG: Final = {
    "required": r"the following arguments are required: (?P<what>.+)",
    "unknown": r"unrecognized arguments: (?P<what>.+)",
    "choice": r"invalid choice: (?P<value>.+?)(?:, maybe you meant .+?)? \(choose from (?P<choices>.+)\)",
    "number": r"invalid float value: (?P<value>.+)",
    "value": r"expected one argument",
    "no_value": r"ignored explicit argument (?P<value>.+)",
    "ambiguous": r"ambiguous option: (?P<value>.+?) could match (?P<choices>.+)",
}
"""What argparse may say of these options in its own English, `argument NAME: ` before it, by the key of our text."""


class _Parser(argparse.ArgumentParser):
    """Says its own words in one language too. Told by `speak` before anything is added."""

    texts: Texts

    def format_help(self) -> str:
        text = super().format_help()
        said = self.texts("help.usage")
        return f"{said}{text[len('usage: ') :]}" if text.startswith("usage: ") else text

    def format_usage(self) -> str:
        text = super().format_usage()
        return f"{self.texts('help.usage')}{text[len('usage: ') :]}" if text.startswith("usage: ") else text

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        said, reason = self.texts("help.not_understood"), reason_of(message, self.texts)
        self.exit(2, f"{self.prog}: {said} ({reason})\n" if reason else f"{self.prog}: {said}\n")


def reason_of(message: str, texts: Texts) -> str:
    """Say in our words what argparse says in English; nothing where it is no kind that we know."""
    placed = re.fullmatch(r"argument (?P<where>.+?): (?P<what>.+)", message, re.DOTALL)
    told = placed["what"] if placed else message
    for key, pattern in _WRONG.items():
        found = re.fullmatch(pattern, told, re.DOTALL)
        if found:
            what = texts(
                f"help.wrong.{key}", **{name: shown(text) for name, text in found.groupdict().items()}
            )
            return texts("help.wrong.at", where=placed["where"], what=what) if placed else what
    return ""


class _Version(argparse.Action):
    """Prints which version this is, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        parser.exit(0, f"{PROGRAM} {VERSION}\n")


def language_asked_for(arguments: Sequence[str]) -> str | None:
    """The value of `--language`, found before the arguments are read: the explanations themselves are in it."""
    for number, argument in enumerate(arguments):
        if argument.startswith("--language="):
            return argument.partition("=")[2]
        if argument == "--language" and number + 1 < len(arguments):
            return arguments[number + 1]
    return None


def read(
    arguments: Sequence[str], texts: Texts, commands: Mapping[str, Callable[..., object]]
) -> argparse.Namespace:
    """The options, with the chosen one of `commands` as `run_command`. Ends the process where they make no sense."""
    # A request's id may begin with a dash; it is no option.
    safe = [f"={a}" if a.startswith("-") and JOB_ID.match(a) else a for a in arguments]
    return _Arguments(texts, commands).parser.parse_args(safe)


class _Arguments:
    def __init__(self, texts: Texts, commands: Mapping[str, Callable[..., object]]) -> None:
        self._texts, self._commands = texts, commands

        class Spoken(_Parser):
            """One that knows its words."""

        Spoken.texts = texts
        self.parser = Spoken(prog=PROGRAM, description=texts("help.description"), add_help=False)
        self.parser.set_defaults(language=None, ui=None)
        self._everywhere = Spoken(add_help=False, argument_default=argparse.SUPPRESS)
        for place in (self.parser, self._everywhere):
            place.add_argument("-h", "--help", action="help", help=texts("help.help"))
            place.add_argument(
                "--language", choices=LANGUAGES, default=argparse.SUPPRESS, help=texts("help.language")
            )
            place.add_argument(
                "--ui", choices=("terminal", "window"), default=argparse.SUPPRESS, help=texts("help.ui")
            )
        self.parser.add_argument("--version", action=_Version, nargs=0, help=texts("help.version"))
        self._name_groups(self.parser)
        self._choices = self.parser.add_subparsers(
            required=True,
            metavar=texts("help.metavar"),
            title=texts("help.commands"),
            parser_class=Spoken,
        )
        self._add_signing()
        self._add_stores()
        self._add_desktop()

    def _name_groups(self, parser: argparse.ArgumentParser) -> None:
        parser._positionals.title = self._texts("help.arguments")
        parser._optionals.title = self._texts("help.options")

    def _add(self, name: str) -> argparse.ArgumentParser:
        says = self._texts(f"help.command.{name}")
        command = self._choices.add_parser(
            name, help=says, description=says, parents=[self._everywhere], add_help=False
        )
        self._name_groups(command)
        command.set_defaults(run_command=self._commands[name])
        return command

    def _says(self, key: str) -> str:
        return self._texts(f"help.option.{key}")

    def _word(self, key: str) -> str:
        return self._texts(f"help.word.{key}")

    def _format(self, command: argparse.ArgumentParser) -> None:
        command.add_argument("--format", choices=FORMATS, help=self._says("format"))

    def _add_signing(self) -> None:
        command = self._add("enrol")
        command.add_argument("server", metavar=self._word("server"), help="https://…")
        command.add_argument("--label", default=platform.node() or "workstation", help=self._says("label"))
        self._add("organisations")
        command = self._add("run")
        command.add_argument(
            "id", metavar=self._word("id"), type=lambda text: text.removeprefix("="), help=self._says("id")
        )
        for signs in (command, self._add("sign")):
            self._format(signs)
            signs.add_argument(
                "--wait",
                type=float,
                default=WAIT_SECONDS,
                metavar=self._word("seconds"),
                help=self._says("wait"),
            )
        command = self._add("watch")
        command.add_argument("--once", action="store_true", help=self._says("once"))
        self._add("status")
        command = self._add("doctor")
        command.add_argument("--open", action="store_true", help=self._says("doctor_open"))
        command.add_argument("--card", action="store_true", help=self._says("card"))

    def _add_stores(self) -> None:
        command = self._add("password")
        command.add_argument("file", metavar=self._word("file"), type=Path, help=self._says("store"))
        self._format(command)
        command = self._add("export")
        command.add_argument("file", metavar=self._word("file"), type=Path, help=self._says("store"))
        command.add_argument("--for", dest="software", choices=software.CODES, help=self._says("software"))
        command.add_argument("--to", type=Path, metavar=self._word("path"), help=self._says("to"))
        command = self._add("backup")
        command.add_argument("file", metavar=self._word("file"), type=Path, help=self._says("store"))
        command.add_argument(
            "folder", metavar=self._word("folder"), type=Path, nargs="?", help=self._says("backup_folder")
        )
        command = self._add("scan")
        command.add_argument(
            "folder", metavar=self._word("folder"), type=Path, nargs="*", help=self._says("scan_folder")
        )
        command.add_argument("--open", action="store_true", help=self._says("scan_open"))
        command.add_argument("--report", action="store_true", help=self._says("report"))
        command.add_argument("--yes", action="store_true", help=self._says("yes"))
        command.add_argument("--package", metavar=self._word("name"), help=self._says("package"))
        command.add_argument("--machine", metavar=self._word("name"), help=self._says("machine"))
        for name in ("verify", "self-test", "token"):
            self._add(name).add_argument(
                "file", metavar=self._word("file"), type=Path, help=self._says("store")
            )
        command = self._add("prepare")
        command.add_argument("file", metavar=self._word("file"), type=Path, help=self._says("preparation"))
        self._format(command)
        command = self._add("collect")
        command.add_argument("file", metavar=self._word("file"), type=Path, help=self._says("certificates"))

    def _add_desktop(self) -> None:
        command = self._add("handle")
        command.add_argument("url", metavar=self._word("url"), help="ehportal://…")
        self._add("install-handler")
