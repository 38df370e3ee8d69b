"""The checks of what serves, one by one; and that web, workers and beat do not start where one fails."""

from pathlib import Path
from typing import Any

import pytest
import pytest_django
from celery import signals
from django.core.checks import CheckMessage, Critical, Warning
from django.db import OperationalError

from ehportal.operation import catalogues, start, unsafe
from tests.settings import SSIN_KEYS

GOOD = "t6JUVYLZ6Yq8zNFWxDCzyD3ZVXnVxTqO1rQp0n2m9eB5kHc7aL"


def ids(found: list[CheckMessage]) -> list[str]:
    return [str(one.id) for one in found]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", GOOD, []),
        ("SECRET_KEY", GOOD[:49], ["ehportal.E020"]),
        ("SECRET_KEY", "ab" * 40, ["ehportal.E020"]),
        ("SSIN_KEYS", [], ["ehportal.E021"]),
        ("SSIN_KEYS", ["abc"], ["ehportal.E021"]),
        ("SSIN_KEYS", [*SSIN_KEYS, "abc"], ["ehportal.E021"]),
        ("SSIN_KEYS", [*SSIN_KEYS, *SSIN_KEYS], ["ehportal.E023"]),
        ("SSIN_INDEX_KEYS", [GOOD[:32]], []),
        ("SSIN_INDEX_KEYS", [], ["ehportal.E022"]),
        ("SSIN_INDEX_KEYS", [GOOD, GOOD[:31]], ["ehportal.E022"]),
        ("SSIN_INDEX_KEYS", ["0" * 64], ["ehportal.E022"]),
        ("SSIN_INDEX_KEYS", SSIN_KEYS[:1], ["ehportal.E023"]),
        ("SECRET_KEY_FALLBACKS", [GOOD], []),
        ("SECRET_KEY_FALLBACKS", SSIN_KEYS[:1], ["ehportal.E023"]),
    ],
)
def test_keys(settings: pytest_django.Settings, name: str, value: object, expected: list[str]) -> None:
    setattr(settings, name, value)
    assert ids(unsafe.keys_are_keys(None)) == expected


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["certificaten.maasdal.example"], []),
        ([".maasdal.example"], []),
        (["127.0.0.1"], ["ehportal.E024"]),
        ([], ["ehportal.E024"]),
        (["*"], ["ehportal.E024"]),
    ],
)
def test_hosts(settings: pytest_django.Settings, hosts: list[str], expected: list[str]) -> None:
    settings.ORIGIN = "https://certificaten.maasdal.example:8443"
    settings.ALLOWED_HOSTS = hosts
    assert ids(unsafe.own_host_is_allowed(None)) == expected


@pytest.mark.parametrize(
    ("secure", "proxy", "sandbox", "expected"),
    [
        (True, True, False, []),
        (True, False, False, ["ehportal.E025"]),
        (True, False, True, ["ehportal.E025"]),
        (False, False, True, []),
        (False, False, False, ["ehportal.E026"]),
        (False, True, False, ["ehportal.E026"]),
    ],
)
def test_the_proxy(
    settings: pytest_django.Settings, secure: bool, proxy: bool, sandbox: bool, expected: list[str]
) -> None:
    settings.SECURE, settings.BEHIND_PROXY, settings.SANDBOX = secure, proxy, sandbox
    assert ids(unsafe.proxy_is_known(None)) == expected


def test_the_owner_serves_nobody(settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "USER", settings.DATABASE_WEB_ROLE)
    assert unsafe.web_role_serves(None) == []
    monkeypatch.setitem(settings.DATABASES["default"], "USER", "ehportal_owner")
    assert ids(unsafe.web_role_serves(None)) == ["ehportal.E027"]


def test_static_files_and_texts(
    settings: pytest_django.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whitenoise.storage import CompressedManifestStaticFilesStorage as Storage

    settings.STATIC_ROOT = str(tmp_path)
    monkeypatch.setattr(unsafe, "staticfiles_storage", Storage(location=str(tmp_path)))
    monkeypatch.setattr(unsafe, "stale_catalogues", lambda: [])
    assert ids(unsafe.files_are_prepared(None)) == ["ehportal.E028"]
    (tmp_path / "staticfiles.json").write_text(
        '{"paths": {"a.css": "a.0123.css"}, "version": "1.1", "hash": ""}'
    )
    monkeypatch.setattr(unsafe, "staticfiles_storage", Storage(location=str(tmp_path)))
    assert unsafe.files_are_prepared(None) == []
    monkeypatch.setattr(unsafe, "stale_catalogues", lambda: [Path("locale/fr/LC_MESSAGES/django.po")])
    [found] = unsafe.files_are_prepared(None)
    assert found.id == "ehportal.E029"
    assert "texts in fr are not compiled" in found.msg


def test_a_catalogue_is_stale_until_it_is_compiled(tmp_path: Path) -> None:
    source = tmp_path / "nl" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Yes"\nmsgstr "Ja"\n'
    )
    assert catalogues.stale_catalogues(tmp_path) == [source]
    assert catalogues.compile_catalogues(tmp_path) == [source.with_suffix(".mo")]
    assert catalogues.stale_catalogues(tmp_path) == []


def test_mail_and_broker(settings: pytest_django.Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.SANDBOX = True
    assert unsafe.mail_leaves(None) == []
    settings.SANDBOX = False
    assert ids(unsafe.mail_leaves(None)) == ["ehportal.E030"]
    assert unsafe.broker_is_redis(None) == []
    settings.REDIS_URL = "localhost:6379"
    assert ids(unsafe.broker_is_redis(None)) == ["ehportal.E031"]


@pytest.mark.django_db
def test_the_database_of_the_tests_is_bound() -> None:
    assert unsafe.web_role_is_bound(None, databases=["default"]) == []
    assert unsafe.web_role_is_bound(None, databases=None) == []


def finding(*found: CheckMessage) -> Any:
    return lambda *args, **kwargs: list(found)


def test_nothing_starts_where_a_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "run_checks", finding(Critical("no anchors", id="ehportal.E009")))
    for begin in (
        lambda: start.refuse_unless_safe("web"),
        lambda: signals.celeryd_init.send(sender=None),
        lambda: signals.beat_init.send(sender=None),
    ):
        with pytest.raises(SystemExit) as ended:
            begin()
        assert ended.value.code == start.REFUSED


def test_advice_keeps_nobody_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "run_checks", finding(Warning("HSTS might be longer", id="security.W004")))
    start.refuse_unless_safe("web")


def test_a_database_that_is_away_keeps_nobody_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(tags: object = None, **_: object) -> list[CheckMessage]:
        if tags:
            raise OperationalError("connection refused")
        return []

    monkeypatch.setattr(start, "run_checks", away)
    start.refuse_unless_safe("web")


def test_what_only_the_database_can_tell_refuses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def bypassing(tags: object = None, **_: object) -> list[CheckMessage]:
        return [Critical("BYPASSRLS", id="ehportal.E032")] if tags else []

    monkeypatch.setattr(start, "run_checks", bypassing)
    with pytest.raises(SystemExit):
        start.refuse_unless_safe("web")
