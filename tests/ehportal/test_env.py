"""Reading the environment: what is missing or odd stops the start with a sentence, and no secret stands in it."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from ehportal import env

NAME = "EHPORTAL_TEST_VALUE"


def test_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.text(NAME)
    assert env.text(NAME, " default ") == "default"
    monkeypatch.setenv(NAME, "  value\n")
    assert env.text(NAME, "default") == "value"


def test_a_secret_from_a_file_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv(NAME, "from the environment")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert env.text(NAME) == "from the file"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(NAME, "not a way out")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE"):
        env.text(NAME)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", True),
        ("true", True),
        ("YES", True),
        (" 1 ", True),
        ("0", False),
        ("", False),
        ("No", False),
        ("false", False),
    ],
)
def test_flags(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    assert env.flag(NAME) is False
    monkeypatch.setenv(NAME, value)
    assert env.flag(NAME) is expected


@pytest.mark.parametrize("value", ["on", "2", "maybe", "ja"])
def test_odd_flags(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.flag(NAME)


def test_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.number(NAME, 5) == 5.0
    monkeypatch.setenv(NAME, "0.5")
    assert env.number(NAME, 5) == 0.5


@pytest.mark.parametrize("value", ["", "five", "nan", "inf", "-inf", "-1", "1,5"])
def test_odd_numbers(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.number(NAME, 5)


def test_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a, b ,,c,")
    assert env.items(NAME) == ["a", "b", "c"]
    monkeypatch.setenv(NAME, "")
    assert env.items(NAME, "x") == []
    monkeypatch.delenv(NAME)
    assert env.items(NAME, "x,y") == ["x", "y"]
    with pytest.raises(ImproperlyConfigured):
        env.items(NAME)


def test_a_database_address() -> None:
    read = env.database("postgresql://some%40one:p%2Fw%3A@db.example:5433/na%20me?sslmode=require")
    wanted = {"NAME": "na me", "USER": "some@one", "PASSWORD": "p/w:", "HOST": "db.example", "PORT": "5433"}
    assert {name: read[name] for name in wanted} == wanted
    assert read["OPTIONS"] == {"connect_timeout": "5", "sslmode": "require"}


def test_a_database_by_its_socket() -> None:
    read = env.database("postgres:///name?host=/run/postgresql")
    assert (read["HOST"], read["PORT"], read["USER"]) == ("/run/postgresql", "", "")
    given = env.database("postgres:///name?host=/run/postgresql&connect_timeout=2")
    assert (read["OPTIONS"], given["OPTIONS"]) == ({"connect_timeout": "5"}, {"connect_timeout": "2"})


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/name",
        "u:hunter2@h/name",
        "postgresql://u:hunter2@h:port/name",
        "postgresql://u:hunter2@h:99999/name",
        "postgresql://u:hunter2@[::1/name",
        "postgresql://u:hunter2@h",
        "postgresql://u:hunter2@h/",
        "",
    ],
)
def test_an_odd_database_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        env.database(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_mail_by_smtp() -> None:
    read = env.mail("smtp+starttls://some%40one:p%2Fw@mail.example")
    assert (read.host, read.port, read.user, read.password) == ("mail.example", 587, "some@one", "p/w")
    assert (read.starttls, read.tls) == (True, False)
    read = env.mail("smtps://mail.example:2465")
    assert (read.port, read.user, read.starttls, read.tls) == (2465, "", False, True)
    assert env.mail("smtp://127.0.0.1").port == 25


def test_mail_into_a_folder() -> None:
    read = env.mail("file:///srv/some%20where")
    assert (read.folder, read.backend.rpartition(".")[0]) == (
        "/srv/some where",
        "django.core.mail.backends.filebased",
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example:25",
        "http://u:hunter2@mail.example",
        "smtp://u:hunter2@",
        "smtp://u:hunter2@mail.example:port",
        "smtp://u:hunter2@mail.example/folder",
        "file://hunter2/folder",
    ],
)
def test_an_odd_mail_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MAIL_URL") as refused:
        env.mail(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("several", "single", "expected"),
    [
        (None, "one", ["one"]),
        (None, "with, a comma", ["with, a comma"]),
        ("new", "old", ["new", "old"]),
        ("new,old", "old", ["new", "old"]),
        ("new,old", None, ["new", "old"]),
        ("new", "", ["new"]),
    ],
)
def test_a_ring_of_keys(
    monkeypatch: pytest.MonkeyPatch, several: str | None, single: str | None, expected: list[str]
) -> None:
    for name, value in ((f"{NAME}S", several), (NAME, single)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert env.ring(f"{NAME}S", NAME) == expected


def test_a_ring_without_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"Set {NAME} "):
        env.ring(f"{NAME}S", NAME)
