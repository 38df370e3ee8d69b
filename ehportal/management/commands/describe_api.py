"""Write the description of the API anew, after its handlers were changed."""

from typing import Any

from django.core.management.base import BaseCommand

from ehportal.api.describing import FILE, describe, text_of


class Command(BaseCommand):
    """`manage.py describe_api`."""

    help = "Writes ehportal/api/openapi.json from the handlers of the API."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        FILE.write_text(text_of(describe()))
        self.stdout.write(str(FILE))
