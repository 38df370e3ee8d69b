"""`manage.py add_organisation NAME E-MAIL PERSON`: a new tenant and its first administrator."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from organisations.management.inviting import say_delivery
from organisations.services.audit import Actor
from organisations.services.organisations import add_organisation


class Command(BaseCommand):
    """Runs as the web role: row-level security binds it like every page."""

    help = "Make an organisation and invite its first administrator by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take name, address, person and language."""
        parser.add_argument("name", help="of the organisation")
        parser.add_argument("email", help="of its first administrator")
        parser.add_argument("person", help="the administrator's name")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="nl")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make both and say what comes next. Raises CommandError for what cannot be."""
        if not options["name"].strip() or not options["person"].strip():
            raise CommandError("Give the organisation and the administrator a name.")
        try:
            validate_email(options["email"])
        except ValidationError:
            raise CommandError("This is not an e-mail address.") from None
        organisation, invitation = add_organisation(
            name=options["name"],
            language=options["language"],
            administrator_email=options["email"],
            administrator_name=options["person"],
            actor=Actor.platform(),
            now=timezone.now(),
        )
        self.stdout.write(f"{organisation} is here ({organisation.pk}).")
        say_delivery(self, invitation)
