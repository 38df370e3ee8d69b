"""Two who write beside one certificate at the same time."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from certificates.models import Certificate
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import make_hospital


def test_of_two_who_write_beside_one_certificate_both_are_found(committing: None, owner_url: str) -> None:
    hospital = make_hospital()
    one = shelve(hospital.organisation, "LABO", 400)
    here, who = hospital.organisation.pk, hospital.administrator.pk
    tag = "INSERT INTO certificates_tag VALUES (gen_random_uuid(), 'radiologie', %s, %s)"
    note = (
        "INSERT INTO certificates_note (id, text, written_at, certificate_id, organisation_id, written_by_id)"
        " VALUES (gen_random_uuid(), 'belangrijk', now(), %s, %s, %s)"
    )
    with psycopg.connect(owner_url) as first, psycopg.connect(owner_url) as second:
        columns = "(id, text, certificate_id, organisation_id)"
        first.execute(tag.replace(" VALUES", f" {columns} VALUES"), [one.pk, here])
        with ThreadPoolExecutor(1) as pool:
            later = pool.submit(second.execute, note, [one.pk, here, who])
            with psycopg.connect(owner_url, autocommit=True) as watcher:
                waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
                while watcher.execute(waiting, [second.info.backend_pid]).fetchone() != (1,):
                    assert not later.done(), "the second waits for the first"
            first.commit()
            later.result()
        second.commit()
    with acting_for([here], user=who):
        assert Certificate.objects.matching(here, "radiologie belangrijk").get() == one
