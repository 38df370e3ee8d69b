"""What a store holds after a sitting, for the tests of tokens."""

from pathlib import Path
from typing import Any

from agent.pkcs12 import Contents
from agent.stores.contents import open_store
from agent.wire.jobs import CertificateJob
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation

OTHER_PASSWORD = "brug ladder mosterd 48"


def opened(store: Path, password: str = PASSWORD) -> Contents:
    return open_store(store.read_bytes(), password)


def with_token(server: Counterpart, number: int = 1, **changes: Any) -> CertificateJob:
    return server.add_job(application_id=f"T{number}", token=True, **changes)


def sole(workstation: Workstation) -> Path:
    (store,) = workstation.stores
    return store
