"""Which ApplicationIds are in use for an organisation, asked of the government while someone fills in the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.wire.jobs import Identifier
from certificates.certra.errors import CertraError
from certificates.domain.lifecycle import Environment
from certificates.models.errand import ErrandKind
from certificates.services.errands.ask import Order
from certificates.services.errands.run import Asked
from certificates.services.signing.gateways import gateway_of
from organisations.models import OrganisationIdentifier, User


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
        return ApplicationIds(
            True, tuple(gateway_of(environment).existing_application_ids(Identifier(type, value)))
        )
    except CertraError:
        return ApplicationIds(False)


def application_ids_order(environment: Environment, number: OrganisationIdentifier, *, user: User) -> Order:
    """Return the order of a member who fills in the form."""
    given = {"environment": str(environment), "type": number.type, "value": number.value}
    return Order(ErrandKind.APPLICATION_IDS, number.organisation_id, given, user=user.pk)


def ask_application_ids(asked: Asked, now: datetime) -> dict[str, Any]:
    """Ask for the environment, type and value of the parameters; what `application_ids_from` reads."""
    given = asked.parameters
    found = existing_application_ids(Environment(given["environment"]), given["type"], given["value"])
    return {"known": found.known, "ids": list(found.ids)}


def application_ids_from(answer: Mapping[str, Any]) -> ApplicationIds:
    """Return what a worker was told."""
    return ApplicationIds(answer["known"], tuple(answer["ids"]))
