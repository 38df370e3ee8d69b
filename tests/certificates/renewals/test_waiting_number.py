"""A number that another organisation has proven: no renewal is offered, and what was asked before is not signed."""

from datetime import UTC, datetime

from certificates.domain.renewal import RenewalOutcome
from certificates.services.renewals.plan import plan_renewal
from organisations.domain.claims import NumberState, Voucher
from organisations.models import OrganisationIdentifier
from organisations.services.audit import Actor
from organisations.services.identifiers import add_identifier, prove_identifier
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import known
from tests.certificates.stages import enrolled
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


def _proven_by_another(hospital: Hospital) -> None:
    """The operator vouches for the number of another organisation; ours had only claimed it."""
    other = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin="93051822361")
    with acting_for([other.organisation.pk], as_platform=True):
        identifier, _warnings = add_identifier(
            other.organisation, type="CBE", value="0406798006", actor=Actor.platform(), now=datetime.now(UTC)
        )
        assert prove_identifier(identifier, Voucher.OPERATOR, actor=Actor.platform(), now=datetime.now(UTC))
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert OrganisationIdentifier.objects.get(value="0406798006").state == NumberState.WAITING


def test_no_renewal_is_offered_for_a_number_that_waits(db: None) -> None:
    hospital = make_hospital(proven=False)
    certificate = known(hospital)
    _proven_by_another(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert plan_renewal(certificate, now=datetime.now(UTC)).outcome is RenewalOutcome.NUMBER_WAITS


def test_what_was_asked_before_is_not_signed(db: None, holder: Holder, government: SandboxProcess) -> None:
    hospital = make_hospital(proven=False)
    enrolled(holder)
    request = hospital.step(hospital.request())
    [line] = holder.jobs()
    job = holder.job(line["id"])
    _proven_by_another(hospital)
    answer = holder.send(job.id, holder.signed(job.request))
    assert (answer.status_code, answer.json()["code"]) == (422, "number_not_proven")
    assert hospital.reload(request).state == "awaiting_signature"
