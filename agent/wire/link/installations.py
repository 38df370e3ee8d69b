"""What a workstation reports of the key stores on it: public facts only, read as strictly as a job.

`POST /agent/v1/installations` takes an `InstallationReport` and answers an `InstallationsMatched`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, cast

from agent.wire.errors import JobMalformed
from agent.wire.jobs import Environment, Json
from agent.wire.limits import (
    MAX_DN_CHARACTERS,
    MAX_FOLDERS,
    MAX_INSTALLATIONS,
    MAX_LABEL_CHARACTERS,
    MAX_PATH_CHARACTERS,
    MAX_REPORT_BYTES,
)
from agent.wire.masking import holds_national_number
from agent.wire.strict_json import Fields, is_xml_text, load_object

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_KEY_IDENTIFIER = re.compile(r"[0-9a-f]{40}\Z")
_SERIAL = re.compile(r"-?[0-9]{1,60}\Z")
_WHY = re.compile(r"[a-z_]{1,40}")
_INSTALLATION = frozenset(
    {
        *("fingerprint", "public_key_identifier", "serial", "subject", "path"),
        *("file_digest", "package", "environment", "not_after", "estimated"),
    }
)
_REPORT = frozenset({"machine", "complete", "folders", "installations"})
_MATCHED = frozenset({"matched", "unknown", "gone"})
_READABLE: Final[dict[str, object]] = {
    **dict.fromkeys(_INSTALLATION),
    "path": "-",
    "file_digest": "0" * 64,
    "environment": "production",
    "estimated": False,
}
"""An installation of which no field is odd."""


@dataclass(frozen=True)
class Installation:
    """One key store file. What the password would tell is None where nobody gave it.

    `fingerprint` is the SHA-256 of the authentication certificate, `serial` its number in decimal, `subject` its
    name and `path` the file, both with national numbers masked; `not_after` with `estimated` comes from the name.
    """

    fingerprint: str | None
    public_key_identifier: str | None
    serial: str | None
    subject: str | None
    path: str
    file_digest: str
    package: str | None
    environment: Environment
    not_after: datetime | None
    estimated: bool

    @classmethod
    def from_json(cls, value: object) -> "Installation":
        """Read it strictly; raises JobMalformed, also for a national number that is not masked."""
        fields = Fields(value, _INSTALLATION)
        environment, digest = fields.text("environment"), fields.text("file_digest")
        if environment not in ("production", "acceptance"):
            raise JobMalformed("not an environment")
        if not _DIGEST.match(digest):
            raise JobMalformed("not a SHA-256 digest")
        return cls(
            fingerprint=_matching(fields, "fingerprint", _DIGEST),
            public_key_identifier=_matching(fields, "public_key_identifier", _KEY_IDENTIFIER),
            serial=_matching(fields, "serial", _SERIAL),
            subject=_masked(fields.optional_text("subject", limit=MAX_DN_CHARACTERS)),
            path=str(_masked(fields.text("path", limit=MAX_PATH_CHARACTERS))),
            file_digest=digest,
            package=_masked(fields.optional_text("package", limit=MAX_LABEL_CHARACTERS)),
            environment=cast(Environment, environment),
            not_after=None if fields.raw("not_after") is None else fields.moment("not_after"),
            estimated=fields.truth("estimated"),
        )

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {
            "fingerprint": self.fingerprint,
            "public_key_identifier": self.public_key_identifier,
            "serial": self.serial,
            "subject": self.subject,
            "path": self.path,
            "file_digest": self.file_digest,
            "package": self.package,
            "environment": self.environment,
            "not_after": self.not_after.isoformat() if self.not_after else None,
            "estimated": self.estimated,
        }


@dataclass(frozen=True)
class InstallationReport:
    """All that was found on one machine; `complete` says that nothing in `folders` was left out.

    Only then does a missing installation mean that it is gone.
    """

    machine: str
    complete: bool
    folders: tuple[str, ...]
    installations: tuple[Installation, ...]

    @classmethod
    def from_json(cls, data: bytes | dict[str, object]) -> "InstallationReport":
        """Read a report strictly; raises JobMalformed."""
        report, left_out = cls.with_left_out(data)
        if left_out:
            raise JobMalformed("an installation that cannot be read")
        return report

    @classmethod
    def with_left_out(
        cls, data: bytes | dict[str, object]
    ) -> "tuple[InstallationReport, tuple[LeftOut, ...]]":
        """Read a report whose installations are judged one by one; also which were left out, and why.

        One that cannot be read takes nothing from those beside it, but the report is then not complete: what was left
        out is not gone. Raises JobMalformed for a report of another shape.
        """
        value = load_object(data, limit=MAX_REPORT_BYTES) if isinstance(data, bytes) else data
        fields = Fields(value, _REPORT)
        folders = fields.texts("folders", least=1, most=MAX_FOLDERS, limit=MAX_PATH_CHARACTERS)
        read = _each_path_once(fields.each("installations", _installation_or_why, most=MAX_INSTALLATIONS))
        installations = tuple(one for one in read if isinstance(one, Installation))
        left_out = tuple(LeftOut(number, why) for number, why in enumerate(read) if isinstance(why, str))
        report = cls(
            machine=str(_masked(fields.text("machine", limit=MAX_LABEL_CHARACTERS))),
            complete=fields.truth("complete") and not left_out,
            folders=tuple(str(_masked(folder)) for folder in folders),
            installations=installations,
        )
        return report, left_out

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {
            "machine": self.machine,
            "complete": self.complete,
            "folders": list(self.folders),
            "installations": [installation.to_json() for installation in self.installations],
        }


@dataclass(frozen=True)
class LeftOut:
    """An installation that the server did not take: its place in the report, from 0, and why.

    `why` is the name of the field that could not be read (`path` also for one that stood there before),
    `national_number` where one stands in it unmasked, or `shape` for what has other fields; a server of tomorrow may
    know more reasons. What stood in the field is not sent back.
    """

    number: int
    why: str

    @classmethod
    def from_json(cls, value: object) -> "LeftOut":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, frozenset({"number", "why"}))
        number = fields.number("number")
        if not 0 <= number < MAX_INSTALLATIONS:
            raise JobMalformed("no place in a report")
        return cls(number, fields.matching("why", _WHY))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {"number": self.number, "why": self.why}


@dataclass(frozen=True)
class InstallationsMatched:
    """The server's answer: known certificates among them, unknown ones, and installations that are gone.

    `left_out` are those of the unknown ones that were not taken at all; it is sent to agents that name the field as
    one that they know (KNOWS_HEADER).
    """

    optional: ClassVar[frozenset[str]] = frozenset({"left_out"})

    matched: int
    unknown: int
    gone: int
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def from_json(cls, value: object) -> "InstallationsMatched":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _MATCHED, cls.optional)
        matched, unknown, gone = (fields.number(name) for name in ("matched", "unknown", "gone"))
        if min(matched, unknown, gone) < 0:
            raise JobMalformed("a count below nothing")
        left_out = fields.each_if_there("left_out", LeftOut.from_json, most=MAX_INSTALLATIONS)
        return cls(matched, unknown, gone, left_out)

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads; without `left_out` where nothing was."""
        answer: Json = {"matched": self.matched, "unknown": self.unknown, "gone": self.gone}
        if self.left_out:
            answer["left_out"] = [one.to_json() for one in self.left_out]
        return answer


def _installation_or_why(value: object) -> Installation | str:
    try:
        return Installation.from_json(value)
    except JobMalformed:
        return _why(value)


def _each_path_once(read: tuple[Installation | str, ...]) -> list[Installation | str]:
    """The same with a reason in place of whatever speaks of a path again: the first word about a file counts."""
    seen: set[str] = set()
    found: list[Installation | str] = []
    for one in read:
        found.append("path" if isinstance(one, Installation) and one.path in seen else one)
        if isinstance(one, Installation):
            seen.add(one.path)
    return found


def _why(value: object) -> str:
    """Return why an installation cannot be read: each field is tried in one that can."""
    if not isinstance(value, dict) or set(value) != _INSTALLATION:
        return "shape"
    for name in sorted(_INSTALLATION):
        try:
            Installation.from_json(_READABLE | {name: value[name]})
        except JobMalformed:
            held = value[name]
            number = isinstance(held, str) and is_xml_text(held) and holds_national_number(held)
            return "national_number" if number else name
    return "shape"


def _matching(fields: Fields, name: str, pattern: re.Pattern[str]) -> str | None:
    text = fields.optional_text(name)
    if text is not None and not pattern.match(text):
        raise JobMalformed(f"{name} is not written as it must be")
    return text


def _masked(text: str | None) -> str | None:
    if text is not None and holds_national_number(text):
        raise JobMalformed("a national number that is not masked")
    return text
