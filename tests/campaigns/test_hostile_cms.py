"""Tokens, challenges and sealed messages broken in every layer: refused by a code, in bounded time and memory."""

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from agent.errors import SealError
from agent.sealing import Sender, open_sealed, seal, writer
from agent.wire.errors import CmsInvalid, TokenInvalid, WireError
from agent.wire.pki.der import definite
from agent.wire.tokens.challenge import open_challenge
from agent.wire.tokens.etk import verify_etk
from tests.agent.sealing.sealed import NOW, scene
from tests.support.effort import Effort, effort_below
from tests.support.tokens import in_pieces, make_challenge, make_token

SEED = 20_261_125
SAMPLE, FULL = 600, 20_000
SECONDS, MEMORY = 10.0, 64 * 1024 * 1024
ETK_CODES = {
    *("etk_malformed", "etk_too_large", "etk_signature_invalid", "etk_signer_untrusted", "etk_expired"),
    *("etk_certificates_wrong", "etk_content_wrong"),
}
SEAL_CODES = {"sealed_unreadable", "sealed_signature_invalid", "sealed_not_for_us", "sealed_unopenable"}
Message = Callable[[], bytes]


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """Something else than it was."""
    while (made := _maybe_mutated(data, chance)) == data:
        pass
    return made


def _maybe_mutated(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made))
        match chance.randrange(6):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                made[at] ^= 1 << chance.randrange(8)
            case 2:
                del made[at : at + chance.randint(1, 40)]
            case 3:
                made[at:at] = chance.randbytes(chance.randint(1, 20))
            case 4:
                made[at:at] = made[at : at + chance.randint(1, 200)]
            case _:
                made = made[: max(at, 1)]
        if not made:
            return b"\x30"
    return bytes(made)


def _token(content: bytes, **changes: Any) -> bytes:
    made = scene()
    certificates = (made.authority.etk_ra, *made.recipient.chain)
    return make_token(made.authority, content, certificates, **changes)


def _verify(der: bytes) -> None:
    made = scene()
    verify_etk(
        der,
        authentication_certificate=made.recipient.certificate,
        anchors=made.authority.anchors,
        now=NOW,
    )


def _layer(content: bytes) -> bytes:
    return writer._signed(content, scene().sealer, scene().sender.chain, NOW)


def _envelope(plain: bytes) -> bytes:
    return writer._enveloped(plain, {scene().token: None})


def _inner() -> bytes:
    return writer._signed(b"x" * 300, Sender(scene().sender.key, scene().sender.chain), (), NOW)


def _content_key(data: bytes) -> bytes:
    """An envelope whose encrypted content key is this; the recipient tries to decrypt it."""
    enveloped = cms.ContentInfo.load(_envelope(_inner()))
    enveloped["content"]["recipient_infos"][0].chosen["encrypted_key"] = data
    return bytes(enveloped.dump(force=True))


def _targets(chance: random.Random) -> dict[str, tuple[Message, Callable[[bytes], object]]]:
    """What is broken, by layer, and who reads it. Inner layers are signed anew: the attacker may sign."""
    made = scene()
    certificate = made.token.public_bytes(Encoding.DER)
    token, sealed = _token(certificate), seal(b"x" * 300, [made.token], made.sealer, now=NOW)
    pieces = in_pieces(token)
    envelope, inner = _envelope(_inner()), _inner()
    public = made.token_key.public_key()
    challenge = make_challenge(public, bytes(15) + b"\x01")
    key = public.encrypt(bytes(16), padding.PKCS1v15())

    def attributes(data: Any) -> None:
        broken = _mutated(data["signer_infos"][0].dump(), chance)
        data["signer_infos"] = cms.SignerInfos.load(b"\x31\x82" + len(broken).to_bytes(2, "big") + broken)

    def opened(data: bytes) -> object:
        return open_sealed(data, made.keys)

    return {
        "token": (lambda: _mutated(token, chance), _verify),
        "token in pieces": (lambda: _mutated(pieces, chance), _verify),
        "certificate in a token": (lambda: _token(_mutated(certificate, chance)), _verify),
        "signer of a token": (lambda: _token(certificate, change=attributes), _verify),
        "challenge": (
            lambda: _mutated(challenge, chance),
            lambda data: open_challenge(made.token_key, data),
        ),
        "serial in a challenge": (
            lambda: make_challenge(public, _mutated(bytes(15) + b"\x01", chance)),
            lambda data: open_challenge(made.token_key, data),
        ),
        "sealed": (lambda: _mutated(sealed, chance), opened),
        "envelope": (lambda: _layer(_mutated(envelope, chance)), opened),
        "content key": (lambda: _layer(_content_key(_mutated(key, chance))), opened),
        "inner message": (lambda: _layer(_envelope(_mutated(inner, chance))), opened),
        "any CMS": (lambda: _mutated(pieces, chance), lambda data: definite(data, limit=100_000)),
    }


@pytest.mark.campaign
@pytest.mark.filterwarnings("ignore")  # broken certificates make cryptography warn; the outcome counts here
def test_broken_messages_end_in_a_code_and_nothing_else(
    full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)  # noqa: S311  a repeatable choice is wanted
    targets = _targets(chance)
    seen: dict[str, Counter[str]] = {name: Counter() for name in targets}
    slowest = 0.0
    for number in range(FULL if full else SAMPLE):
        name = list(targets)[number % len(targets)]
        make, read = targets[name]
        try:
            data = make()
        except ValueError:  # a mutation that the writing library itself does not take
            continue
        effort = Effort()
        try:
            read(data)
            seen[name]["read"] += 1
        except (WireError, SealError) as error:
            seen[name][error.code] += 1
        slowest = max(slowest, effort.seconds)
    with capsys.disabled():
        print(f"\nbroken CMS: {sum(map(Counter.total, seen.values()))}, slowest {slowest:.2f} s")
        for name, found in seen.items():
            print(f"  {name}: {dict(found.most_common())}")
    assert slowest < SECONDS
    for name, found in seen.items():
        allowed = {
            "any CMS": {"cms_malformed", "cms_too_complex"},
            "challenge": {"challenge_invalid"},
            "serial in a challenge": {"challenge_invalid"},
        }.get(name, ETK_CODES if "token" in name else SEAL_CODES)
        assert set(found) <= allowed | {"read"}, name
    assert seen["inner message"].keys() <= {"sealed_unopenable", "read"}
    assert seen["content key"].keys() <= {"sealed_unopenable", "read"}
    assert not seen["sealed"]["sealed_unopenable"]
    assert not seen["challenge"]["read"]
    assert not seen["certificate in a token"]["read"]


def _nested(depth: int, *, tag: int = 0x30) -> bytes:
    made = b""
    for _ in range(depth):
        made = bytes([tag, 0x84]) + len(made).to_bytes(4, "big") + made
    return made


def _huge_serial() -> bytes:
    def change(data: Any) -> None:
        identity = data["signer_infos"][0]["sid"].chosen
        identity["serial_number"] = 1 << 300_000

    return _token(b"x", change=change)


def _huge_salt() -> bytes:
    def change(data: Any) -> None:
        data["signer_infos"][0]["signature_algorithm"] = {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": "sha256"},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
                "salt_length": 1 << 200_000,
            },
        }

    return _token(b"x", change=change)


def _many(field: str, count: int) -> bytes:
    def change(data: Any) -> None:
        data[field] = [data[field][0]] * count

    return _token(b"x", change=change)


BOMBS: dict[str, Message] = {
    "nested": lambda: _nested(5_000),
    "nested without lengths": lambda: b"\x30\x80" * 30_000,
    "nested to the end": lambda: b"\x30\x80" * 10_000 + b"\0\0" * 10_000,
    "strings in strings": lambda: b"\x24\x80" * 10_000 + b"\0\0" * 10_000,
    "tiny pieces": lambda: b"\x24\x80" + b"\x04\x00" * 30_000 + b"\0\0",
    "many elements": lambda: b"\x30\x84" + (60_000).to_bytes(4, "big") + b"\x05\x00" * 30_000,
    "a length of four gigabytes": lambda: b"\x30\x84\xff\xff\xff\xff" + bytes(100),
    "a huge serial number": _huge_serial,
    "a huge salt": _huge_salt,
    "many signers": lambda: _many("signer_infos", 100),
    "many certificates": lambda: _many("certificates", 60),
    "many digests": lambda: _many("digest_algorithms", 3_000),
    "the same bytes for ever": lambda: b"\x30" * 60_000,
    "zeros": lambda: bytes(60_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_little(name: str) -> None:
    data = BOMBS[name]()
    readers: list[Callable[[], object]] = [
        lambda: _verify(data),
        lambda: open_sealed(data, scene().keys),
        lambda: open_sealed(_layer(data), scene().keys),
        lambda: open_sealed(_layer(_envelope(data)), scene().keys),
        lambda: open_challenge(scene().token_key, data),
    ]
    for read in readers:
        tracemalloc.start()
        try:
            with effort_below(SECONDS), pytest.raises((TokenInvalid, CmsInvalid, SealError)):
                read()
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()
