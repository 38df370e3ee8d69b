"""Encryption tokens: from an offered key to the depot, over replacement, to the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL, NS
from tests.sandbox.operations.test_journey import identifier
from tests.sandbox.operations.test_questions import register as infos
from tests.sandbox.tokens.messages import (
    System,
    b64,
    certificates_inside,
    complete,
    depot,
    encryption_certificate,
    errors,
    etk,
    matches,
    open_challenge,
    open_token,
    register,
    start,
    system,
)
from tests.support.sandbox import SandboxProcess

DAY = 86400
NOBODY = ("CBE", "0809394427")


def token_status(holder: System, sandbox: SandboxProcess) -> str:
    """ETKStatus as the control address tells it: it asks the same register and needs no card."""
    (found,) = [r for r in sandbox.control_get("/control/requests") if r["pki"] == holder.pki]
    return str(found["token"])


@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_a_key_becomes_a_token_that_anyone_can_check(
    sandbox: SandboxProcess, cards: dict[str, Identity], environment: str, tmp_path: Path
) -> None:
    holder = system(sandbox, cards["an"], environment=environment)
    assert token_status(holder, sandbox) == "NOT_REQUESTED"
    key = messages.new_key()
    serial = open_challenge(start(holder, key), key)
    assert token_status(holder, sandbox) == "IN_REQUEST"
    certificate = encryption_certificate(holder, key, int.from_bytes(serial, "big"))
    reply = complete(holder, certificate)
    assert reply.element[-1].text == "false"
    assert token_status(holder, sandbox) == "VALID_ACTIVE"
    root = sandbox.pki / environment / "root.pem"
    assert open_token(etk(reply), root, tmp_path) == certificate
    inside = certificates_inside(etk(reply), tmp_path)
    maker = x509.load_pem_x509_certificate((sandbox.pki / environment / "etk-ra.pem").read_bytes())
    assert len(inside) == 3
    assert set(inside) == {maker, holder.chain[0], holder.chain[1]}
    assert etk(depot(holder.base, HOSPITAL)) == etk(reply)


def test_the_register_tells_of_the_token(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    register(holder)
    (info,) = infos(sandbox.production, cards["an"])
    assert info.findtext("k:ETKStatus", "", NS) == "VALID_ACTIVE"


@pytest.mark.parametrize(
    "serial", ["00" * 15 + "01", "ff" * 16, "00" * 8 + "80" + "00" * 7, "80" + "00" * 15]
)
def test_serials_with_leading_zeros_or_a_high_bit(
    sandbox: SandboxProcess, cards: dict[str, Identity], serial: str
) -> None:
    holder = system(sandbox, cards["an"])
    sandbox.control_post("/control/challenge", {"serial": serial})
    reply, certificate, _ = register(holder)
    assert x509.load_der_x509_certificate(certificate).serial_number == int(serial, 16)
    assert certificate in etk(reply)


def test_a_challenge_is_never_the_same(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    """A second start counts, the first one's serial is worth nothing any more."""
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    first = open_challenge(start(holder, key), key)
    second = open_challenge(start(holder, key), key)
    assert first != second
    old = complete(holder, encryption_certificate(holder, key, int.from_bytes(first, "big")))
    assert (old.code, old.parameters()) == ("INVALID_ENCRYPTION_CERTIFICATE", {"Field": "SerialNumber"})
    assert (
        complete(holder, encryption_certificate(holder, key, int.from_bytes(second, "big"))).code == "success"
    )


NAME = x509.Name.from_rfc4514_string("CN=CBE\\=0406798006,C=BE")
STRANGER = messages.new_key()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("Subject", {"subject": NAME}),
        ("Issuer", {"issuer": NAME}),
        ("Validity", {"longer": timedelta(seconds=1)}),
        ("KeyUsage", {"usages": ("key_encipherment",)}),
        ("KeyUsage", {"usages": ("key_encipherment", "data_encipherment", "digital_signature")}),
        ("KeyUsage", {"critical": False}),
        ("Extensions", {"more": x509.BasicConstraints(ca=False, path_length=None)}),
        ("SignatureAlgorithm", {"digest": hashes.SHA512()}),
        ("Signature", {"signer": STRANGER}),
    ],
)
def test_a_certificate_that_is_not_exactly_right(
    sandbox: SandboxProcess, cards: dict[str, Identity], field: str, change: dict[str, object]
) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    serial = int.from_bytes(open_challenge(start(holder, key), key), "big")
    reply = complete(holder, encryption_certificate(holder, key, serial, **change))  # type: ignore[arg-type]  # a table of variations
    assert (reply.code, reply.parameters()) == ("INVALID_ENCRYPTION_CERTIFICATE", {"Field": field})
    other = complete(holder, encryption_certificate(holder, STRANGER, serial))
    assert other.parameters() == {"Field": "PublicKey"}
    assert token_status(holder, sandbox) == "IN_REQUEST"
    assert complete(holder, encryption_certificate(holder, key, serial)).code == "success"


@pytest.mark.parametrize("what", [b"", b"hello", b"0\x03\x02\x01\x01"])
def test_something_that_is_no_certificate(
    sandbox: SandboxProcess, cards: dict[str, Identity], what: bytes
) -> None:
    holder = system(sandbox, cards["an"])
    start(holder, messages.new_key())
    reply = complete(holder, what)
    assert (reply.code, reply.parameters()) == ("INVALID_ENCRYPTION_CERTIFICATE", {"Field": "Encoding"})


def test_bytes_behind_a_certificate_are_seen(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    serial = int.from_bytes(open_challenge(start(holder, key), key), "big")
    reply = complete(holder, encryption_certificate(holder, key, serial) + b"\0")
    assert reply.parameters() == {"Field": "Encoding"}


def test_keys_that_are_not_taken(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    wrong: list[bytes] = [b"", b"hello"]
    for key in (
        rsa.generate_private_key(public_exponent=65537, key_size=3072).public_key(),
        ec.generate_private_key(ec.SECP256R1()).public_key(),
    ):
        wrong.append(
            key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    for offered in wrong:
        content = f"<r:PublicEncryptionKey>{b64(offered)}</r:PublicEncryptionKey>"
        assert holder.ask("StartETKRegistration", content).code == "INVALID_ENCRYPTION_KEY"
    own = start(holder, holder.key)
    assert (own.code, own.parameters()) == (
        "KEY_ALREADY_REGISTERED",
        {"PublicKeyIdentifier": identifier(holder.key).upper()},
    )
    second = system(sandbox, cards["an"], "LABO")
    _, _, taken = register(second)
    assert start(holder, taken).code == "KEY_ALREADY_REGISTERED"


def test_steps_out_of_order(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    early = complete(holder, encryption_certificate(holder, key, 5))
    assert early.code == "ETK_REGISTRATION_NOT_STARTED"
    assert holder.ask("ActivateETK").code == "ETK_NOT_REGISTERED"
    reply, certificate, _ = register(holder)
    assert start(holder, messages.new_key()).code == "ETK_ALREADY_REGISTERED"
    again = complete(holder, certificate)
    assert (again.code, etk(again)) == ("success", etk(reply))
    assert complete(holder, encryption_certificate(holder, key, 5)).code == "ETK_ALREADY_REGISTERED"
    assert holder.ask("ActivateETK").code == "ETK_ALREADY_ACTIVE"


def test_a_lost_answer_is_asked_for_again(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    serial = int.from_bytes(open_challenge(start(holder, key), key), "big")
    certificate = encryption_certificate(holder, key, serial)
    with pytest.raises(ConnectionError):
        complete(holder, certificate, "drop-after-commit")
    reply = complete(holder, certificate)
    assert etk(reply) == etk(depot(holder.base, HOSPITAL))


def test_of_many_callers_at_once_all_get_one_token(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    serial = int.from_bytes(open_challenge(start(holder, key), key), "big")
    certificate = encryption_certificate(holder, key, serial)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: complete(holder, certificate), range(6)))
    assert {reply.code for reply in replies} == {"success"}
    assert len({etk(reply) for reply in replies}) == 1


def test_who_may_sign(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    key = messages.new_key()
    leaf, issuing, root = holder.chain
    card = cards["an"]
    as_card = System(
        holder.base,
        card.authentication_key,  # type: ignore[arg-type]  # a card with RSA keys
        (card.authentication, card.authority, card.root),
    )
    assert start(as_card, key).code == "CERTIFICATE_NOT_TRUSTED"
    assert start(System(sandbox.acceptance, holder.key, holder.chain), key).code == "CERTIFICATE_NOT_TRUSTED"
    assert start(System(holder.base, holder.key, (leaf,)), key).code == "CERTIFICATE_NOT_TRUSTED"
    assert (
        start(System(holder.base, holder.key, (leaf, root, issuing)), key).code == "CERTIFICATE_NOT_TRUSTED"
    )
    assert start(System(holder.base, messages.new_key(), holder.chain), key).code == "INVALID_SIGNATURE"
    assert start(System(holder.base, holder.key, (leaf, issuing)), key).code == "success"
    maker = x509.load_pem_x509_certificate((sandbox.pki / "production" / "etk-ra.pem").read_bytes())
    file = sandbox.pki / "private" / "production-etk-ra.key"
    made = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(made, rsa.RSAPrivateKey)
    as_maker = System(holder.base, made, (maker, issuing, root))
    assert start(as_maker, key).code == "CERTIFICATE_NOT_TRUSTED"


def test_a_replacement_waits_until_it_is_activated(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    sandbox.control_post("/control/clock", {"offset_seconds": -1020 * DAY})
    old = system(sandbox, cards["an"])
    first, _, _ = register(old)
    sandbox.control_post("/control/clock", {"offset_seconds": 0})
    new = system(sandbox, cards["an"])
    second, _, _ = register(new)
    assert second.element[-1].text == "true"
    assert [token_status(s, sandbox) for s in (old, new)] == ["VALID_ACTIVE", "WAIT_FOR_ACTIVATION"]
    assert etk(depot(new.base, HOSPITAL)) == etk(first)
    assert new.ask("ActivateETK").code == "success"
    assert [token_status(s, sandbox) for s in (old, new)] == ["EXPIRED", "VALID_ACTIVE"]
    assert etk(depot(new.base, HOSPITAL)) == etk(second)
    assert new.ask("ActivateETK").code == "ETK_ALREADY_ACTIVE"
    assert old.ask("ActivateETK").code == "ETK_ALREADY_ACTIVE"
    assert etk(depot(new.base, HOSPITAL)) == etk(second)


def test_a_token_dies_with_its_certificate(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    register(holder)
    sandbox.control_post("/control/clock", {"offset_seconds": 1100 * DAY})
    assert token_status(holder, sandbox) == "EXPIRED"
    assert errors(depot(holder.base, HOSPITAL)) == ["ETK_NOT_FOUND"]
    assert holder.ask("ActivateETK").code == "CERTIFICATE_EXPIRED"
    sandbox.control_post("/control/clock", {"offset_seconds": 0})
    assert errors(depot(holder.base, HOSPITAL)) == []
    sandbox.control_post(f"/control/certificates/production/{holder.pki}/revoke")
    assert token_status(holder, sandbox) == "REVOKED"
    assert errors(depot(holder.base, HOSPITAL)) == ["ETK_NOT_FOUND"]
    assert start(holder, messages.new_key()).code == "CERTIFICATE_REVOKED"


def test_tokens_survive_a_restart(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    done, begun = system(sandbox, cards["an"]), system(sandbox, cards["an"], "LABO")
    reply, certificate, _ = register(done)
    key = messages.new_key()
    serial = open_challenge(start(begun, key), key)
    sandbox.restart()
    assert etk(depot(done.base, HOSPITAL)) == etk(reply) == etk(complete(done, certificate))
    assert (
        complete(begun, encryption_certificate(begun, key, int.from_bytes(serial, "big"))).code == "success"
    )


def test_the_depot_knows_whom_one_could_mean(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    labo, apo = system(sandbox, cards["an"], "LABO"), system(sandbox, cards["an"], "APO")
    own = system(sandbox, cards["sofie"], owner=("SSIN", "00010100105"))
    tokens = [etk(register(one)[0]) for one in (labo, apo, own)]
    base = sandbox.production
    assert etk(depot(base, (*HOSPITAL, "LABO"))) == tokens[0]
    assert etk(depot(base, ("SSIN", "00010100105"))) == tokens[2]
    assert etk(depot(base, ("SSIN", "00010100105"), NOBODY)) == tokens[2]
    assert matches(depot(base, HOSPITAL)) == [(*HOSPITAL, "LABO"), (*HOSPITAL, "APO")]
    both = depot(base, (*HOSPITAL, "APO"), ("SSIN", "00010100105"))
    assert matches(both) == [(*HOSPITAL, "APO"), ("SSIN", "00010100105")]
    plain = etk(register(system(sandbox, cards["an"]))[0])
    assert etk(depot(base, HOSPITAL)) == etk(depot(base, (*HOSPITAL, ""))) == plain
    assert errors(depot(sandbox.acceptance, HOSPITAL)) == ["ETK_NOT_FOUND"]
    assert errors(depot(base, (*HOSPITAL, "NONE"), ("ODD-é", "1"))) == ["ETK_NOT_FOUND", "INVALID_IDENTIFIER"]
    assert errors(depot(base, *[HOSPITAL] * 51)) == ["TOO_MANY_IDENTIFIERS"]


def test_the_depot_repeats_what_was_asked(sandbox: SandboxProcess) -> None:
    reply = depot(sandbox.production, ("CBE", "<é&>", "Ω"))
    given = reply.element.find("d:GivenSearchCriteria", {"d": "urn:be:fgov:ehealth:etkdepot:1_0:protocol"})
    assert given is not None
    assert [child.text for child in given[0]] == ["CBE", "<é&>", "Ω"]
