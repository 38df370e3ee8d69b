"""`manage.py invite_administrator ORGANISATION E-MAIL PERSON`: an organisation without one gets an administrator."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from organisations.domain.roles import Role
from organisations.errors import RoleHeld
from organisations.management.inviting import say_delivery
from organisations.models import Invitation, Organisation
from organisations.services.audit import Actor
from organisations.services.invitations import invite, send_again
from organisations.tenancy import acting_for


class Command(BaseCommand):
    """Runs as the web role, for the operator: the first letter was lost, or the last administrator cannot sign in."""

    help = "Invite an administrator to an organisation, or send that invitation again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take organisation, address, person and language."""
        parser.add_argument("organisation", type=UUID, help="its id, as add_organisation said it")
        parser.add_argument("email")
        parser.add_argument("person", help="the name of the invited")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="nl")

    def handle(self, *args: Any, **options: Any) -> None:
        """Invite and say what became of the letter. Raises CommandError for what cannot be."""
        try:
            validate_email(options["email"])
        except ValidationError:
            raise CommandError("This is not an e-mail address.") from None
        with acting_for([options["organisation"]]):
            organisation = Organisation.objects.filter(pk=options["organisation"]).first()
            if organisation is None or not options["person"].strip():
                raise CommandError("There is no such organisation, or the person has no name.")
            invitation = self._invite(organisation, options)
        say_delivery(self, invitation)

    def _invite(self, organisation: Organisation, options: dict[str, Any]) -> Invitation:
        now, actor = timezone.now(), Actor.platform()
        waiting = Invitation.objects.filter(
            organisation=organisation,
            email__iexact=options["email"].strip(),
            role=Role.ADMINISTRATOR.value,
            ended_at=None,
        ).first()
        if waiting is not None:
            send_again(waiting, actor=actor, now=now)
            return waiting
        try:
            return invite(
                organisation,
                email=options["email"],
                full_name=options["person"],
                role=Role.ADMINISTRATOR,
                language=options["language"],
                invited_by=None,
                actor=actor,
                now=now,
            )
        except RoleHeld as error:
            raise CommandError(str(error.title)) from None
