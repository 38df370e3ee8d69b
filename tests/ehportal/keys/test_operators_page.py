"""The operator's page lists each key, and says whether it may go."""

import re

import pytest
import pytest_django
from django.db import connection
from django.test import Client

from organisations.models import User
from organisations.sealing import key_id
from organisations.tenancy import acting_for
from tests.ehportal.keys.rings import index_key, sealing_key, use
from tests.organisations.web.members import signed_in
from tests.support.hospital import make_hospital

pytestmark = pytest.mark.django_db
OLD, NEW, UNUSED = sealing_key(), sealing_key(), sealing_key()
INDEX = index_key()


@pytest.fixture
def operator() -> Client:
    user = User.objects.create_user(
        "kaat@ehportal.example", full_name="Kaat Op", language="en", is_operator=True
    )
    return signed_in(user)


def shown(client: Client) -> dict[str, str]:
    """Return the state of each key of SSIN_KEYS, by id."""
    page = client.get("/operation/").content.decode()
    panel = page[page.index('id="keys-title"') : page.index('id="kept-title"')]
    rows = re.findall(
        r'<strong class="mono">([^<]+)</strong><span class="second mono">SSIN_KEYS.*?</tr>', panel, re.S
    )
    states = re.findall(r'SSIN_KEYS</span>.*?<span class="state[^"]*">([^<]+)</span>', panel, re.S)
    return dict(zip(rows, states, strict=True))


def test_each_key_and_what_becomes_of_it(operator: Client, settings: pytest_django.Settings) -> None:
    operator_s, settings.SSIN_INDEX_KEYS = settings.SSIN_KEYS[0], [INDEX]
    use(settings, [OLD, operator_s], [INDEX])
    hospital = make_hospital()
    use(settings, [NEW, OLD, UNUSED, operator_s], [INDEX])
    assert shown(operator) == {
        key_id(NEW): "writes",
        key_id(OLD): "still needed: run manage.py reseal",
        key_id(UNUSED): "may be dropped",
        key_id(operator_s): "still needed: run manage.py reseal",
    }
    use(settings, [NEW, operator_s], [INDEX])
    assert shown(operator)[key_id(OLD)] == "missing: what stands under it is unreadable"
    settings.LOST_KEYS = [key_id(OLD)]
    assert shown(operator)[key_id(OLD)] == "given up (LOST_KEYS)"
    settings.LOST_KEYS = []
    with acting_for([hospital.organisation.pk], as_platform=True), connection.cursor() as cursor:
        cursor.execute("UPDATE organisations_person SET ssin_ciphertext = substring(ssin_ciphertext from 10)")
    use(settings, [NEW, OLD, UNUSED, operator_s], [INDEX])
    states = shown(operator)
    assert states["–"] == "older than the ids of keys: run manage.py reseal"
    assert states[key_id(UNUSED)] == "still needed: run manage.py reseal", (
        "it may be the key of what has no id"
    )
