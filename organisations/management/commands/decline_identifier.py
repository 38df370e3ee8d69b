"""`manage.py decline_identifier NUMBER ORGANISATION --by NAME --reason TEXT`: the operator does not believe a claim."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from organisations.management.numbers import add_number_arguments, chosen_number
from organisations.services.identifiers import REASON_LENGTH, decline_identifier


class Command(BaseCommand):
    """Runs as the web role: row-level security binds it like every page."""

    help = (
        "Decline the number of an organisation, after looking at its papers. Without an organisation: list who wrote "
        "the number down. Its administrators are told the reason; its record, and that of who has proven the number, "
        "says who did it. prove_identifier takes it back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number, the organisation, the operator's name and the reason."""
        add_number_arguments(parser)
        parser.add_argument(
            "--reason", help="in the language of the organisation: its administrators read it as it stands"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Decline it, or list. Raises CommandError for what cannot be."""
        with chosen_number(self, options) as chosen:
            if chosen is None:
                return
            number, actor = chosen
            reason = " ".join(str(options["reason"] or "").split())
            if not 0 < len(reason) <= REASON_LENGTH:
                raise CommandError(f"Say why: --reason TEXT, at most {REASON_LENGTH} characters.")
            if not decline_identifier(number, reason, actor=actor, now=timezone.now()):
                raise CommandError(f"{number} of {number.organisation} is {number.state} already.")
            self.stdout.write(f"{number} of {number.organisation} is declined.")
