"""What the name of a key store tells, and what lies under a folder."""

from datetime import UTC, datetime

import pytest

from certificates.domain.installations import estimate, file_of, lies_under, name_of


@pytest.mark.parametrize(
    ("path", "name", "ends"),
    [
        (
            "/home/an/CBE=0406798006 20200827-144621.p12",
            "CBE=0406798006",
            datetime(2023, 8, 27, 14, 46, 21, tzinfo=UTC),
        ),
        (
            r"C:\ehealth\CBE=0406798006,APP 20240229-000000.acc-p12",
            "CBE=0406798006, APP",
            datetime(2027, 3, 1, tzinfo=UTC),
        ),
        ("CBE=1 99991231-000000.p12", None, None),
        ("CBE=1 00010101-000000.p12", None, None),
        ("CBE=1 20201350-000000.p12", None, None),
        ("/home/an/store.p12", None, None),
        ("", None, None),
    ],
)
def test_the_estimate(path: str, name: str | None, ends: datetime | None) -> None:
    found = estimate(path)
    assert (found and str(found.name), found and found.not_after) == (name, ends)


def test_the_certificates_own_name_is_stronger_than_the_files() -> None:
    path = "CBE=0406798006 20200827-144621.p12"
    assert str(name_of("CN=CBE\\=0809394427,C=BE", path)) == "CBE=0809394427"
    assert name_of("CN=An Peeters,C=BE", path) is None
    assert str(name_of(None, path)) == "CBE=0406798006"


@pytest.mark.parametrize(
    ("path", "folders", "under"),
    [
        ("/a/b/c.p12", ("/a/b",), True),
        ("/a/b/c.p12", ("/a/b/",), True),
        ("/a/b/d/c.p12", ("/a",), True),
        ("/a/bc/c.p12", ("/a/b",), False),
        ("/a/b", ("/a/b",), False),
        (r"C:\e\k\c.p12", ("C:\\e\\k", "/x"), True),
        ("/a/c.p12", ("/",), True),
        ("/a/c.p12", (), False),
    ],
)
def test_folders_are_whole_parts(path: str, folders: tuple[str, ...], under: bool) -> None:
    assert lies_under(path, folders) is under


def test_the_last_part_of_a_path_of_any_system() -> None:
    assert {file_of("/a/b.p12"), file_of(r"C:\a\b.p12"), file_of("b.p12")} == {"b.p12"}
