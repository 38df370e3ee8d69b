"""What server and agent are made of, with licences: `python -m deploy.bill` writes the list and the bill of materials.

Both come from the locks of production and from what the installed packages say of themselves, so that one state of
the locks always gives the same bytes: `docs/dependencies.md` for people, `docs/dependencies.cdx.json` (CycloneDX 1.6)
for machines.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agent.wire.version import VERSION
from deploy.locks import AGENT, SERVER, pinned

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "dependencies.md"
BILL = ROOT / "docs" / "dependencies.cdx.json"
SAID_BY_CLASSIFIER = "License :: "
LONGEST_NAME = 60
"""Some packages give their whole licence where its name belongs."""


@dataclass(frozen=True)
class Part:
    """One package of a lock: its version, licence, and which of the other packages it asks for."""

    name: str
    version: str
    licence: str
    expression: bool
    """Whether the licence is an SPDX expression, or only a name."""
    asks_for: tuple[str, ...]
    used_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its name among all packages of the world."""
        return f"pkg:pypi/{self.name}@{self.version}"


def licence_of(distribution: metadata.Distribution) -> tuple[str, bool]:
    """Return a package's licence and whether that is an SPDX expression. Raises LookupError where it names none."""
    told = distribution.metadata
    [expression] = told.get_all("License-Expression") or [""]
    if expression:
        return expression, True
    classified = [
        one.rpartition(" :: ")[2]
        for one in told.get_all("Classifier", [])
        if one.startswith(SAID_BY_CLASSIFIER) and not one.endswith("OSI Approved")
    ]
    if classified:
        return " / ".join(sorted(classified)), False
    [name] = told.get_all("License") or [""]
    if name and "\n" not in name and len(name) <= LONGEST_NAME:
        return name, False
    raise LookupError(f"{told['Name']} names no licence.")


def parts() -> list[Part]:
    """Return every package of server and agent. Raises LookupError where another version is installed."""
    locks = {"server": pinned(SERVER.file), "agent": pinned(AGENT.file)}
    versions = {name: version for lock in locks.values() for name, version in lock.items()}
    found = []
    for name, version in sorted(versions.items()):
        distribution = metadata.distribution(name)
        if distribution.version != version:
            raise LookupError(f"{name} {distribution.version} is installed, and {version} is locked.")
        licence, expression = licence_of(distribution)
        used_by = tuple(which for which, lock in sorted(locks.items()) if name in lock)
        asks_for = tuple(sorted(_asked(distribution.requires or []) & set(versions)))
        found.append(Part(canonicalize_name(name), version, licence, expression, asks_for, used_by))
    return found


def _asked(requires: Iterable[str]) -> set[str]:
    wishes = map(Requirement, requires)
    wanted = (one for one in wishes if one.marker is None or one.marker.evaluate({"extra": ""}))
    return {str(canonicalize_name(one.name)) for one in wanted}


def as_list(found: list[Part]) -> str:
    """Return the list that people read."""
    lines = [
        "# What ehportal is made of",
        "",
        "Written by `python -m deploy.bill` from the locks of production. ehportal itself is under the EUPL-1.2.",
        "",
        "| package | version | licence | in |",
        "|---|---|---|---|",
        *(f"| {one.name} | {one.version} | {one.licence} | {', '.join(one.used_by)} |" for one in found),
    ]
    return "\n".join(lines) + "\n"


def as_bill(found: list[Part]) -> str:
    """Return the bill of materials as CycloneDX 1.6 JSON."""
    product = f"pkg:generic/ehportal@{VERSION}"
    refs = {one.name: one.purl for one in found}
    bill: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": product,
                "name": "ehportal",
                "version": VERSION,
                "licenses": [{"expression": "EUPL-1.2"}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": one.purl,
                "name": one.name,
                "version": one.version,
                "licenses": [
                    {"expression": one.licence} if one.expression else {"license": {"name": one.licence}}
                ],
                "purl": one.purl,
            }
            for one in found
        ],
        "dependencies": [
            {"ref": product, "dependsOn": sorted(refs.values())},
            *({"ref": one.purl, "dependsOn": [refs[name] for name in one.asks_for]} for one in found),
        ],
    }
    return json.dumps(bill, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both."""
    found = parts()
    LIST.write_text(as_list(found), "utf-8")
    BILL.write_text(as_bill(found), "utf-8")


if __name__ == "__main__":
    main()
