"""Which ApplicationIds are in use for an organisation, asked of the government while someone fills in the form."""

from dataclasses import dataclass

from agent.wire.jobs import Identifier
from certificates.certra.errors import CertraError
from certificates.domain.lifecycle import Environment
from certificates.errors.signing import GovernmentUnavailable
from certificates.services.signing.few_at_once import few_at_once
from certificates.services.signing.gateways import gateway_of


@dataclass(frozen=True)
class ApplicationIds:
    """`known` is False when nobody could be asked; in `ids` None stands for a certificate without one."""

    known: bool
    ids: tuple[str | None, ...] = ()


def existing_application_ids(environment: Environment, type: str, value: str) -> ApplicationIds:
    """Ask the government which ApplicationIds are in use; call outside transactions.

    Never raises: a form does not fail because a hint is missing.
    """
    try:
        with few_at_once():
            found = tuple(gateway_of(environment).existing_application_ids(Identifier(type, value)))
        return ApplicationIds(True, found)
    except (CertraError, GovernmentUnavailable):
        return ApplicationIds(False)
