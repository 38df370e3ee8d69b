"""Keys of a test, and what stands under which in its database."""

import base64
import secrets
from io import StringIO
from typing import Any

import psycopg
import pytest_django
from cryptography.fernet import Fernet
from django.core.management import call_command

from ehportal.keys.columns import INDEXED, SEALED
from ehportal.keys.sealed import count_by_key
from organisations.sealed_columns import Place


def sealing_key() -> str:
    return Fernet.generate_key().decode()


def index_key() -> str:
    return secrets.token_urlsafe(32)


def use(settings: pytest_django.Settings, sealing: list[str], indexing: list[str]) -> None:
    settings.SSIN_KEYS, settings.SSIN_INDEX_KEYS = list(sealing), list(indexing)


def under(url: str, places: tuple[Place, ...]) -> set[str]:
    """Return the ids of the keys under which something stands in `places`."""
    with psycopg.connect(url) as connection:
        return {key for place in places for key in count_by_key(connection, place)}


def stands(url: str) -> tuple[set[str], set[str]]:
    """Return the keys of what is sealed, and those of the indexes."""
    return under(url, SEALED), under(url, INDEXED)


def without_ids(url: str) -> None:
    """Make everything what it was before keys had ids."""
    with psycopg.connect(url) as connection:
        for place in SEALED:
            if place.field:
                value = f"jsonb_set({place.column}, '{{{place.field}}}', to_jsonb(substr({place.value}, 10)))"
            else:
                value = f"substring({place.column} from 10)"
            connection.execute(
                f"UPDATE {place.table} SET {place.column} = {value}"  # noqa: S608  # names of ours
                f" WHERE {place.present} AND {place.key} <> ''"
            )
        for place in INDEXED:
            rows = connection.execute(
                f"SELECT DISTINCT {place.column} FROM {place.table} WHERE {place.present}"  # noqa: S608  # names of ours
            ).fetchall()
            for (index,) in rows:
                plain = base64.urlsafe_b64decode(index[9:] + "=").hex()
                connection.execute(
                    f"UPDATE {place.table} SET {place.column} = %s WHERE {place.column} = %s",  # noqa: S608  # names of ours
                    [plain, index],
                )


def reseal(*arguments: Any) -> str:
    """Run the command and return what it said."""
    said = StringIO()
    call_command("reseal", *arguments, stdout=said, skip_checks=True)
    return said.getvalue()
