"""The system checks: each unsafe installation is named, and a safe one is silent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_django
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.checks import CheckMessage, run_checks

from deploy.sandbox.lists.operators import operator_certificate
from ehportal import checks
from tests.certificates.samples import AUTHORITY, NOW, certificate, pem, plain_name

REAL = {
    "production": "https://services.ehealth.fgov.be",
    "acceptance": "https://services-acpt.ehealth.fgov.be",
}
SANDBOX = {"production": "http://127.0.0.1:8101", "acceptance": "http://127.0.0.1:8102"}


def ids(found: list[CheckMessage]) -> list[str]:
    return [str(one.id) for one in found]


def authority(name: str) -> bytes:
    made = certificate(plain_name(name), extensions=(AUTHORITY,), not_after=NOW + timedelta(days=9000))
    return pem(made)


@pytest.fixture
def anchors(tmp_path: Path, settings: pytest_django.Settings) -> dict[str, Path]:
    """Three good files, configured; tests spoil them before the checks read them."""
    files = {name: tmp_path / f"{name}.pem" for name in ("production", "acceptance", "eid")}
    for name, file in files.items():
        file.write_bytes(authority(f"Root of {name}"))
    settings.CERTRA_ANCHORS = {name: [str(files[name])] for name in ("production", "acceptance")}
    settings.EID_ANCHORS = [str(files["eid"])]
    return files


def test_a_safe_installation_is_silent(settings: pytest_django.Settings, anchors: dict[str, Path]) -> None:
    settings.SANDBOX = False
    settings.ORIGIN = "https://certificaten.maasdal.example"
    settings.CERTRA_ENDPOINTS = REAL
    found = [one for one in run_checks() if str(one.id).startswith("ehportal")]
    assert found == []


def test_a_sandbox_on_this_machine_is_silent(
    settings: pytest_django.Settings, anchors: dict[str, Path]
) -> None:
    settings.CERTRA_ENDPOINTS = SANDBOX
    assert [one for one in run_checks() if str(one.id).startswith("ehportal")] == []


def test_django_runs_all_of_them(settings: pytest_django.Settings, anchors: dict[str, Path]) -> None:
    settings.TIME_ZONE = "Europe/Brussels"
    settings.ORIGIN = "http://maasdal.example"
    settings.CERTRA_ENDPOINTS = REAL
    anchors["eid"].unlink()
    found = {str(one.id) for one in run_checks()}
    assert {"ehportal.E001", "ehportal.E002", "ehportal.E005", "ehportal.E008"} <= found


@pytest.mark.parametrize(
    ("zone", "use", "expected"),
    [("UTC", True, []), ("Europe/Brussels", True, ["ehportal.E001"]), ("UTC", False, ["ehportal.E001"])],
)
def test_times_are_utc(settings: pytest_django.Settings, zone: str, use: bool, expected: list[str]) -> None:
    settings.TIME_ZONE, settings.USE_TZ = zone, use
    assert ids(checks.times_are_utc(None)) == expected


@pytest.mark.parametrize(
    ("origin", "safe"),
    [
        ("https://certificaten.maasdal.example", True),
        ("https://certificaten.maasdal.example:8443", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
        ("http://certificaten.maasdal.example", False),
        ("http://10.0.0.5", False),
        ("http://127.0.0.1.evil.example", False),
        ("ftp://maasdal.example", False),
        ("https://maasdal.example/path", False),
        ("https://user@maasdal.example", False),
        ("maasdal.example", False),
        ("", False),
    ],
)
def test_the_origin_is_safe(settings: pytest_django.Settings, origin: str, safe: bool) -> None:
    settings.ORIGIN = origin
    assert ids(checks.origin_is_safe(None)) == ([] if safe else ["ehportal.E002"])


@pytest.mark.parametrize(
    ("sandbox", "changes", "expected"),
    [
        (False, {}, []),
        (True, {}, ["ehportal.E005", "ehportal.E005"]),
        (True, {"production": SANDBOX["production"]}, ["ehportal.E005"]),
        (True, SANDBOX, []),
        (False, SANDBOX, ["ehportal.E006", "ehportal.E006"]),
        (
            True,
            {"production": "http://10.0.0.5", "acceptance": "https://10.0.0.6"},
            ["ehportal.E006"],
        ),
        (False, {"production": "http://services.ehealth.fgov.be"}, ["ehportal.E006"]),
        (False, {"production": REAL["acceptance"]}, ["ehportal.E007", "ehportal.E004"]),
        (False, {"acceptance": REAL["production"]}, ["ehportal.E007", "ehportal.E004"]),
        (
            False,
            {"production": REAL["acceptance"], "acceptance": REAL["production"]},
            ["ehportal.E007", "ehportal.E007"],
        ),
        (
            False,
            {
                "production": "https://proxy.maasdal.example",
                "acceptance": "https://PROXY.maasdal.example:443/",
            },
            ["ehportal.E004"],
        ),
        (False, {"production": "https://proxy.example:1", "acceptance": "https://proxy.example:2"}, []),
        (False, {"production": ""}, ["ehportal.E003"]),
        (False, {"production": "services.ehealth.fgov.be"}, ["ehportal.E003"]),
        (False, {"production": "https://host:port"}, ["ehportal.E003"]),
        (False, {"production": "https://[::1"}, ["ehportal.E003"]),
        (False, {"production": "https://notehealth.fgov.be"}, []),
        (True, {**SANDBOX, "production": "https://ehealth.fgov.be"}, ["ehportal.E005"]),
    ],
)
def test_endpoints_fit(
    settings: pytest_django.Settings, sandbox: bool, changes: dict[str, str], expected: list[str]
) -> None:
    settings.SANDBOX = sandbox
    settings.CERTRA_ENDPOINTS = REAL | changes
    assert ids(checks.endpoints_fit(None)) == expected


def test_an_environment_without_an_address(settings: pytest_django.Settings) -> None:
    settings.SANDBOX = False
    settings.CERTRA_ENDPOINTS = {"production": REAL["production"]}
    assert ids(checks.endpoints_fit(None)) == ["ehportal.E003"]


def missing(files: dict[str, Path]) -> None:
    files["production"].unlink()


def no_pem(files: dict[str, Path]) -> None:
    files["acceptance"].write_text("hello")


def empty(files: dict[str, Path]) -> None:
    files["eid"].write_text("")


def damaged(files: dict[str, Path]) -> None:
    files["eid"].write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def no_root(files: dict[str, Path]) -> None:
    files["production"].write_bytes(
        pem(certificate(plain_name("Issuing"), issuer=plain_name("Root"), extensions=(AUTHORITY,)))
    )


def shared(files: dict[str, Path]) -> None:
    extra = files["acceptance"].read_bytes()
    files["production"].write_bytes(files["production"].read_bytes() + extra)


@pytest.mark.parametrize(
    ("spoil", "expected", "name"),
    [
        (missing, ["ehportal.E008"], "CERTRA_PRODUCTION_ANCHORS"),
        (no_pem, ["ehportal.E008"], "CERTRA_ACCEPTANCE_ANCHORS"),
        (empty, ["ehportal.E008"], "EID_ANCHORS"),
        (damaged, ["ehportal.E008"], "EID_ANCHORS"),
        (no_root, ["ehportal.E009"], "CERTRA_PRODUCTION_ANCHORS"),
        (shared, ["ehportal.E010"], "Production and acceptance"),
    ],
)
def test_anchors_are_apart_and_readable(
    anchors: dict[str, Path],
    spoil: Callable[[dict[str, Path]], None],
    expected: list[str],
    name: str,
) -> None:
    spoil(anchors)
    found = checks.anchors_are_apart(None)
    assert ids(found) == expected
    assert name in found[0].msg


def test_no_anchors_at_all(settings: pytest_django.Settings) -> None:
    settings.CERTRA_ANCHORS = {"production": [], "acceptance": []}
    settings.EID_ANCHORS = []
    assert ids(checks.anchors_are_apart(None)) == ["ehportal.E009"] * 3


def test_a_private_key_among_the_anchors_is_no_certificate(anchors: dict[str, Path]) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from tests.certificates.samples import key

    secret = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    anchors["production"].write_bytes(anchors["production"].read_bytes() + secret)
    assert ids(checks.anchors_are_apart(None)) == ["ehportal.E008"]


GUARD = {"BACKEND": "ehportal.sign_in_cache.SignInCache", "LOCATION": "ehportal_cache"}
DROPPING = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "ehportal_cache"}


@pytest.mark.parametrize(
    ("caches", "found"),
    [
        ({"default": GUARD}, []),
        ({"default": GUARD, "pages": DROPPING | {"LOCATION": "pages"}}, []),
        ({"default": GUARD, "pages": DROPPING}, ["ehportal.E011"]),
        ({"default": DROPPING}, ["ehportal.E011"]),
        ({"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}, ["ehportal.E011"]),
        ({"default": {"BACKEND": "nowhere.Cache", "LOCATION": "x"}}, ["ehportal.E011"]),
    ],
)
def test_the_sign_in_has_a_cache_of_its_own(
    monkeypatch: pytest.MonkeyPatch, caches: dict[str, dict[str, str]], found: list[str]
) -> None:
    """What drops entries to make room would forget a limit, or that a code was used."""
    monkeypatch.setattr("django.conf.settings.CACHES", caches)
    assert ids(checks.sign_in_has_room_of_its_own(None)) == found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"CERTRA_DEADLINE": 60}, []),
        ({"CERTRA_DEADLINE": 61}, ["ehportal.E013"]),
        ({"REVOCATION_DEADLINE": 41}, ["ehportal.E013"]),
        ({"WORK_LEASE": 69}, ["ehportal.E013"]),
        ({"WORK_LEASE": 120}, ["ehportal.E014"]),
        ({"CERTRA_SUBMISSION_GRACE": 90}, ["ehportal.E014"]),
        ({"CERTRA_SUBMISSION_GRACE": 40}, ["ehportal.E014", "ehportal.E015"]),
        ({"CERTRA_DEADLINE": 0}, ["ehportal.E012"]),
        ({"REVOCATION_DEADLINE": 0}, ["ehportal.E012"]),
    ],
)
def test_calls_end_in_time(
    settings: pytest_django.Settings, changes: dict[str, float], expected: list[str]
) -> None:
    defaults = {
        "CERTRA_DEADLINE": 40,
        "REVOCATION_DEADLINE": 20,
        "WORK_LEASE": 90,
        "CERTRA_SUBMISSION_GRACE": 120,
    }
    for name, value in (defaults | changes).items():
        setattr(settings, name, value)
    assert ids(checks.calls_end_in_time(None)) == expected


@pytest.mark.parametrize(
    ("addresses", "signers", "expected"),
    [
        ({}, {}, []),
        (REAL, {"production": "production", "acceptance": "acceptance"}, []),
        ({"production": REAL["production"]}, {"production": "production"}, []),
        (REAL, {"production": "production"}, ["ehportal.E030"]),
        ({"production": "service"}, {"production": "production"}, ["ehportal.E030"]),
        ({"production": REAL["production"]}, {"production": "gone"}, ["ehportal.E030"]),
        ({"production": REAL["acceptance"]}, {"production": "production"}, ["ehportal.E007"]),
        ({"production": "http://services.ehealth.fgov.be"}, {"production": "production"}, ["ehportal.E006"]),
        (REAL, {"production": "production", "acceptance": "production"}, ["ehportal.E031"]),
    ],
)
def test_a_token_service_is_one_of_its_own_environment(
    settings: pytest_django.Settings,
    anchors: dict[str, Path],
    addresses: dict[str, str],
    signers: dict[str, str],
    expected: list[str],
) -> None:
    settings.SANDBOX = False
    names = ("production", "acceptance")
    settings.STS_ENDPOINTS = {name: addresses.get(name, "") for name in names}
    folder = anchors["eid"].parent
    settings.IAM_SIGNERS = {
        name: [str(folder / f"{signers[name]}.pem")] if name in signers else [] for name in names
    }
    assert ids(checks.sessions_fit(None)) == expected


def operator_file(folder: Path, name: str, **kind: bool) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    file = folder / f"{name}.pem"
    made = operator_certificate(name, key, datetime.now(UTC), **kind)
    file.write_bytes(made.public_bytes(Encoding.PEM))
    return str(file)


def test_trusted_lists_and_their_operators_fit(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.SANDBOX = False
    files = {name: operator_file(tmp_path, name) for name in ("production", "acceptance")}
    good = {"production": "https://tsl.ehealth.fgov.be", "acceptance": "https://tsl-acpt.ehealth.fgov.be"}
    mine = {name: [file] for name, file in files.items()}
    unfit = {**mine, "production": [operator_file(tmp_path, "unfit", usage=False)]}
    for addresses, operators, expected in (
        ({"production": "", "acceptance": ""}, {"production": [], "acceptance": []}, []),
        (good, mine, []),
        (good, {**mine, "production": []}, ["ehportal.E016"]),
        ({**good, "production": ""}, mine, ["ehportal.E016"]),
        ({**good, "production": "ftp://tsl"}, mine, ["ehportal.E016"]),
        (good, {**mine, "production": ["/nowhere.pem"]}, ["ehportal.E016"]),
        ({**good, "production": "http://tsl.ehealth.fgov.be"}, mine, ["ehportal.E006"]),
        ({**good, "production": good["acceptance"]}, mine, ["ehportal.E007"]),
        (good, unfit, ["ehportal.E017"]),
        (good, {**mine, "production": mine["acceptance"]}, ["ehportal.E017"]),
    ):
        settings.TSL_ADDRESSES, settings.TSL_OPERATORS = addresses, operators
        assert ids(checks.lists_fit(None)) == expected, (addresses, operators)
    settings.TSL_ADDRESSES, settings.TSL_OPERATORS = good, mine
    settings.TSL_TRUSTED_STATUSES = ["granted", "withdrawn"]
    assert ids(checks.lists_fit(None)) == ["ehportal.E018"]
