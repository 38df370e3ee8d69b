"""Hostile inputs by the hundred: damaged requests, proofs, enrolments and files, from one seed.

Nothing of it may be accepted, answered with a server error, take long, or change a row. A sample runs with the other
tests, all of it with --full, which prints its counts.
"""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from agent.wire.errors import WireError
from agent.wire.link.proofs import make_proof
from agent.wire.xml.signature import verify_enveloped
from certificates.domain.files import read_file
from certificates.domain.lifecycle import RequestState
from tests.support.effort import Effort
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess

SEED = 20261124
SLOWEST_SECONDS = 5.0
ORIGIN = "http://127.0.0.1:8000"
pytestmark = [pytest.mark.campaign, pytest.mark.django_db]
Damage = Callable[[bytes, random.Random], bytes]


def flip(data: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def double(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    end = min(len(data), start + dice.randrange(1, 400))
    return data[:end] + data[start:]


def swallow(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.randrange(1, 400) :]


INSERTS = (
    b"<!-- -->", b"<?x y?>", b"&x;", b"&#0;", b"<![CDATA[", b"]]>", b"\x00", b"\xff\xfe", b"</", b"<a", b'"', b"&lt;",
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', b' Id="_x"', b"xmlns:ds='urn:x' ", b"\xe2\x80\xae",
)  # fmt: skip


def insert(data: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + dice.choice(INSERTS) + data[place:]


def swap(data: bytes, dice: random.Random) -> bytes:
    first, second = sorted(dice.sample(range(len(data)), 2))
    size = min(dice.randrange(1, 200), second - first)
    one, two = data[first : first + size], data[second : second + size]
    return data[:first] + two + data[first + size : second] + one + data[second + size :]


FIELDS = (
    "signature",
    "algorithm",
    "certificates",
    "device_label",
    "request",
    "reason",
    "format",
    "fingerprint",
)
DAMAGES: tuple[Damage, ...] = (flip, cut, double, swallow, insert, swap)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    effort = Effort()
    answer = call()
    return answer, effort.seconds


def same_signed(one: bytes, other: bytes) -> bool:
    """True when a damage missed everything that counts, such as the Id of the signature itself."""
    try:
        first, second = verify_enveloped(one), verify_enveloped(other)
    except WireError:
        return False
    return first.data == second.data and first.chain == second.chain


def test_damaged_signed_requests(
    government: SandboxProcess, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital = make_hospital()
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    request = hospital.step(hospital.request(application_id="HOSTILE"))
    job = holder.job(request.job.pk)
    good = holder.signed(job.request)
    dice = random.Random(SEED)  # noqa: S311  # reproducible, not secret
    found: Counter[str] = Counter()
    slowest = 0.0
    rounds = 3000 if full else 120
    for _ in range(rounds):
        bad = dice.choice(DAMAGES)(good, dice)
        if bad == good or same_signed(bad, good):
            continue
        answer, seconds = timed(lambda bad=bad: holder.send(job.id, bad))  # type: ignore[misc]  # bound now
        slowest = max(slowest, seconds)
        assert 400 <= answer.status_code < 500, (answer.status_code, bad)
        found[answer.json()["code"]] += 1
        assert seconds < SLOWEST_SECONDS, bad
    assert hospital.reload(request).state == RequestState.AWAITING_SIGNATURE
    assert holder.send(job.id, good).status_code == 202, "the right bytes are still taken"
    with capsys.disabled():
        print(f"\n  {sum(found.values())} damaged requests refused, slowest {slowest:.2f} s: {dict(found)}")


def test_damaged_proofs_and_bodies(
    government: SandboxProcess, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    make_hospital()
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    dice = random.Random(SEED)  # noqa: S311  # reproducible, not secret
    found: Counter[str] = Counter()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~ \u00e9"
    for _ in range(1000 if full else 80):
        good = make_proof(
            holder.device_key, method="GET", url=f"{ORIGIN}/agent/v1/jobs", body=b"", now=datetime.now(UTC)
        )
        place = dice.randrange(len(good))
        bad = good[:place] + dice.choice(alphabet) + good[place + dice.randrange(2) :]
        if bad == good:
            continue
        answer = holder.call("GET", "/agent/v1/jobs", proof=bad)
        # The last character of a signature has bits that mean nothing: then the proof still is the device's own.
        assert answer.status_code == 401, bad
        found[answer.json()["code"]] += 1
    values: list[Any] = [
        None,
        True,
        0,
        -1,
        1e308,
        "",
        "x" * 10_000,
        [],
        {},
        [[[[[]]]]],
        {"a": {"b": []}},
        "\ud800",
        "0" * 22,
    ]
    for _ in range(300 if full else 40):
        body = {name: dice.choice(values) for name in dice.sample(FIELDS, 4)}
        path = dice.choice(["enrolments/AAAAAAAAAAAAAAAAAAAAAA", "jobs/AAAAAAAAAAAAAAAAAAAAAA/signed-request",
                            "jobs/AAAAAAAAAAAAAAAAAAAAAA/decline", "jobs/AAAAAAAAAAAAAAAAAAAAAA/stored"])  # fmt: skip
        answer = holder.call("POST", f"/agent/v1/{path}", body, with_key=path.startswith("enrol"))
        assert 400 <= answer.status_code < 500, (answer.status_code, path, body)
        found[answer.json()["code"]] += 1
    for raw in (b"", b"{", b"[]", b"null", b"\xff", b"[" * 5000, json.dumps({"a": 1}).encode() * 2):
        proof = make_proof(
            holder.device_key,
            method="POST",
            url=f"{ORIGIN}/agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA/decline",
            body=raw,
            now=datetime.now(UTC),
        )
        answer = holder.client.generic(
            "POST",
            "/agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA/decline",
            raw,
            content_type="application/json",
            headers={"Ehportal-Proof": proof},
        )
        assert 400 <= answer.status_code < 500, raw[:40]
        found[answer.json()["code"]] += 1
    with capsys.disabled():
        print(f"\n  {sum(found.values())} damaged proofs and bodies refused: {dict(found)}")


def test_damaged_files(government: SandboxProcess, full: bool, capsys: pytest.CaptureFixture[str]) -> None:
    pem = b"".join(
        (government.pki / "production" / f"{name}.pem").read_bytes() for name in ("root", "issuing")
    )
    certificates = x509.load_pem_x509_certificates(pem)
    der = certificates[0].public_bytes(Encoding.DER)
    bundle = pkcs7.serialize_certificates(certificates, Encoding.DER)
    pem7 = pkcs7.serialize_certificates(certificates, Encoding.PEM)
    dice = random.Random(SEED)  # noqa: S311  # reproducible, not secret
    found: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(5000 if full else 400):
        bad = dice.choice(DAMAGES)(dice.choice((pem, der, bundle, pem7)), dice)
        content, seconds = timed(lambda bad=bad: read_file(bad))  # type: ignore[misc]  # bound now
        slowest = max(slowest, seconds)
        assert seconds < SLOWEST_SECONDS
        found[content.problem or "read"] += 1
        assert len(content.certificates) <= 4
    with capsys.disabled():
        print(f"\n  {sum(found.values())} damaged files, slowest {slowest:.3f} s: {dict(found)}")


def test_base64_that_is_not(government: SandboxProcess) -> None:
    make_hospital()
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    for text in ("%%%", "A" * 500_000, base64.b64encode(b"\x00" * 10).decode() + "\n", "é"):
        answer = holder.call(
            "POST", "/agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA/signed-request", {"request": text}
        )
        assert 400 <= answer.status_code < 500
