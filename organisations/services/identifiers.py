"""Identifiers of an organisation."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agent.wire.strict_json import is_xml_text
from organisations.domain import identifiers
from organisations.domain.identifiers import Finding
from organisations.errors import IdentifierExists, IdentifierRefused
from organisations.models import Organisation, OrganisationIdentifier
from organisations.services.audit import Actor, record


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
    """Add an identifier; returns it with the warnings of rules that are only inferred.

    Raises IdentifierRefused where a certain rule is broken, IdentifierExists when it is already here.
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
            identifier = OrganisationIdentifier.objects.create(
                organisation=organisation,
                type=type,
                value=checked.value,
                registered_name=registered_name.strip(),
                created_at=now,
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
    except IntegrityError as error:
        raise IdentifierExists(field="value") from error
    return identifier, checked.warnings
