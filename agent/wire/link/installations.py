"""What a workstation reports of the key stores on it: public facts only, read as strictly as a job.

`POST /agent/v1/installations` takes an `InstallationReport` and answers an `InstallationsMatched`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import cast

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
from agent.wire.strict_json import Fields, load_object

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_KEY_IDENTIFIER = re.compile(r"[0-9a-f]{40}\Z")
_SERIAL = re.compile(r"[0-9]{1,60}\Z")
_INSTALLATION = frozenset(
    {
        *("fingerprint", "public_key_identifier", "serial", "subject", "path"),
        *("file_digest", "package", "environment", "not_after", "estimated"),
    }
)
_REPORT = frozenset({"machine", "complete", "folders", "installations"})
_MATCHED = frozenset({"matched", "unknown", "gone"})


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
        value = load_object(data, limit=MAX_REPORT_BYTES) if isinstance(data, bytes) else data
        fields = Fields(value, _REPORT)
        folders = fields.texts("folders", least=1, most=MAX_FOLDERS, limit=MAX_PATH_CHARACTERS)
        installations = fields.each("installations", Installation.from_json, most=MAX_INSTALLATIONS)
        if len({installation.path for installation in installations}) != len(installations):
            raise JobMalformed("a path stands there twice")
        return cls(
            machine=str(_masked(fields.text("machine", limit=MAX_LABEL_CHARACTERS))),
            complete=fields.truth("complete"),
            folders=tuple(str(_masked(folder)) for folder in folders),
            installations=installations,
        )

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {
            "machine": self.machine,
            "complete": self.complete,
            "folders": list(self.folders),
            "installations": [installation.to_json() for installation in self.installations],
        }


@dataclass(frozen=True)
class InstallationsMatched:
    """The server's answer: known certificates among them, unknown ones, and installations that are gone."""

    matched: int
    unknown: int
    gone: int

    @classmethod
    def from_json(cls, value: object) -> "InstallationsMatched":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _MATCHED)
        counts = [fields.number(name) for name in ("matched", "unknown", "gone")]
        if min(counts) < 0:
            raise JobMalformed("a count below nothing")
        return cls(*counts)

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {"matched": self.matched, "unknown": self.unknown, "gone": self.gone}


def _matching(fields: Fields, name: str, pattern: re.Pattern[str]) -> str | None:
    text = fields.optional_text(name)
    if text is not None and not pattern.match(text):
        raise JobMalformed(f"{name} is not written as it must be")
    return text


def _masked(text: str | None) -> str | None:
    if text is not None and holds_national_number(text):
        raise JobMalformed("a national number that is not masked")
    return text
