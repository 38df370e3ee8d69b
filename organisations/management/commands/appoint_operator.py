"""`manage.py appoint_operator ADDRESS [NAME]`: somebody operates the platform from now on; `--dismiss` ends it."""

from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse

from organisations.models import User

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Runs as the web role. The account keeps both its steps: the command opens no session."""

    help = "Let an account see how the work of the platform stands. It gives no right in any organisation."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address and, for a new account, the name."""
        parser.add_argument("address", help="the e-mail address of the account")
        parser.add_argument(
            "name", nargs="?", default="", help="the person's name, where there is no account yet"
        )
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="nl")
        parser.add_argument("--dismiss", action="store_true", help="end it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Appoint or dismiss. Raises CommandError for an address that is none, or a new account without a name."""
        address = str(options["address"]).strip()
        user = User.objects.filter(email__iexact=address).first()
        if user is None and not options["dismiss"]:
            user = self._new_account(address, str(options["name"]), str(options["language"]))
        if user is None:
            raise CommandError(f"No account has the address {address}.")
        user.is_operator = not options["dismiss"]
        user.save(update_fields=["is_operator"])
        log.info("operator_dismissed" if options["dismiss"] else "operator_appointed", user=str(user.pk))
        self.stdout.write(
            f"{user} {'no longer operates' if options['dismiss'] else 'operates'} the platform."
        )
        if user.has_usable_password() or options["dismiss"]:
            return
        self.stdout.write(
            f"There is no password yet: it is chosen through a letter from "
            f"{settings.ORIGIN}{reverse('account_reset_password')}"
        )

    def _new_account(self, address: str, name: str, language: str) -> User:
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"{address} is no e-mail address.") from error
        if not name.strip():
            raise CommandError("There is no account with this address yet: give the person's name too.")
        return User.objects.create_user(address, full_name=" ".join(name.split()), language=language)
