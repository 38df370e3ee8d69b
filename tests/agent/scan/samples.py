"""A folder of key stores, as a workstation has one."""

from pathlib import Path

import pytest

from agent import pkcs12
from tests.agent.stores.samples import (
    PASSWORD,
    full_contents,
    other_contents,
)

SSIN = "85073003328"


PERSON = f"SSIN={SSIN} 20200827-144621.p12"


ORGANISATION = "CBE=0406798006,APP 20260101-101500.acc-p12"


ASKED = "Password of the key store for"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five files of two certificates: an original, its twin, a copy under another password, a backup, another."""
    made = tmp_path / "places"
    (made / "deep" / "er").mkdir(parents=True)
    (made / "deep" / "er").chmod(0o700)
    first = pkcs12.write(full_contents(), PASSWORD, "modern")
    files = {
        made / PERSON: first,
        made / "deep" / "copy.PFX": first,
        made / "deep" / "er" / "no name at all": pkcs12.write(
            full_contents(), "other kade 33 wolk", "legacy"
        ),
        made / f"{PERSON}.20260301-120000.backup": pkcs12.write(full_contents(), "older kade 33", "modern"),
        made / ORGANISATION: pkcs12.write(other_contents(), PASSWORD, "modern"),
        made / "notes.p12": b"my password is not here" * 20,
        made / "notes.txt": b"nothing" * 40,
        made / "small.txt": b"0",
    }
    for path, data in files.items():
        path.write_bytes(data)
        path.chmod(0o600)
    (made / "deep" / "copy.PFX").chmod(0o644)
    return made
