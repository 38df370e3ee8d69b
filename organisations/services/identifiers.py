"""Identifiers of an organisation: writing one down, what happens once something outside vouches, and its end."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from agent.wire.strict_json import is_xml_text
from organisations.domain import identifiers
from organisations.domain.claims import CAN_DECLINE, CAN_PROVE, CAN_REMOVE, NumberState, Use, Voucher
from organisations.domain.identifiers import Finding, mask_ssins
from organisations.errors import IdentifierExists, IdentifierRefused, NumberInUse
from organisations.models import Organisation, OrganisationIdentifier
from organisations.services.audit import Actor, record
from organisations.services.notices.look import wake
from organisations.tenancy import acting_for, organisations_with_number

REASON_LENGTH = 300
"""Characters of a reason that are kept."""


def _sentence(type: str, finding: Finding) -> str:
    if finding.code == "length":
        return _("A number of type %(type)s has %(length)s digits.") % {
            "type": type,
            "length": finding.expected,
        }
    if finding.code == "digits":
        return _("This number consists of digits only.")
    if finding.code == "cbe_prefix":
        return _("An enterprise number starts with 0 or 1.")
    if finding.code == "check_digits":
        return _("The last two digits do not match the others; a digit was probably mistyped.")
    return _("This type of number is not known here.")


def add_identifier(
    organisation: Organisation,
    *,
    type: str,
    value: str,
    registered_name: str = "",
    actor: Actor,
    now: datetime,
) -> tuple[OrganisationIdentifier, tuple[Finding, ...]]:
    """Add an identifier as a claim; returns it with the warnings of rules that are only inferred.

    Where another organisation has proven it, it waits for the operator, and the other one is told. Raises
    IdentifierRefused where a certain rule is broken, IdentifierExists when it is already here.
    """
    if type not in identifiers.ORGANISATION_TYPES:
        raise IdentifierRefused(_("Choose one of the types of organisations."), field="type")
    checked = identifiers.check(type, value)
    if not checked.acceptable:
        raise IdentifierRefused(_sentence(type, checked.refusals[0]), field="value")
    if not is_xml_text(registered_name):
        raise IdentifierRefused(
            _("This holds a character that no message can carry."), field="registered_name"
        )
    try:
        with transaction.atomic():
            provers = _provers(type, checked.value, besides=organisation.pk)
            identifier = OrganisationIdentifier.objects.create(
                organisation=organisation,
                type=type,
                value=checked.value,
                registered_name=registered_name.strip(),
                created_at=now,
                state=NumberState.WAITING if provers else NumberState.CLAIMED,
            )
            warnings = [finding.code for finding in checked.warnings]
            record(
                organisation,
                "identifier_added",
                identifier,
                actor=actor,
                now=now,
                identifier=str(identifier),
                warnings=warnings,
            )
            if provers:
                record(
                    organisation, "number_waits", identifier, actor=actor, now=now, identifier=str(identifier)
                )
            for number in provers:
                _tell(number, organisation, now=now)
    except IntegrityError as error:
        raise IdentifierExists(field="value") from error
    return identifier, checked.warnings


@transaction.atomic
def prove_identifier(
    identifier: OrganisationIdentifier, voucher: Voucher, *, actor: Actor, now: datetime
) -> bool:
    """Note that `voucher` vouches for a number; False where it is proven already, or only the operator may decide.

    Other organisations that claim the same number wait from now on, unless they have proven it too; both are told.
    """
    others = _others(identifier.type, identifier.value, besides=identifier.organisation_id)
    rows = OrganisationIdentifier.objects.filter(pk=identifier.pk, state__in=CAN_PROVE[voucher])
    proven = {"state": NumberState.PROVEN, "proven_at": now, "proven_by": voucher}
    if not rows.update(**proven, declined_at=None, declined_because=""):
        return False
    identifier.refresh_from_db()
    record(
        identifier.organisation_id,
        "number_proven",
        identifier,
        actor=actor,
        now=now,
        identifier=str(identifier),
        voucher=str(voucher),
    )
    for number in others:
        if number.state == NumberState.PROVEN:
            _settle(number, "number_proven_elsewhere", identifier.organisation, actor=actor, now=now)
            continue
        if number.state == NumberState.DECLINED:
            continue
        if number.state == NumberState.CLAIMED:
            _make_wait(number, now=now)
        _tell(identifier, number.organisation, now=now)
    return True


@transaction.atomic
def decline_identifier(
    identifier: OrganisationIdentifier, reason: str, *, actor: Actor, now: datetime
) -> bool:
    """Note that the operator does not believe a claim, and why; False where it is proven or declined already.

    The organisation is told, and so is each that has proven the number: nothing is contested there any more.
    """
    others = _others(identifier.type, identifier.value, besides=identifier.organisation_id)
    rows = OrganisationIdentifier.objects.filter(pk=identifier.pk, state__in=CAN_DECLINE)
    because = mask_ssins(" ".join(reason.split()))[:REASON_LENGTH]
    if not rows.update(state=NumberState.DECLINED, declined_at=now, declined_because=because):
        return False
    identifier.refresh_from_db()
    record(
        identifier.organisation_id,
        "number_declined",
        identifier,
        actor=actor,
        now=now,
        identifier=str(identifier),
        reason=because,
    )
    wake(identifier.organisation_id, at=now)
    _tell_provers(identifier, others, "number_declined_elsewhere", actor=actor, now=now)
    return True


STANDING: list[Callable[[OrganisationIdentifier], bool]] = []
"""What apps above ask before a number is removed: whether something of theirs stands on it by its value alone."""


@transaction.atomic
def remove_identifier(identifier: OrganisationIdentifier, *, actor: Actor, now: datetime) -> None:
    """Take a number off the organisation's list that it only claims and on which nothing stands.

    What others cannot see counts too, such as a colleague's own request. Who has proven the number is told. Raises
    NumberInUse.
    """
    others = _others(identifier.type, identifier.value, besides=identifier.organisation_id)
    with acting_for([identifier.organisation_id], as_platform=True):
        rows = OrganisationIdentifier.objects.select_for_update().select_related(None)
        found = rows.filter(pk=identifier.pk, state__in=CAN_REMOVE).first()
        if found is None or any(stands(found) for stands in STANDING):
            raise NumberInUse
        record(
            found.organisation_id,
            "identifier_removed",
            found,
            actor=actor,
            now=now,
            identifier=str(found),
        )
        try:
            OrganisationIdentifier.objects.get(pk=found.pk).delete()
        except ProtectedError as error:
            raise NumberInUse from error
    _tell_provers(
        identifier,
        others,
        "number_removed_elsewhere",
        actor=Actor.organisation(identifier.organisation),
        now=now,
    )


def _tell_provers(
    identifier: OrganisationIdentifier,
    others: list[OrganisationIdentifier],
    action: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell each organisation that has proven a number that another's claim is gone; the next that waits stays named."""
    waiting = next((one.organisation for one in others if one.state == NumberState.WAITING), None)
    for number in others:
        if number.may(Use.GUARD) and number.contested_at is not None:
            _settle(number, action, identifier.organisation, actor=actor, now=now, still=waiting)


def _others(type: str, value: str, *, besides: UUID) -> list[OrganisationIdentifier]:
    """Return the same number of other organisations; whoever writes or proves it meanwhile waits for this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"number {type}={value}"])
    organisations = [one for one in organisations_with_number(type, value) if one != besides]
    with acting_for([*organisations, besides], as_platform=True):
        # Whoever is told is woken: all of them are locked first, in key order, also for what another number tells.
        told = Organisation.objects.filter(pk__in=[*organisations, besides]).order_by("pk")
        list(told.select_for_update(no_key=True).values_list("pk"))
        rows = OrganisationIdentifier.objects.filter(type=type, value=value, organisation__in=organisations)
        return list(rows.select_related("organisation").order_by("pk"))


def _provers(type: str, value: str, *, besides: UUID) -> list[OrganisationIdentifier]:
    return [one for one in _others(type, value, besides=besides) if one.may(Use.GUARD)]


def _make_wait(number: OrganisationIdentifier, *, now: datetime) -> None:
    with acting_for([number.organisation_id], as_platform=True):
        OrganisationIdentifier.objects.filter(pk=number.pk).update(state=NumberState.WAITING)
        record(
            number.organisation_id,
            "number_waits",
            number,
            actor=Actor.platform(),
            now=now,
            identifier=str(number),
        )


def _tell(number: OrganisationIdentifier, claimant: Organisation, *, now: datetime) -> None:
    """Tell the organisation that has proven a number which other one wrote it down."""
    with acting_for([number.organisation_id], as_platform=True):
        OrganisationIdentifier.objects.filter(pk=number.pk).update(
            contested_at=now, contested_by=claimant.name
        )
        record(
            number.organisation_id,
            "number_claimed_elsewhere",
            number,
            actor=Actor.organisation(claimant),
            now=now,
            identifier=str(number),
        )
    wake(number.organisation_id, at=now)


def _settle(
    number: OrganisationIdentifier,
    action: str,
    other: Organisation,
    *,
    actor: Actor,
    now: datetime,
    still: Organisation | None = None,
) -> None:
    """Tell the organisation that has proven a number what became of another's claim; `still` is who else waits."""
    with acting_for([number.organisation_id], as_platform=True):
        OrganisationIdentifier.objects.filter(pk=number.pk).update(
            contested_at=number.contested_at if still else None, contested_by=still.name if still else ""
        )
        record(
            number.organisation_id,
            action,
            number,
            actor=actor,
            now=now,
            identifier=str(number),
            other=other.name,
        )
