"""The real command in a real terminal, with a real PKCS#11 token, against a server over HTTP."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation


def test_from_enrolment_to_key_store(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    request = server.requests[job.id]
    assert request.state == "completed"
    (store,) = enrolled.stores
    assert store.name.startswith("CBE=0406798006,APP_1 ")
    assert store.suffix == ".acc-p12"
    assert store.stat().st_mode & 0o777 == 0o600
    opened = load_pkcs12(store.read_bytes(), PASSWORD.encode())
    assert opened.cert is not None
    assert opened.cert.friendly_name == b"authentication"
    assert opened.cert.certificate == request.certificate
    assert isinstance(request.certificate, x509.Certificate)
    assert enrolled.pending == []
