"""A sitting that stopped before its token, for the tests of tokens."""

import os
import subprocess
from pathlib import Path

from agent.wire.jobs import CertificateJob
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused
from tests.agent.tokens.runs import sole, with_token
from tests.agent.workstation import PASSWORD, Workstation


def stopped_before_the_token(enrolled: Workstation, server: Counterpart) -> tuple[CertificateJob, Path]:
    """A finished key store whose token could not be made yet."""
    job = with_token(server)
    away = Refused(503, "government_unavailable")
    server.refuse = lambda method, path: away if path.endswith("token/start") else None
    assert enrolled.run(job.id)[0] == 1
    server.refuse = lambda method, path: None
    return job, sole(enrolled)


def put_in_a_secret(store: Path) -> None:
    """Add a secret key with Java's keytool, as other software may."""
    command = ["keytool", "-genseckey", "-keyalg", "AES", "-keysize", "256", "-alias", "secret"]
    place = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass:env", "STOREPASS"]
    environment = {"STOREPASS": PASSWORD, "PATH": os.environ["PATH"]}
    subprocess.run([*command, *place], env=environment, check=True, capture_output=True)
