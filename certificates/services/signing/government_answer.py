"""What a workstation is told when the government, asked on its behalf, did not answer with success."""

from datetime import datetime

from certificates.certra.errors import CertraError, Rejected
from certificates.errors.signing import GovernmentRefused, GovernmentUnavailable
from certificates.services.signing.gateways import problem_of
from organisations.errors import DomainError


def refusal_of(error: CertraError, now: datetime) -> DomainError:
    """Return the error to raise: GovernmentRefused with its answers; GovernmentUnavailable where asking again helps."""
    problem = problem_of(error, now)
    if isinstance(error, Rejected):
        return GovernmentRefused(
            ", ".join(answer.message for answer in error.answers if answer.message),
            codes=list(error.codes),
            answers=problem["answers"],
        )
    return GovernmentUnavailable(answers=problem["answers"])
