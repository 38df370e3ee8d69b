"""The product's own code from the offered key to the checked token, and over a renewal, against the sandbox."""

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.pkcs12 import Contents, KeyEntry
from agent.sealing import Sender, keys_by_serial, open_sealed, seal
from agent.wire.errors import TokenInvalid
from agent.wire.tokens.challenge import open_challenge
from agent.wire.tokens.encryption_certificate import make_encryption_certificate
from agent.wire.tokens.etk import EtkFacts, verify_etk
from agent.wire.xml.token import build_activate, build_complete_registration, build_start_registration
from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL, Reply
from tests.sandbox.product.test_signed_requests import by_system, frame
from tests.sandbox.tokens.messages import NS, System, depot, etk, system
from tests.support.sandbox import SandboxProcess

DAY = 86400


def pem(sandbox: SandboxProcess, environment: str, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((sandbox.pki / environment / f"{name}.pem").read_bytes())


def register(holder: System, key: rsa.RSAPrivateKey) -> Reply:
    """Both steps by the product's code; the second answer."""
    started = by_system(holder, build_start_registration(key.public_key(), **frame()))
    challenge = base64.b64decode(started.element.findtext("r:Challenge", "", NS))
    serial = open_challenge(key, challenge)
    certificate = make_encryption_certificate(holder.chain[0], holder.key, key.public_key(), serial)
    done = by_system(holder, build_complete_registration(certificate.public_bytes(Encoding.DER), **frame()))
    assert done.code == "success", done.body
    return done


def check(
    sandbox: SandboxProcess, holder: System, token: bytes, environment: str, **changes: Any
) -> EtkFacts:
    wanted: dict[str, Any] = {
        "authentication_certificate": holder.chain[0],
        "anchors": (pem(sandbox, environment, "root"), pem(sandbox, environment, "issuing")),
        "now": datetime.now(UTC),
    }
    return verify_etk(token, **wanted | changes)


@pytest.mark.parametrize("environment", ["production", "acceptance"])
@pytest.mark.parametrize("serial", ["00" * 15 + "01", "ff" * 16, "80" + "00" * 15])
def test_a_key_becomes_a_token(
    sandbox: SandboxProcess, cards: dict[str, Identity], environment: str, serial: str
) -> None:
    holder, key = system(sandbox, cards["an"], environment=environment), messages.new_key()
    sandbox.control_post("/control/challenge", {"serial": serial})
    token = etk(register(holder, key))
    facts = check(sandbox, holder, token, environment)
    assert facts.serial == int(serial, 16)
    assert facts.public_key == key.public_key()
    ra = pem(sandbox, environment, "etk-ra")
    assert facts.signer == ra
    assert check(sandbox, holder, token, environment, etk_ra=(ra,)) == facts
    assert check(sandbox, holder, etk(depot(holder.base, HOSPITAL)), environment) == facts


def test_what_is_sealed_to_the_token_in_the_depot_is_opened_with_the_store(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    register(holder, key)
    token = check(sandbox, holder, etk(depot(holder.base, HOSPITAL)), "production")
    store = Contents(
        (
            KeyEntry("authentication", holder.key, holder.chain[0]),
            KeyEntry(token.alias, key, token.certificate),
        ),
        (),
    )
    sealed = seal(b"self test", [token.certificate], Sender(holder.key, holder.chain), now=datetime.now(UTC))
    opened = open_sealed(sealed, keys_by_serial(store))
    assert (opened.message, opened.serial, opened.sender) == (b"self test", token.serial, holder.chain[0])


def test_nothing_of_one_environment_is_a_token_in_the_other(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder = system(sandbox, cards["an"], environment="acceptance")
    token = etk(register(holder, messages.new_key()))
    with pytest.raises(TokenInvalid) as refused:
        check(sandbox, holder, token, "production")
    assert refused.value.code == "etk_signer_untrusted"


def test_a_renewal_waits_for_its_activation(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    sandbox.control_post("/control/clock", {"offset_seconds": -1020 * DAY})
    old = system(sandbox, cards["an"])
    first = register(old, messages.new_key())
    sandbox.control_post("/control/clock", {"offset_seconds": 0})
    new = system(sandbox, cards["an"])
    second = register(new, messages.new_key())
    assert (first.element[-1].text, second.element[-1].text) == ("false", "true")
    in_depot = etk(depot(new.base, HOSPITAL))
    check(sandbox, old, in_depot, "production")
    with pytest.raises(TokenInvalid) as refused:
        check(sandbox, new, in_depot, "production")
    assert refused.value.code == "etk_certificates_wrong"
    assert by_system(new, build_activate(**frame())).code == "success"
    in_depot = etk(depot(new.base, HOSPITAL))
    assert check(sandbox, new, in_depot, "production") == check(sandbox, new, etk(second), "production")


def test_a_challenge_for_another_key_is_not_opened(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder, key = system(sandbox, cards["an"]), messages.new_key()
    request = build_start_registration(
        key.public_key(), request_id=f"_{uuid.uuid4()}", issue_instant=datetime.now(UTC)
    )
    started = by_system(holder, request)
    challenge = base64.b64decode(started.element.findtext("r:Challenge", "", NS))
    assert open_challenge(key, challenge) > 0
    with pytest.raises(TokenInvalid):
        open_challenge(messages.new_key(), challenge)
