"""The national number at rest: sealed, and findable by a keyed hash.

The hash is HMAC-SHA256 under a key of its own, so a copy of the database alone lets nobody enumerate the 10^11 numbers.
While its key is changed, all rows of one number stand under one key at any moment: `manage.py reseal` moves them
together, and what is written meanwhile goes beside those that are there (`index_to_write`).
"""

import base64
import hashlib
import hmac
from collections.abc import Collection
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models, transaction

from organisations.errors import Unreadable
from organisations.sealing import MARK, key_id, seal, unseal

Row = TypeVar("Row", bound=models.Model)


def encrypt(ssin: str) -> bytes:
    """Return the ciphertext of an 11-digit national number."""
    return seal(ssin.encode("ascii"))


def decrypt(ciphertext: bytes | memoryview) -> str:
    """Return the national number; raises Unreadable when no key fits, or what is in it is no number."""
    try:
        return unseal(ciphertext).decode("ascii")
    except UnicodeDecodeError as error:
        raise Unreadable from error


def index_of(ssin: str, key: str | None = None) -> str:
    """Return the lookup value of a national number under `key`, the first one by default: id, colon, 43 characters."""
    key = str(settings.SSIN_INDEX_KEYS[0]) if key is None else key
    return f"{key_id(key)}{MARK}{base64.urlsafe_b64encode(_mac(ssin, key)).decode().rstrip('=')}"


def indexes_of(ssin: str) -> list[str]:
    """Return every lookup value that a number may stand under, the first key's first; also those from before ids."""
    keys = [str(key) for key in settings.SSIN_INDEX_KEYS]
    return [index_of(ssin, key) for key in keys] + [_mac(ssin, key).hex() for key in keys]


def _mac(ssin: str, key: str) -> bytes:
    return hmac.new(key.encode(), ssin.encode("ascii"), hashlib.sha256).digest()


def index_to_write(ssin: str) -> str:
    """Return the lookup value under which a number stands in the database, or is to be written there.

    Call inside the transaction that looks or writes: until its end the number is moved to no other key. Raises
    TransactionManagementError outside one.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the index of a number holds for one transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehportal_index_in_use(%s)", [indexes_of(ssin)])
        return str(cursor.fetchone()[0])


def indexes_to_write(ssins: Collection[str]) -> dict[str, str]:
    """Return `index_to_write` of each of many numbers, in one statement, under the same conditions."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the index of a number holds for one transaction")
    numbers = sorted(set(ssins))
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ehportal_index_in_use(string_to_array(candidates, ' '))"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS given (candidates, place) ORDER BY place",
            [[" ".join(indexes_of(ssin)) for ssin in numbers]],
        )
        return {ssin: str(found) for ssin, (found,) in zip(numbers, cursor.fetchall(), strict=True)}


def index_in_row(row: Row) -> "models.QuerySet[Row, Any]":
    """Return the lookup value of a row as a subquery: what was read before may have been moved to another key since."""
    return type(row)._default_manager.filter(pk=row.pk).order_by().values("ssin_index")
