"""The government's own records with the real agent: asked on the page, signed with the card, taken over, there."""

import re
from datetime import UTC, datetime, timedelta

from deploy.stack.demo.accounts import TILLEULS
from tests.journeys.conftest import PIN, World, logs_of

ASKED = r"Do you ask this\? \[y/N\] "
REFUSE = r"let whoever asked it know\? \[y/N\] "


def ask(world: World) -> tuple[str, str]:
    """Ask with Luc's own card; returns the page's path and the job."""
    luc = world.browser("luc.dubois@tilleuls.example")
    page = luc.get("/records/")
    person = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Luc Dubois', page)
    assert person is not None
    luc.post("/records/", {"holder_id": person[1], "environment": "production"})
    job = re.search(r"ehportal://run/([A-Za-z0-9_-]{22})", luc.last)
    assert job is not None
    return luc.path, job[1]


def test_a_hospital_fills_its_inventory(world: World) -> None:
    names = ("REGISTRE-A", "REGISTRE-B")
    kind, value = TILLEULS.identifiers[0]
    for name in names:
        world.control(
            "/control/issue",
            {
                "environment": "production",
                "identifier": {"type": kind, "value": value},
                "name": TILLEULS.name,
                "application_id": name,
                "not_before": (datetime.now(UTC) - timedelta(days=400)).isoformat(),
            },
        )
    luc = world.browser("luc.dubois@tilleuls.example")
    path, job = ask(world)

    # Somebody else's workstation is shown nothing of it.
    status, seen = world.terminal("peeters").run("run", job)
    assert status == 1
    assert "Luc" not in seen

    # Luc looks, says no, and is asked once more later: nothing was sent.
    status, _ = world.terminal("dubois").run("run", job, answers={ASKED: "n", REFUSE: "n"})
    assert status == 4

    status, seen = world.terminal("dubois").run("run", job, answers={ASKED: "y"})
    assert status == 0, seen
    assert "GetActorQualities" in seen
    assert "93••••••361" in seen
    assert TILLEULS.ssin not in seen
    assert seen.count("to identify yourself") == 1, "one PIN for both questions"
    assert PIN not in seen

    page = luc.get(path)
    for name in names:
        assert f"CBE={value}, {name}" in page
    assert "REGISTRE-A" not in luc.get("/certificates/"), "nothing is taken over by itself"
    luc.get(path)
    luc.post(f"{path}decide", {"deed": "accept-all"})
    inventory = luc.get("/certificates/")
    for name in names:
        assert name in inventory
    assert "71072393" in luc.get("/organisation/")
    assert "REGISTRE-A" not in world.administrator.get("/certificates/"), (
        "another tenant's stay another tenant's"
    )

    # The same job is over.
    status, _ = world.terminal("dubois").run("run", job)
    assert status in (0, 1)
    assert TILLEULS.ssin not in logs_of(world)
