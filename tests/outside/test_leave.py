"""No outside call while a page is served, nor inside a transaction: whoever does it is told, in production too."""

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from organisations.services.letters.mail import send
from organisations.tenancy import acting_for
from outside.circuits import calling
from outside.http import exchange
from outside.leave import CallForbidden, nobody_calls_out
from outside.sockets import Limits
from tests.outside.slow_servers import serving
from tests.outside.test_exchange import saying

LIMITS = Limits(connecting=60, silence=60, total=60)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def fetch(address: str) -> bytes:
    return exchange("GET", address, headers={}, limits=LIMITS, most_bytes=100).content


def asks(request: HttpRequest) -> HttpResponse:
    return HttpResponse(fetch(request.GET["of"]))


def writes(request: HttpRequest) -> HttpResponse:
    from django.core.mail import EmailMultiAlternatives

    send(EmailMultiAlternatives("Subject", "Text", to=["koen@maasdal.example"]))
    return HttpResponse()


urlpatterns = [path("asks/", asks), path("accounts/writes/", writes)]


def test_a_page_that_asks_somebody_outside_is_stopped(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    with serving(saying(GOOD)) as server:
        address = f"http://127.0.0.1:{server.port}/"
        with pytest.raises(CallForbidden, match="a page is being served"):
            Client().get("/asks/", {"of": address})
        assert server.connections == 0, "nothing left"
        assert fetch(address) == b"hi", "a worker may"


def test_a_page_that_sends_a_letter_itself_is_stopped(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.EMAIL_BACKEND = "organisations.services.letters.smtp.Backend"
    with pytest.raises(CallForbidden, match="a page is being served"):
        Client().get("/accounts/writes/")


@pytest.mark.django_db
def test_nobody_calls_out_inside_a_transaction() -> None:
    with pytest.raises(CallForbidden, match="a transaction is open"), transaction.atomic(), calling("x:1"):
        raise AssertionError("never reached")
    with pytest.raises(CallForbidden), acting_for([], as_platform=True), calling("x:1"):
        raise AssertionError("never reached")
    with calling("x:1"):
        pass


def test_it_is_no_failure_of_a_call() -> None:
    """Whoever handles what can go wrong outside does not swallow it."""
    with nobody_calls_out("here"), pytest.raises(CallForbidden) as told, calling("x:1"):
        raise AssertionError("never reached")
    assert not isinstance(told.value, OSError)
    assert not isinstance(told.value, RuntimeError), "which reading a certificate may raise"
