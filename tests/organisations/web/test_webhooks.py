"""Webhooks as an administrator makes, looks at, changes and ends them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from standardwebhooks import Webhook as Reference

from organisations.models import AuditEvent, Delivery, Webhook
from organisations.services.webhooks import keep
from organisations.tenancy import acting_for
from tests.organisations.webhooks.listening import Listener, listening
from tests.organisations.webhooks.test_deliver import happens, hook, send_all
from tests.support.hospital import PLATFORM, Hospital, make_hospital

NEW = "/organisation/webhooks/new/"


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    with listening() as made:
        yield made


def of(hospital: Hospital) -> list[Webhook]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Webhook.objects.order_by("made_at"))


def test_from_the_form_to_a_test_that_is_taken(
    hospital: Hospital, administrator: Client, listener: Listener
) -> None:
    assert "New webhook" in administrator.get("/organisation/webhooks/").content.decode()
    form = {"name": "Service desk", "address": listener.url, "topics": ["ends", "revocations"]}
    shown = administrator.post(NEW, form).content.decode()
    found = re.search(r"whsec_[A-Za-z0-9+/=]{44}", shown)
    assert found is not None
    [made] = of(hospital)
    page = f"/organisation/webhooks/{made.pk}/"
    assert found[0] not in administrator.get(page).content.decode(), "it is shown once"
    administrator.post(f"{page}try/")
    send_all(hospital)
    headers, body = listener.heard[0]
    assert Reference(found[0]).verify(body, headers)["type"] == "webhook.test"
    log = administrator.get(page).content.decode()
    assert "webhook.test" in log
    assert "204" in log
    with acting_for([hospital.organisation.pk], as_platform=True):
        [kept] = AuditEvent.objects.filter(action="webhook_made")
    assert kept.details == {"name": "Service desk", "host": "127.0.0.1", "topics": ["ends", "revocations"]}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"address": "http://tickets.example/hook"}, "Give an address that begins with https://"),
        ({"address": "https://10.1.2.3/hook"}, "This address is not of the open internet."),
        ({"address": "https://[::1]/hook"}, "This address is not of the open internet."),
        ({"address": "https://localhost/hook"}, "This address is not of the open internet."),
        ({"address": "https://me:secret@tickets.example/"}, "Leave passwords out of the address"),
        ({"address": "https://tickets.example:99999/"}, "Give an address that begins with https://"),
        ({"address": "file:///etc/passwd"}, "Give an address that begins with https://"),
        ({"address": "https://tickets.example/\r\nX: y"}, "Give an address that begins with https://"),
        ({"topics": []}, "Choose at least one thing of which it is told."),
        ({"topics": ["everything"]}, "everything"),
        ({"name": " "}, "This field is required."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    hospital: Hospital, administrator: Client, fields: dict[str, object], sentence: str
) -> None:
    form = {"name": "Service desk", "address": "https://tickets.example/hook", "topics": ["ends"]} | fields
    answer = administrator.post(NEW, form)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert of(hospital) == []


def test_changing_stopping_going_on_another_secret_and_the_end(
    hospital: Hospital, administrator: Client, listener: Listener
) -> None:
    made, first = hook(hospital, listener)
    page = f"/organisation/webhooks/{made.pk}/"
    form = {"name": "Tickets", "address": "https://tickets.example/hook", "topics": ["mandates"]}
    assert administrator.post(f"{page}change/", form).status_code == 302
    assert "tickets.example" in administrator.get("/organisation/webhooks/").content.decode()
    second = administrator.post(f"{page}secret/").content.decode()
    assert "whsec_" in second
    assert first not in second
    administrator.post(f"{page}stop/")
    assert "Let it go on" in administrator.get(page).content.decode()
    administrator.post(f"{page}resume/")
    happens(hospital, "mandate_given")
    administrator.post(f"{page}end/")
    assert administrator.get(page).status_code == 404
    with acting_for([hospital.organisation.pk], as_platform=True):
        actions = list(
            AuditEvent.objects.filter(action__startswith="webhook")
            .order_by("happened_at")
            .values_list("action", flat=True)
        )
    assert actions == [
        *("webhook_made", "webhook_changed", "webhook_secret_rotated"),
        *("webhook_stopped", "webhook_resumed", "webhook_ended"),
    ]


def test_messages_are_sent_again_one_or_all(
    hospital: Hospital, administrator: Client, listener: Listener
) -> None:
    made, _secret = hook(hospital, listener)
    happens(hospital, "mandate_given")
    send_all(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        one = Delivery.objects.get()
    page = f"/organisation/webhooks/{made.pk}/"
    administrator.post(f"{page}again/{one.pk}/")
    send_all(hospital)
    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 1
    assert len(listener.heard) == 2
    with acting_for([hospital.organisation.pk], as_platform=True):
        Delivery.objects.update(delivered_at=None, given_up_at=datetime.now(UTC))
    assert "Send all again" in administrator.get(page).content.decode()
    administrator.post(f"{page}again/")
    send_all(hospital)
    assert len(listener.heard) == 3


def test_the_log_is_read_page_by_page(
    hospital: Hospital,
    administrator: Client,
    listener: Listener,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    made, _secret = hook(hospital, listener)
    for _ in range(60):
        happens(hospital, "mandate_given")
    page = f"/organisation/webhooks/{made.pk}/"
    with django_assert_max_num_queries(24):
        first = administrator.get(page).content.decode()
    assert first.count("mandate.given") == 2 * 50, "each is named once more for who hears the page"
    earlier = re.search(r'href="(\?before=\d+)"', first)
    assert earlier is not None
    assert administrator.get(page + earlier[1]).content.decode().count("mandate.given") == 2 * 10
    for odd in ("x", "9" * 40, "-1", "²"):
        assert administrator.get(f"{page}?before={odd}").status_code == 200


def test_others_have_none_of_it(hospital: Hospital, administrator: Client, listener: Listener) -> None:
    other = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    theirs, _secret = hook(other, listener)
    happens(other, "mandate_given")
    with acting_for([other.organisation.pk], as_platform=True):
        message = Delivery.objects.get()
    page = f"/organisation/webhooks/{theirs.pk}/"
    assert administrator.get(page).status_code == 404
    for deed in ("try/", "secret/", "stop/", "resume/", "end/", "again/", f"again/{message.pk}/", "change/"):
        assert administrator.post(page + deed).status_code == 404
    mine, _secret = hook(hospital, listener)
    assert administrator.post(f"/organisation/webhooks/{mine.pk}/again/{message.pk}/").status_code == 404
    assert Client().get("/organisation/webhooks/").status_code == 302


def test_twenty_are_enough(hospital: Hospital, administrator: Client, listener: Listener) -> None:
    for one in range(keep.MOST):
        hook(hospital, listener, name=f"Tickets {one}")
    form = {"name": "One more", "address": listener.url, "topics": ["ends"]}
    assert "There are twenty webhooks already." in administrator.post(NEW, form).content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        keep.end_webhook(of(hospital)[0], actor=PLATFORM, now=datetime.now(UTC))
    assert administrator.post(NEW, form).status_code == 200


def test_who_sends_twice_or_from_an_older_page_changes_nothing_more(
    hospital: Hospital, administrator: Client, listener: Listener
) -> None:
    made, _secret = hook(hospital, listener)
    page = f"/organisation/webhooks/{made.pk}/"

    def seen(path: str = "") -> str:
        found = re.search(
            r'name="seen" value="([0-9a-f]{16})"', administrator.get(page + path).content.decode()
        )
        assert found is not None
        return found[1]

    before, form = seen(), {"name": "Tickets", "address": listener.url, "topics": ["mandates"]}
    assert seen("change/") == before
    assert "whsec_" in administrator.post(f"{page}secret/", {"seen": before}).content.decode()
    again = administrator.post(f"{page}secret/", {"seen": before}, follow=True).content.decode()
    assert "whsec_" not in again
    assert "another secret" in again.lower()
    late = administrator.post(f"{page}change/", form | {"name": "Typed", "seen": before})
    assert late.status_code == 422
    assert "Typed" in late.content.decode()
    assert administrator.post(f"{page}change/", form | {"seen": seen()}).status_code == 302
    twice = administrator.post(NEW, form)
    assert "There is a webhook with this name already." in twice.content.decode()
