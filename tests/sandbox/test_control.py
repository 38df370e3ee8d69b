"""The control address: what it takes, and what it refuses without changing anything."""

import base64
from typing import Any
from urllib.error import HTTPError

import pytest

from deploy.sandbox.state.received import KEPT
from deploy.sandbox.state.store import Store
from tests.sandbox import messages
from tests.sandbox.messages import call
from tests.sandbox.operations.test_journey import identifier, submit
from tests.support.sandbox import SandboxProcess

KEY = "00" * 20


def test_health_tells_the_sandbox_time(sandbox: SandboxProcess) -> None:
    assert sandbox.control_get("/health")["status"] == "ok"
    moved = sandbox.control_post("/control/clock", {"offset_seconds": 86400})
    assert moved["offset_seconds"] == 86400
    assert sandbox.control_get("/health")["time"] >= moved["time"]


@pytest.mark.parametrize(
    ("method", "path", "value", "status"),
    [
        ("GET", "/control", None, 404),
        ("GET", "/control/clock", None, 405),
        ("POST", "/control/clock", {"offset_seconds": "1"}, 400),
        ("POST", "/control/clock", {"offset_seconds": 1e12}, 400),
        ("POST", "/control/clock", [], 400),
        ("POST", "/control/issuance", {"mode": "sometimes"}, 400),
        ("POST", "/control/issuance", {"delay_seconds": -1}, 400),
        ("POST", "/control/issuance", {"delay": 1}, 400),
        ("POST", "/control/cards/revoke", {"ssin": "85073003328"}, 400),
        ("POST", "/control/cards/revoke", {"ssin": "79092305408", "which": "signature"}, 404),
        ("POST", f"/control/requests/production/{KEY}/deliver", None, 404),
        ("POST", f"/control/requests/elsewhere/{KEY}/deliver", None, 404),
        ("POST", f"/control/certificates/production/{KEY}/revoke", None, 404),
        ("POST", f"/control/certificates/production/{KEY}/revoke", {"reason": "boredom"}, 400),
        ("POST", "/control/faults", {"kind": "slow", "operation": "Sing"}, 400),
        ("POST", "/control/faults", {"kind": "slow", "times": 0}, 400),
        ("PUT", "/control/source", {}, 400),
        ("PUT", "/control/source", [], 400),
        ("PATCH", "/control/source", {"people": [{}]}, 400),
        ("PATCH", "/control/source", {"people": [{"ssin": "85073003329"}]}, 400),
        (
            "PATCH",
            "/control/source",
            {
                "mandates": [
                    {
                        "ssin": "85073003328",
                        "organisation": {"type": "EHP", "value": "1990000035"},
                        "since": "2025-01-01",
                    }
                ]
            },
            400,
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    sandbox: SandboxProcess, method: str, path: str, value: Any, status: int
) -> None:
    before = sandbox.control_get("/control/source"), sandbox.control_get("/control/issuance")
    with pytest.raises(HTTPError) as refused:
        sandbox.control_post(path, value, method=method)
    assert refused.value.code == status
    assert (sandbox.control_get("/control/source"), sandbox.control_get("/control/issuance")) == before


def test_a_decided_request_cannot_be_decided_again(sandbox: SandboxProcess, cards: dict[str, Any]) -> None:
    sandbox.control_post("/control/issuance", {"mode": "manual"})
    _, key = submit(sandbox.production, cards["an"])
    (listed,) = sandbox.control_get("/control/requests")
    assert (listed["pki"], listed["state"], listed["mode"]) == (identifier(key), "pending", "manual")
    sandbox.control_post(f"/control/requests/production/{identifier(key)}/refuse")
    for decision in ("deliver", "refuse"):
        with pytest.raises(HTTPError) as refused:
            sandbox.control_post(f"/control/requests/production/{identifier(key)}/{decision}")
        assert refused.value.code == 409


def test_the_source_can_be_replaced(sandbox: SandboxProcess) -> None:
    document: dict[str, list[Any]] = {"people": [], "organisations": [], "mandates": []}
    assert sandbox.control_post("/control/source", document, method="PUT") == document
    assert sandbox.control_get("/control/source") == document


def test_only_the_last_thousand_messages_are_kept(sandbox: SandboxProcess) -> None:
    call(sandbox.production, messages.request("GetGenericOrganizationTypes"))
    with Store(sandbox.state).transaction() as db:
        db.executemany(
            "INSERT INTO received (time, environment, operation, body, outcome) VALUES ('', 'production', ?, x'', '')",
            [(str(number),) for number in range(KEPT + 5)],
        )
    element = messages.request("GetGenericOrganizationTypes")
    call(sandbox.acceptance, element)
    entries = sandbox.control_get("/control/received")
    assert len(entries) == KEPT
    assert base64.b64decode(entries[-1]["body"]) == messages.envelope(element)


def test_a_folder_serves_one_sandbox_at_a_time(sandbox: SandboxProcess) -> None:
    with pytest.raises(RuntimeError, match="already running"):
        SandboxProcess(sandbox.state).start()
    assert sandbox.control_get("/health")["status"] == "ok"
