"""Which gateway, anchors and patience an environment has in this installation."""

from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.client import CertraClient
from certificates.certra.depot import DepotClient
from certificates.certra.errors import Answer, CertraError, Silent
from certificates.certra.gateway import Gateway, TokenDepot, TokenGateway
from certificates.certra.tokens import EtkraClient
from certificates.domain.lifecycle import Environment
from certificates.domain.polling import Patience
from organisations.domain.identifiers import mask_ssins
from outside.circuits import rest_of
from outside.http import host_of
from outside.sockets import Limits


def gateway_of(environment: Environment | str) -> Gateway:
    """Return the gateway to the registration authority of `environment`; the two share nothing."""
    return CertraClient(_endpoint(environment), _limits())


def token_gateway_of(environment: Environment | str) -> TokenGateway:
    """Return the gateway to the authority for encryption tokens of `environment`."""
    return EtkraClient(_endpoint(environment), _limits())


def depot_of(environment: Environment | str) -> TokenDepot:
    """Return the depot of encryption tokens of `environment`."""
    return DepotClient(_endpoint(environment), _limits(), not_found_codes=settings.ETKDEPOT_NOT_FOUND_CODES)


def _limits() -> Limits:
    """Return how long one call to the government may take."""
    return Limits(
        connecting=settings.CERTRA_CONNECT_TIMEOUT,
        silence=settings.CERTRA_READ_TIMEOUT,
        total=settings.CERTRA_DEADLINE,
    )


def _endpoint(environment: Environment | str) -> str:
    """Return where all three services of `environment` answer."""
    endpoint: str = settings.CERTRA_ENDPOINTS[Environment(environment).value]
    return endpoint


def patience() -> Patience:
    """Return how long this installation waits between questions and when it gives up."""
    return Patience(
        first=settings.CERTRA_POLL_FIRST,
        last=settings.CERTRA_POLL_LAST,
        give_up=timedelta(days=settings.CERTRA_GIVE_UP_DAYS),
    )


def _kept(answer: Answer) -> dict[str, object]:
    """Return the answer as it was, save that a national number in it is masked: its column is not sealed."""
    parameters = tuple((name, mask_ssins(value)) for name, value in answer.parameters)
    return Answer(answer.code, mask_ssins(answer.message), parameters).to_json()


def problem_of(error: CertraError, now: datetime) -> dict[str, object]:
    """Return the JSON that is kept with the work: the error's kind, a summary and every answer as it was."""
    told: dict[str, object] = {
        "kind": error.kind,
        "summary": error.summary,
        "answers": [_kept(answer) for answer in error.answers],
        "at": now.isoformat(),
    }
    if isinstance(error, Silent):
        told |= {"since": error.since.isoformat(), "until": error.until.isoformat()}
    return told


def silence_of(environment: Environment | str) -> Silent | None:
    """Return that the government's services of `environment` have not been answering, while nobody is to call them."""
    rest = rest_of(host_of(_endpoint(environment)))
    return Silent(summary=str(rest), since=rest.since, until=rest.until) if rest is not None else None


def silence_problem(since: datetime, until: datetime, now: datetime) -> dict[str, object]:
    """Return the problem of work that waits for a service which has not been answering."""
    return problem_of(Silent(summary="the service has not been answering", since=since, until=until), now)
