"""Idempotency-Key: a call that makes something is made once, and asked again hears the same answer.

The key is written in the transaction of the work. Of two at once, the later one waits for the first and hears its
answer; what failed leaves no key, so that it can be tried again. (draft-ietf-httpapi-idempotency-key-header)
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime

from django.db import connection as database
from django.http import HttpRequest
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from organisations.api.frame.refusals import KeyMissing, KeyReused
from organisations.models import KeptAnswer
from organisations.services.credentials.opening import Caller

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,100}")
REPLAYED = "Idempotency-Replayed"


def once(request: HttpRequest, caller: Caller, now: datetime, act: Callable[[], Response]) -> Response:
    """Return the answer of `act`, or the one that was kept under the caller's key. Raises KeyMissing, KeyReused.

    Call inside the transaction of the work.
    """
    key = request.headers.get(HEADER, "")
    if not KEY.fullmatch(key):
        raise KeyMissing
    digest = hashlib.sha256(
        b"\n".join([str(request.method).encode(), request.get_full_path().encode(), request.body])
    ).hexdigest()
    if not _begin(caller, key, digest, now):
        kept = KeptAnswer.objects.get(connection=caller.connection, key=key)
        if kept.request_digest != digest:
            raise KeyReused
        return Response(kept.body, status=kept.status, headers={REPLAYED: "true"})
    answer = act()
    KeptAnswer.objects.filter(connection=caller.connection, key=key).update(
        status=answer.status_code, body=json.loads(json.dumps(answer.data, cls=JSONEncoder))
    )
    return answer


def _begin(caller: Caller, key: str, digest: str, now: datetime) -> bool:
    """Write the key down and return whether it is new; waits for whoever is at it."""
    row = KeptAnswer(
        organisation=caller.organisation,
        connection=caller.connection,
        key=key,
        request_digest=digest,
        kept_at=now,
    )
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisations_keptanswer (id, organisation_id, connection_id, key, request_digest, kept_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (connection_id, key) DO NOTHING",
            [row.pk, row.organisation_id, row.connection_id, row.key, row.request_digest, row.kept_at],
        )
        return bool(cursor.rowcount)
