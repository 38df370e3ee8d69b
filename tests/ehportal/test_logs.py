"""The net below the logs: national numbers, secrets, keys and XML do not get through, whatever they hide in."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ehportal import logs
from ehportal.logs import redact, redact_text
from tests.certificates.samples import ehealth, key, pem

NUMBER = "85073003328"


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What our handler writes, as text."""
    [handler] = [one for one in logging.getLogger().handlers if getattr(one, "ehportal", False)]
    assert isinstance(handler, logging.StreamHandler)
    stream = StringIO()
    before = handler.setStream(stream)
    yield stream
    if before is not None:
        handler.setStream(before)


def last(stream: StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(stream.getvalue().strip().splitlines()[-1])
    return line


@pytest.mark.parametrize(
    "spelling",
    [
        NUMBER,
        "85.07.30-033.28",
        "85 07 30 033 28",
        "85-07-30-033-28",
        "85/07/30-033/28",
        "850730-03328",
        "850730 033.28",
        f"SSIN={NUMBER}",
        f"SSIN\\={NUMBER}",
        f"holder ({NUMBER}), mandated",
        f"https://host/people?q={NUMBER}&x=1",
    ],
)
def test_a_national_number_in_text(spelling: str) -> None:
    text = redact_text(f"before {spelling} after")
    assert "[ssin]" in text
    assert "28 after" not in text
    assert "0733" not in text.replace(".", "").replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "0406798006",
        "2026-11-23T10:00:00.123456+00:00",
        "20200827-144621",
        "8507300332 8",
        "850730033281",
        "+32 11 22 33 44",
        'File "a.py", line 3, in <module>',
        "<lambda> and <listcomp> and <frozen importlib._bootstrap>",
        "<tests.thing.Thing object at 0x7f00>",
        "1 < 2 and 3 > 2",
        "3f0ba94ce0d94dafb30f85073003328d",
        "0d9f5a4e-6c7d-4a53-9a86-8f6a0c7b1e2f",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><a/>',
        "got <GenerateCertificateRequest Id='_1'>…",
        "answer: </soap:Body>",
        "<!DOCTYPE a>",
        "<p>contract</p>",
        "<a " + "x" * 5000 + ">",
    ],
)
def test_markup_goes_whole(text: str) -> None:
    assert redact_text(text) == "[xml]"


def test_keys_tokens_and_job_addresses() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    secret = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert redact_text(f"key {secret} end") == "key [pem]\n end"
    assert redact_text(f"key {secret[:60]}") == "key [pem]"
    assert redact_text(pem(ehealth()).decode()).strip() == "[pem]"
    assert (
        redact_text(f"Bearer ehp_{'x' * 49}, eha_eyJhIjoxfQ~1vPq~{'y' * 43}") == "Bearer [secret], [secret]"
    )
    assert redact_text("proof eyJhbGciOiJFUzI1NiJ9.eyJpYXQiOjF9.c2ln.") == "proof [token]."
    assert redact_text("Not Found: /agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA/outcome") == (
        "Not Found: /agent/v1/jobs/[job]/outcome"
    )


@pytest.mark.parametrize(
    "name",
    ["ssin", "SSIN", "holder_ssin", "pin", "card_pin", "puk", "password", "db_password", "passphrase", "secret",
     "client_secret", "token", "csrf_token", "private_key", "cookie", "Authorization", "ehportal_proof"],
)  # fmt: skip
def test_values_by_name_at_every_depth(name: str) -> None:
    event = redact(None, "info", {"event": "x", name: "4711", "deep": {"list": [{name: "4711"}]}})
    assert event[name] == "[redacted]"
    assert "4711" not in str(event)
    assert name in str(event), "that there was one may be told"


def test_harmless_names_stay() -> None:
    event = {"event": "x", "mapping": "a", "status": 200, "route": "job", "view": "Pinned", "seconds": 1.5}
    assert redact(None, "info", dict(event)) == event


@pytest.mark.parametrize(
    "value",
    [
        NUMBER,
        int(NUMBER),
        [NUMBER],
        (1, NUMBER),
        {NUMBER},
        {"a": {"b": [NUMBER]}},
        {NUMBER: "x"},
        NUMBER.encode(),
        memoryview(NUMBER.encode()),
        ValueError(f"bad number {NUMBER}"),
        type("Odd", (), {"__str__": lambda _: NUMBER, "__repr__": lambda _: NUMBER})(),
        b"<xml>secret</xml>",
        ["<xml/>"],
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_of_any_type(written: StringIO, value: object) -> None:
    structlog.get_logger("tests").warning("something", value=value)
    assert NUMBER not in written.getvalue()
    assert "xml>" not in written.getvalue()
    assert last(written)["event"] == "something"


def test_what_is_needed_to_follow_an_event_stays(written: StringIO) -> None:
    identifier = UUID(int=5)
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    structlog.get_logger("tests").info("done", request=identifier, at=moment, count=3, ok=True, none=None)
    line = last(written)
    assert (line["request"], line["count"], line["ok"], line["none"]) == (str(identifier), 3, True, None)
    assert line["at"].startswith("2026-11-23")
    assert line["level"] == "info"
    assert line["logger"] == "tests"


def test_the_standard_library_is_caught_too(written: StringIO) -> None:
    logging.getLogger("somebody.else").warning("holder %s sent %r", NUMBER, "<a/>")
    assert last(written)["event"] == "[xml]"
    logging.getLogger("somebody.else").warning("holder %s", NUMBER)
    assert last(written)["event"] == "holder [ssin]"


def test_a_traceback_is_kept_and_masked(written: StringIO) -> None:
    def fail() -> None:
        raise ValueError(f"no such number: {NUMBER}")

    for log in (structlog.get_logger("tests").exception, logging.getLogger("tests").exception):
        try:
            fail()
        except ValueError:
            log("failed")
        line = last(written)
        assert "in fail" in line["exception"]
        assert "[ssin]" in line["exception"]
        assert NUMBER not in written.getvalue()


def test_a_nested_value_without_end(written: StringIO) -> None:
    value: list[object] = [NUMBER]
    for _ in range(200):
        value = [value]
    structlog.get_logger("tests").info("deep", value=value)
    assert NUMBER not in written.getvalue()


@given(
    st.integers(10**10, 10**11 - 1),
    st.lists(st.sampled_from([".", "-", " ", "/", ""]), min_size=4, max_size=4),
)
def test_eleven_digits_however_grouped(number: int, separators: list[str]) -> None:
    digits = str(number)
    groups = [digits[:2], digits[2:4], digits[4:6], digits[6:9], digits[9:]]
    spelling = "".join(group + separator for group, separator in zip(groups, [*separators, ""], strict=True))
    assert redact_text(spelling) == "[ssin]"


# --- one line a request


@pytest.mark.django_db
def test_a_request_is_logged_by_route_with_its_id(written: StringIO, client: Client) -> None:
    answer = client.get("/agent/v1/hello", headers={"X-Request-Id": "abcdef-123456"})
    assert answer["X-Request-Id"] == "abcdef-123456"
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    [line] = [one for one in lines if one["event"] == "request"]
    assert (line["method"], line["status"], line["request_id"]) == ("GET", 200, "abcdef-123456")
    assert "hello" in line["route"]


@pytest.mark.django_db
@pytest.mark.parametrize("given_id", ["", "x", "a" * 65, "with space", 'x"}\n{"forged": 1'])
def test_a_made_up_request_id_is_replaced(client: Client, given_id: str) -> None:
    answer = client.get("/agent/v1/hello", headers={"X-Request-Id": given_id})
    assert answer["X-Request-Id"] != given_id
    assert len(answer["X-Request-Id"]) == 32


@pytest.mark.django_db
def test_the_id_of_a_job_is_in_no_line(written: StringIO, client: Client) -> None:
    job = "A1b2C3d4E5f6G7h8I9j0Kk"
    client.get(f"/agent/v1/jobs/{job}")
    client.get(f"/agent/v1/jobs/{job}/nothing-here")
    assert written.getvalue()
    assert job not in written.getvalue()


def test_configuring_twice_writes_once() -> None:
    before = [one for one in logging.getLogger().handlers if getattr(one, "ehportal", False)]
    logs.configure()
    after = [one for one in logging.getLogger().handlers if getattr(one, "ehportal", False)]
    assert len(before) == len(after) == 1


@pytest.mark.parametrize("piece", ["eyJaaaaaaaa-", "eyJaaaaaaaa.", "a.", "abc-", "1.", "deadbeef-", "eyJ"])
def test_long_hosts_cost_what_their_length_is(piece: str) -> None:
    began = time.process_time()
    redact_text(piece * (1_000_000 // len(piece)))
    # About a second; the square of the length takes minutes.
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("a eyJhbGciOiJFUzI1NiJ9.eyJodG0iOiJHRVQifQ.c2ln b", "a [token] b"),
        ("x-eyJhbGciOiJFUzI1NiJ9.eyJodG0iOiJHRVQifQ. b", "x-[token] b"),
        ("host.eyJhbGciOiJFUzI1NiJ9.eyJodG0iOiJHRVQifQ.c2ln.be", "host.[token].be"),
        ("www.maasdal.example", "www.maasdal.example"),
        ("eyJhbGciOiJFUzI1NiJ9 alone", "eyJhbGciOiJFUzI1NiJ9 alone"),
    ],
)
def test_signed_tokens_go_and_hosts_stay(text: str, redacted: str) -> None:
    assert redact_text(text) == redacted


def test_a_librarys_warning_is_a_line_of_the_log() -> None:
    """In a process of its own: pytest puts itself between the warning and whoever shows it."""
    code = (
        "import warnings; from ehportal import logs; logs.configure(); "
        f"warnings.warn('a strange certificate of {NUMBER}', stacklevel=1)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True
    )
    [line] = done.stderr.splitlines()
    assert "strange certificate" in json.loads(line)["event"]
    assert NUMBER not in line
