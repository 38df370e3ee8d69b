"""A delivery, and what the government's record hands out, with something odd in the chain beside the good one."""

from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import read_certificate
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.requests.contract import contract_of
from certificates.services.requests.delivery import check_delivery
from organisations.tenancy import acting_for
from tests.certificates.stages import now, registered
from tests.support.holder import Holder
from tests.support.hospital import PLATFORM, Hospital
from tests.support.odd import HOPELESS, ODD
from tests.support.sandbox import SandboxProcess

EVERY = ODD | HOPELESS


def test_a_good_certificate_is_taken_however_odd_the_rest_of_its_chain(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = registered(hospital, holder)
    key = request.public_key_identifier or ""
    done = hospital.step(request)
    assert done.certificate is not None
    leaf, issuers = done.certificate.der, list(done.certificate.above)
    dn = contract_of(done).dn
    above = x509.load_der_x509_certificate(issuers[0])

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(odd=st.lists(st.sampled_from(list(EVERY)), min_size=1, max_size=3), at=st.integers(0, 3))
    def judged(odd: list[str], at: int) -> None:
        strange = [EVERY[name](above) for name in odd]
        chain = [leaf, *issuers[:at], *strange, *issuers[at:]]
        facts = check_delivery(chain, public_key_identifier=key, dn=dn, environment=Environment.PRODUCTION)
        assert facts.fingerprint == done.certificate.fingerprint  # type: ignore[union-attr]  # asserted above

    judged()


def test_what_nobody_can_read_is_not_kept_in_the_chain(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """A workstation that is handed the chain takes it whole or not at all."""
    first = hospital.step(registered(hospital, holder)).certificate
    assert first is not None
    issuers = list(first.above)
    odd = ODD["latin-1 in a UTF8String"](x509.load_der_x509_certificate(issuers[0]))
    with acting_for([first.organisation_id], as_platform=True):
        again, new = add_certificate(
            hospital.organisation,
            read_certificate(ODD["a serial number of zero"](x509.load_der_x509_certificate(first.der))),
            environment=Environment.PRODUCTION,
            chain=[odd, *issuers],
            chain_trusted=False,
            source="imported",
            actor=PLATFORM,
            now=now(),
        )
    assert new
    assert list(again.above) == issuers
