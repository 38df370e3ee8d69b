"""Which key stores of this workstation hold a certificate, told without any password."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from agent.config import Config
from agent.scan.command import usual_folders
from agent.scan.search import scan
from agent.stores.file_names import named
from agent.stores.remembered import remembered
from agent.stores.verification import ehealth_name
from agent.wire.pki.keys import certificate_fingerprint

LATEST_DELIVERY: Final = timedelta(days=30)
"""A store is named after the day of its request; the certificate in it begins at most this much later."""
LONGEST_SECONDS: Final = 20.0
CLOCKS: Final = timedelta(days=2)
"""The name bears no zone, and clocks differ."""


@dataclass(frozen=True)
class FoundStores:
    """`certain`: this agent remembers what is in them. `likely`: their names say so."""

    certain: tuple[Path, ...] = ()
    likely: tuple[Path, ...] = ()


def stores_with(config: Config, certificate: x509.Certificate, environment: str = "") -> FoundStores:
    """The stores, and backups of stores, in the usual folders that hold `certificate`.

    `environment` is the certificate's where it is known: the other one's may bear the same name and days.
    """
    folders = usual_folders(config)
    if not folders:
        return FoundStores()
    fingerprint = certificate_fingerprint(certificate)
    certain, likely = [], []
    for store in scan(folders, excluded=[config.pending_folder], seconds=LONGEST_SECONDS).stores:
        record = remembered(config, store.digest)
        if record is not None and record.fingerprint == fingerprint:
            certain.append(store.path)
        elif record is not None or environment not in ("", store.environment):
            continue
        elif _fits(store.path.name, certificate):
            likely.append(store.path)
    return FoundStores(tuple(certain), tuple(likely))


def _fits(file_name: str, certificate: x509.Certificate) -> bool:
    facts = named(file_name)
    if facts is None or facts.name != ehealth_name(certificate):
        return False
    made = facts.created.replace(tzinfo=UTC)
    begins: datetime = certificate.not_valid_before_utc
    return made - CLOCKS <= begins <= made + LATEST_DELIVERY
