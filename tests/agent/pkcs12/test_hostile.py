"""Key stores that somebody made to do harm: refused with a code, in bounded time and memory."""

import hmac
import random
import resource
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import cms, core
from asn1crypto import pkcs12 as asn1

from agent import pkcs12
from agent.errors import StoreError
from agent.pkcs12.derivation import Purpose, derive
from agent.pkcs12.limits import MAXIMUM_ROUNDS, Work
from tests.agent.stores.samples import PASSWORD, full_contents
from tests.support.effort import Effort, effort_below

SAMPLE, FULL, SEED = 400, 20_000, 20260711
SECONDS, MEMORY = 10.0, 64 * 1024 * 1024
CODES = {
    "store_too_large",
    "store_too_complex",
    "store_too_costly",
    "store_not_der",
    "store_contents_unreadable",
    "key_password_other",
    "store_protection_unknown",
    "store_unreadable",
    "password_wrong",
}


def _plain() -> bytes:
    """The SafeContents of a good store, not encrypted, so that what is inside can be broken."""
    bags = []
    for number, entry in enumerate(full_contents().keys, 1):
        assert entry.certificate is not None
        value = asn1.CertBag(
            {"cert_id": "x509", "cert_value": core.ParsableOctetString(_der(entry.certificate))}
        )
        names = [asn1.Attribute({"type": "local_key_id", "values": [bytes([number])]})]
        bags.append(asn1.SafeBag({"bag_id": "cert_bag", "bag_value": value, "bag_attributes": names}))
    return bytes(asn1.SafeContents(bags).dump())


def _der(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return bytes(certificate.public_bytes(Encoding.DER))


def _data(content: bytes) -> cms.ContentInfo:
    return cms.ContentInfo({"content_type": "data", "content": core.OctetString(content)})


def _sealed(safe: bytes, *, rounds: int = 1, password: str = PASSWORD) -> bytes:
    """A store with a right MAC around whatever `safe` is: what somebody who knows the password can make."""
    key = derive(password, b"saltsalt", 1, Purpose.MAC, 32, "sha256", Work())
    digest = {"digest_algorithm": {"algorithm": "sha256"}, "digest": hmac.digest(key, safe, "sha256")}
    mac = asn1.MacData({"mac": digest, "mac_salt": b"saltsalt", "iterations": rounds})
    return bytes(asn1.Pfx({"version": "v3", "auth_safe": _data(safe), "mac_data": mac}).dump())


def _around(contents: bytes) -> bytes:
    return _sealed(bytes(asn1.AuthenticatedSafe([_data(contents)]).dump()))


def _element(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + content


def _nested(tag: int, depth: int) -> bytes:
    made = b""
    for _ in range(depth):
        made = _element(tag, made)
    return made


def _code(data: bytes, password: str = PASSWORD) -> str:
    """The refusal's code; asserts that it came with little work and without much memory."""
    tracemalloc.start()
    try:
        with effort_below(SECONDS), pytest.raises(StoreError) as refused:
            pkcs12.read(data, password)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    return refused.value.code


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "store_unreadable"),
    "text": (lambda: b"no key store at all", "store_unreadable"),
    "too large": (lambda: bytes(2_000_000), "store_too_large"),
    "a length beyond the end": (lambda: b"\x30\x84\xff\xff\xff\xff", "store_unreadable"),
    "a length of many bytes": (lambda: b"\x30\x88" + b"\xff" * 8, "store_unreadable"),
    "indefinite without an end": (lambda: b"\x30\x80\x02\x01\x03\x00", "store_unreadable"),
    "a number of indefinite length": (lambda: b"\x30\x80\x02\x80\x00\x00\x00\x00", "store_unreadable"),
    "an end where nothing began": (lambda: b"\x30\x02\x00\x00", "store_unreadable"),
    "an end with contents": (lambda: b"\x30\x80\x00\x01\x00\x00\x00", "store_unreadable"),
    "an indefinite length that breaks out": (lambda: b"\x30\x04\x30\x80\x05\x00\x00\x00", "store_unreadable"),
    "indefinite and nested": (lambda: b"\x30\x80" * 500_000, "store_too_complex"),
    "pieces in pieces": (lambda: b"\x30\x80" + b"\x24\x80" * 500_000, "store_too_complex"),
    "many pieces": (
        lambda: b"\x30\x80\x24\x80" + b"\x04\x00" * 500_000 + b"\x00\x00\x00\x00",
        "store_too_complex",
    ),
    "a piece of another kind": (lambda: b"\x30\x80\x24\x80\x02\x01\x03\x00\x00\x00\x00", "store_unreadable"),
    "a sequence in a string": (lambda: b"\x30\x80\x24\x80\x30\x00\x00\x00\x00\x00", "store_unreadable"),
    "text in pieces": (lambda: _element(0x30, _element(0x2C, _element(4, b"x"))), "store_not_der"),
    "nested": (lambda: _nested(0x30, 10_000), "store_too_complex"),
    "many elements": (lambda: _element(0x30, b"\x05\x00" * 100_000), "store_too_complex"),
    "trailing": (lambda: _around(_plain()) + b"\x05\x00", "store_unreadable"),
    "another type": (lambda: _der(full_contents().certificates[0].certificate), "store_unreadable"),
    "no MAC": (
        lambda: asn1.Pfx({"version": "v3", "auth_safe": _data(b"\x30\x00")}).dump(),
        "store_without_mac",
    ),
    "huge rounds of the MAC": (lambda: _sealed(b"\x30\x00", rounds=2**31 - 1), "store_too_costly"),
    "rounds beyond any number": (lambda: _sealed(b"\x30\x00", rounds=2**4000), "store_too_costly"),
    "no rounds": (lambda: _sealed(b"\x30\x00", rounds=0), "store_unreadable"),
    "negative rounds": (lambda: _sealed(b"\x30\x00", rounds=-5), "store_unreadable"),
    "nested inside": (lambda: _around(_nested(0x30, 5_000)), "store_too_complex"),
    "indefinite and nested inside": (lambda: _around(b"\x30\x80" * 5_000), "store_too_complex"),
    "many bags": (
        lambda: _around(bytes(_element(0x30, _plain()[4:] * 80))),
        "store_too_complex",
    ),
    "encrypted for a public key": (
        lambda: _sealed(_element(0x30, _element(0x30, bytes.fromhex("06092a864886f70d010703a0023000")))),
        "store_protection_unknown",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_store_is_refused(name: str) -> None:
    make, expected = HOSTILE[name]
    assert _code(make()) == expected


def test_a_costly_derivation_inside_is_refused_before_it_is_done() -> None:
    good = asn1.Pfx.load(pkcs12.write(full_contents(), PASSWORD, "legacy"))
    parts = list(asn1.AuthenticatedSafe.load(good["auth_safe"]["content"].native))
    (value, *_) = (bag["bag_value"].copy() for bag in asn1.SafeContents.load(parts[1]["content"].native))
    value["encryption_algorithm"]["parameters"]["iterations"] = 2_000_000
    bag = asn1.SafeBag({"bag_id": "pkcs8_shrouded_key_bag", "bag_value": value.untag()})
    with effort_below(5):
        assert _code(_around(bytes(asn1.SafeContents([bag]).dump()))) == "store_too_costly"


def test_derivations_that_are_only_together_too_many_are_refused() -> None:
    work = Work()
    for _ in range(4):
        work.spend(MAXIMUM_ROUNDS, blocks=2)
    with pytest.raises(StoreError) as refused:
        work.spend(1)
    assert refused.value.code == "store_too_costly"


def test_a_password_no_encoding_has_is_only_wrong() -> None:
    assert _code(_around(_plain()), "\ud800") == "password_wrong"


def _in_ber(data: bytes) -> bytes:
    """The same elements with indefinite lengths, octet strings in pieces: how BouncyCastle writes."""
    made, position = b"", 0
    while position < len(data):
        tag, length, start = data[position], data[position + 1], position + 2
        if length > 0x80:
            start += length - 0x80
            length = int.from_bytes(data[position + 2 : start], "big")
        content = data[start : start + length]
        if tag & 0x20:
            made += bytes([tag, 0x80]) + _in_ber(content) + b"\0\0"
        elif tag == 4 and length > 60:
            pieces = [content[at : at + 50] for at in range(0, length, 50)]
            made += b"\x24\x80" + b"".join(bytes([4, len(piece)]) + piece for piece in pieces) + b"\0\0"
        else:
            made += data[position : start + length]
        position = start + length
    return made


def test_the_same_store_in_ber_is_the_same_store() -> None:
    in_der = _around(_plain())
    in_ber = _in_ber(_around(_in_ber(_plain())))
    assert in_ber[:2] == b"\x30\x80"
    assert pkcs12.read(in_ber, PASSWORD).same_as(pkcs12.read(in_der, PASSWORD))


def test_bombs_in_ber_cost_little_however_they_are_built() -> None:
    """Deep, wide, or both, at the size limit: each is refused in a fraction of what an honest store costs."""
    half = 1_048_576 // 2 - 10
    bombs = (
        b"\x30\x80" * half,
        b"\x24\x80" * half,
        b"\xa0\x80" * half,
        b"\x30\x80" + b"\x24\x80\x00\x00" * (half // 2),
        b"\x30\x80" * 10 + b"\x04\x00" * half,
        b"\x30\x80\x24\x80" + b"\x04\x01x" * 300_000,
        (b"\x30\x80" * 18 + b"\x00\x00" * 18) * 10_000,
        b"\x30\x80" * 18 + b"\x04\x83\x0f\xff\x00" + bytes(0x0FFF00),
    )
    for bomb in bombs:
        with effort_below(10):
            assert _code(bomb) in ("store_too_complex", "store_unreadable")


def _mutated(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made))
        match chance.randrange(5):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                made[at] ^= 1 << chance.randrange(8)
            case 2:
                del made[at : at + chance.randint(1, 40)]
            case 3:
                made[at:at] = chance.randbytes(chance.randint(1, 20))
            case _:
                made = made[: max(at, 1)]
        if not made:
            return b"\x30"
    return bytes(made)


@pytest.mark.campaign
@pytest.mark.filterwarnings(
    "ignore"
)  # broken certificates make cryptography warn; only the outcome counts here
def test_broken_stores_end_in_a_code_and_nothing_else(full: bool, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(SEED)  # noqa: S311  a repeatable choice is wanted
    plain = _plain()
    safe = bytes(asn1.AuthenticatedSafe([_data(plain)]).dump())
    indefinite = _in_ber(plain)
    file = _in_ber(_sealed(safe))
    layers: dict[str, Callable[[], bytes]] = {
        "file": lambda: _mutated(_sealed(safe), chance),
        "safe": lambda: _sealed(_mutated(safe, chance)),
        "bags": lambda: _around(_mutated(plain, chance)),
        "file in BER": lambda: _mutated(file, chance),
        "bags in BER": lambda: _around(_mutated(indefinite, chance)),
    }
    seen: Counter[str] = Counter()
    slowest = 0.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(FULL if full else SAMPLE):
        data = layers[list(layers)[number % len(layers)]]()
        effort = Effort()
        try:
            pkcs12.read(data, PASSWORD)
            seen["read"] += 1
        except StoreError as error:
            seen[error.code] += 1
        slowest = max(slowest, effort.seconds)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    with capsys.disabled():
        print(
            f"\nbroken key stores: {sum(seen.values())}, slowest {slowest:.2f} s, {grown // 1024} kB more, "
            f"{dict(seen.most_common())}"
        )
    assert grown < MEMORY
    assert set(seen) <= CODES | {"read"}
    assert len(seen) >= 4
    assert slowest < SECONDS
