"""Several workers want one list at the same moment: one fetches it, the others wait and judge by it."""

import threading

import pytest
import pytest_django
from django.db import connection, connections

from certificates.models import RevocationList
from certificates.services.status.shared_answers import SharedAnswers
from certificates.trust.kept_answers import Sharing, share_answers
from certificates.trust.paths import Trust, validate
from tests.certificates.samples import der
from tests.support.responder import outside

WORKERS = 4


@pytest.mark.usefixtures("committing", "every_call_is_made")
def test_one_fetches_for_all(settings: pytest_django.Settings) -> None:
    settings.REVOCATION_TIMEOUT = settings.REVOCATION_DEADLINE = 120
    share_answers(SharedAnswers())
    begun, go_on = threading.Event(), threading.Event()
    found: list[Trust] = []
    with outside() as world:
        world.list_of("issuing", [])
        answer = world.answers["/issuing.crl"]

        def slowly(question: bytes) -> bytes:
            begun.set()
            go_on.wait(60)
            return answer(question)

        def judge() -> None:
            try:
                verdict = validate(
                    world.leaf,
                    [world.issuing],
                    [der(world.root)],
                    check_revocation=True,
                    sharing=Sharing.LISTS,
                )
                found.append(verdict.trust)
            finally:
                connections.close_all()

        world.answers["/issuing.crl"] = slowly
        workers = [threading.Thread(target=judge) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        assert begun.wait(60)
        until_waiting(WORKERS - 1)
        go_on.set()
        for worker in workers:
            worker.join(60)
        assert found == [Trust.TRUSTED] * WORKERS
        assert world.asked.count("/issuing.crl") == 1
        assert RevocationList.objects.filter(address=f"{world.base}/issuing.crl").count() == 1


def until_waiting(many: int) -> None:
    """Wait until so many sessions last asked for a lock: whoever got it asks other things."""
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND starts_with(query, 'SELECT pg_try_advisory_lock') AND pid <> pg_backend_pid()"
    )
    for _look in range(600):
        with connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.fetchone()[0] >= many:
                return
        threading.Event().wait(0.1)
    raise AssertionError("they do not wait")
