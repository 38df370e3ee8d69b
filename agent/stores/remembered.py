"""What this agent remembers of stores it finished, so that their real end is known without a password."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from agent import durable
from agent.config import Config
from agent.stores.environments import environment_told_by
from agent.stores.files import LOCK_SECONDS, file_digest
from agent.wire.jobs import Environment
from agent.wire.pki.keys import certificate_fingerprint

FILE = "stores.json"


@dataclass(frozen=True)
class StoreRecord:
    """A finished store: its certificate's fingerprint, its real end, and the environment that it tells."""

    fingerprint: str
    not_after: datetime
    environment: Environment | None = None


def record_store(config: Config, path: Path, certificate: x509.Certificate) -> None:
    """Remember a store by the digest of its file: the file may be renamed or copied, and no name is kept."""
    end, environment = certificate.not_valid_after_utc, environment_told_by(certificate)
    remember(config, file_digest(path), certificate_fingerprint(certificate), end, environment)


def remember(
    config: Config, digest: str, fingerprint: str, not_after: datetime, environment: Environment | None
) -> None:
    """Remember the certificate of the store with this file digest."""
    _keep(
        config,
        digest,
        {"fingerprint": fingerprint, "not_after": not_after.isoformat(), "environment": environment},
    )


def remember_waiting(config: Config, digest: str) -> None:
    """Remember that the key in this file waits for its certificate: as it is, it never holds one."""
    _keep(config, digest, {"waits": True})


def waits(config: Config, digest: str) -> bool:
    """Return whether the file with this digest is known to hold a key that waits for its certificate."""
    entry = (durable.read_json(config.home / FILE) or {}).get(digest)
    return isinstance(entry, dict) and entry.get("waits") is True


def _keep(config: Config, digest: str, entry: dict[str, object]) -> None:
    locks = durable.private_folder(config.home / "locks")
    with durable.lock(locks / "records.lock", wait_seconds=LOCK_SECONDS):
        durable.sweep(config.home, of=FILE)
        records = durable.read_json(config.home / FILE) or {}
        records[digest] = entry
        durable.write_json(config.home / FILE, records)


def recorded(config: Config, path: Path) -> StoreRecord | None:
    """Return what is remembered of the file at `path`, None when nothing."""
    return remembered(config, file_digest(path))


def remembered(config: Config, digest: str) -> StoreRecord | None:
    """Return what is remembered of the store with this file digest, None when nothing."""
    entry = (durable.read_json(config.home / FILE) or {}).get(digest)
    if not isinstance(entry, dict):
        return None
    told = entry.get("environment")
    environment: Environment | None = told if told in ("production", "acceptance") else None
    try:
        end = datetime.fromisoformat(str(entry["not_after"]))
        return StoreRecord(str(entry["fingerprint"]), end, environment)
    except (KeyError, ValueError):
        return None
