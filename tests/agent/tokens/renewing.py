"""A renewal brought to its activation, for the tests of tokens."""

from agent.wire.jobs import CertificateJob
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import facts_of
from tests.agent.tokens.runs import OTHER_PASSWORD, with_token
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish


def renewed(enrolled: Workstation, server: Counterpart) -> tuple[str, CertificateJob]:
    """A first certificate with its token, and the job of its renewal, whose token has to be activated."""
    first = with_token(server)
    code, screen = enrolled.run(first.id)
    assert code == 0, screen
    certificate = server.requests[first.id].certificate
    assert certificate is not None
    job = with_token(server, replaces=facts_of(certificate))
    server.requests[job.id].waits = True
    return first.id, job


def activate(enrolled: Workstation, job_id: str) -> tuple[int, str]:
    """Say yes to an activation and open the store of the renewed certificate; returns exit code and screen."""
    terminal = enrolled.spawn("run", job_id, "--ui", "terminal")
    terminal.expect_exact("[y/N] ")
    terminal.sendline("y")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(OTHER_PASSWORD)
    return finish(terminal)


def run_renewal(workstation: Workstation, job_id: str, *extra: tuple[str, str]) -> tuple[int, str]:
    terminal = workstation.spawn("run", job_id, "--ui", "terminal", "--wait", "20")
    terminal.expect_exact("Its present key store is needed")
    terminal.expect_exact("Password of the key store for CBE=0406798006,T1 ")
    terminal.sendline(PASSWORD)
    for prompt, reply in extra:
        terminal.expect_exact(prompt)
        terminal.sendline(reply)
    return answer_all(terminal, OTHER_PASSWORD)
