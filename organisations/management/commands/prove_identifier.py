"""`manage.py prove_identifier NUMBER ORGANISATION --by NAME`: the operator vouches for an organisation's number."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from organisations.domain.claims import Voucher
from organisations.models import OrganisationIdentifier
from organisations.services.audit import Actor
from organisations.services.identifiers import prove_identifier
from organisations.tenancy import acting_for, organisations_with_number


class Command(BaseCommand):
    """Runs as the web role: row-level security binds it like every page."""

    help = (
        "Vouch for the number of an organisation, after looking at its papers. Without an organisation: list who "
        "wrote the number down. Its record, and that of others with the same number, says who did it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number, the organisation and the operator's name."""
        parser.add_argument("number", help="as it is written on the wire: CBE=0406798006")
        parser.add_argument("organisation", nargs="?", help="its name, or its id where names are alike")
        parser.add_argument("--by", help="your name, for the record")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove it, or list. Raises CommandError for what cannot be."""
        kind, _equals, value = str(options["number"]).partition("=")
        named = organisations_with_number(kind, value)
        with acting_for(named, as_platform=True):
            rows = list(
                OrganisationIdentifier.objects.filter(type=kind, value=value).select_related("organisation")
            )
            if not rows:
                raise CommandError(f"No organisation wrote down {kind}={value}.")
            if options["organisation"] is None:
                for one in rows:
                    self.stdout.write(f"{one.organisation_id}  {one.state:8}  {one.organisation.name}")
                return
            wanted = str(options["organisation"])
            found = [one for one in rows if wanted in (str(one.organisation_id), one.organisation.name)]
            if len(found) != 1:
                raise CommandError(
                    f"{len(found)} organisations with {kind}={value} are called {wanted}. Give the id from the list."
                )
            if not str(options["by"] or "").strip():
                raise CommandError("Say who you are: --by NAME.")
            [number] = found
            actor = Actor.operator(str(options["by"]).strip())
            if not prove_identifier(number, Voucher.OPERATOR, actor=actor, now=timezone.now()):
                raise CommandError(f"{number} of {number.organisation} is proven already.")
            self.stdout.write(f"{number} of {number.organisation} is proven.")
