"""Which gateway, anchors and patience an environment has in this installation."""

from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.client import CertraClient
from certificates.certra.errors import Answer, CertraError
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import Environment
from certificates.domain.polling import Patience
from organisations.domain.identifiers import mask_ssins


def gateway_of(environment: Environment | str) -> Gateway:
    """Return the gateway to `environment`; the two share nothing."""
    return CertraClient(
        settings.CERTRA_ENDPOINTS[Environment(environment).value],
        connect_timeout=settings.CERTRA_CONNECT_TIMEOUT,
        read_timeout=settings.CERTRA_READ_TIMEOUT,
    )


def patience() -> Patience:
    """Return how this installation asks again."""
    return Patience(
        first=settings.CERTRA_POLL_FIRST,
        last=settings.CERTRA_POLL_LAST,
        give_up=timedelta(days=settings.CERTRA_GIVE_UP_DAYS),
    )


def _kept(answer: Answer) -> dict[str, object]:
    """Return the answer as it was, save that a national number in it is masked: this column is not sealed."""
    parameters = tuple((name, mask_ssins(value)) for name, value in answer.parameters)
    return Answer(answer.code, mask_ssins(answer.message), parameters).to_json()


def problem_of(error: CertraError, now: datetime) -> dict[str, object]:
    """Return what is kept with the request: the kind, a summary and every answer as it was."""
    return {
        "kind": error.kind,
        "summary": error.summary,
        "answers": [_kept(answer) for answer in error.answers],
        "at": now.isoformat(),
    }
