"""Which gateway, anchors and patience an environment has in this installation."""

from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.client import CertraClient
from certificates.certra.errors import CertraError
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import Environment
from certificates.domain.polling import Patience


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


def problem_of(error: CertraError, now: datetime) -> dict[str, object]:
    """Return what is kept with the request: the kind, a summary and every answer as it was."""
    return {
        "kind": error.kind,
        "summary": error.summary,
        "answers": [answer.to_json() for answer in error.answers],
        "at": now.isoformat(),
    }
