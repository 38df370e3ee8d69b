"""`manage.py prove_identifier NUMBER ORGANISATION --by NAME`: the operator vouches for an organisation's number."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from organisations.domain.claims import Voucher
from organisations.management.numbers import add_number_arguments, chosen_number
from organisations.services.identifiers import prove_identifier


class Command(BaseCommand):
    """Runs as the web role: row-level security binds it like every page."""

    help = (
        "Vouch for the number of an organisation, after looking at its papers. Without an organisation: list who "
        "wrote the number down. Its record, and that of others with the same number, says who did it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number, the organisation and the operator's name."""
        add_number_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove it, or list. Raises CommandError for what cannot be."""
        with chosen_number(self, options) as chosen:
            if chosen is None:
                return
            number, actor = chosen
            if not prove_identifier(number, Voucher.OPERATOR, actor=actor, now=timezone.now()):
                raise CommandError(f"{number} of {number.organisation} is proven already.")
            self.stdout.write(f"{number} of {number.organisation} is proven.")
