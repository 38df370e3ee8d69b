"""In which format a new key store is written, without anybody being asked: the replaced one's, or the chosen one."""

from pathlib import Path

import pytest

from agent import pkcs12
from agent.wire.errors import JobMalformed
from agent.wire.jobs import CertificateJob, read_job
from agent.wire.software import CODES, DEFAULT, SAFE_FORMAT, StoreFormat, kind_of
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import facts_of
from tests.agent.workstation import PASSWORD, Workstation, answer_all


def _protection(path: Path, password: str = PASSWORD) -> str:
    return pkcs12.read(path.read_bytes(), password).protection


@pytest.mark.parametrize(
    ("chosen", "expected"), [(None, "legacy"), ("legacy", "legacy"), ("modern", "modern")]
)
def test_a_new_store_has_the_format_that_the_administrator_chose(
    enrolled: Workstation, server: Counterpart, chosen: StoreFormat | None, expected: str
) -> None:
    job = server.add_job(store_format=chosen)
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "Your choice" not in screen
    assert [_protection(store) for store in enrolled.stores] == [expected]
    assert server.requests[job.id].stored == [expected]


@pytest.mark.parametrize(("before", "chosen"), [("modern", "legacy"), ("legacy", "modern")])
def test_a_renewal_keeps_the_format_of_the_store_that_it_replaces(
    enrolled: Workstation, server: Counterpart, before: StoreFormat, chosen: StoreFormat
) -> None:
    first = server.add_job(store_format=before)
    assert enrolled.run(first.id)[0] == 0
    (old,) = enrolled.stores
    certificate = server.requests[first.id].certificate
    assert certificate is not None
    job = server.add_job(replaces=facts_of(certificate), store_format=chosen)
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "20")
    terminal.expect_exact("Password of the key store for CBE=0406798006,")
    terminal.sendline(PASSWORD)
    code, screen = answer_all(terminal, PASSWORD)
    assert code == 0, screen
    (new,) = [store for store in enrolled.stores if store != old]
    assert _protection(new) == before


def test_an_older_agent_and_an_older_server_understand_each_other(server: Counterpart) -> None:
    with_format = server.add_job(store_format="modern").to_json()
    without = server.add_job().to_json()
    assert set(with_format) - set(without) == {"store_format"}
    assert CertificateJob.optional == {"store_format"}
    read = read_job(without)
    assert isinstance(read, CertificateJob)
    assert read.store_format is None
    for wrong in ("3des", "", 1):
        with pytest.raises(JobMalformed):
            read_job({**without, "store_format": wrong})


def test_where_nobody_knows_the_format_is_what_opens_everywhere() -> None:
    assert kind_of(DEFAULT).store_format == kind_of("other").store_format == SAFE_FORMAT == "legacy"
    assert DEFAULT in CODES
