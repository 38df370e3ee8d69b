"""Sealed messages: ours is opened by OpenSSL, OpenSSL's by us, and no failure inside tells one from another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import SealError
from agent.pkcs12 import Contents, KeyEntry
from agent.sealing import (
    MAXIMUM_MESSAGE,
    MAXIMUM_SEALED,
    Sender,
    keys_by_serial,
    open_sealed,
    seal,
    writer,
)
from agent.wire.pki.der import definite
from tests.agent.sealing.sealed import NOW, Openssl, scene, token_for
from tests.support.authority import key
from tests.support.tokens import in_pieces

TEXT = "Beste collega, hier het verslag. Ç'est prêt.\r\n".encode()


@pytest.fixture
def openssl(tmp_path: Path) -> Openssl:
    return Openssl(tmp_path, scene())


def sealed(message: bytes = TEXT) -> bytes:
    return seal(message, [scene().token], scene().sealer, now=NOW)


def refusal(data: bytes, **changes: object) -> str:
    with pytest.raises(SealError) as refused:
        open_sealed(data, **{"keys": scene().keys} | changes)  # type: ignore[arg-type]  # a table of variations
    return refused.value.code


@settings(max_examples=15, deadline=None)
@given(message=st.one_of(st.binary(max_size=200), st.binary(min_size=1, max_size=64).map(lambda b: b * 1000)))
def test_what_is_sealed_opens(message: bytes) -> None:
    opened = open_sealed(sealed(message), scene().keys)
    assert opened.message == message
    assert opened.sender == opened.author == scene().sender.certificate
    assert set(opened.certificates) == set(scene().sender.chain)
    assert opened.serial == scene().token.serial_number


def test_openssl_opens_what_we_seal(openssl: Openssl) -> None:
    enveloped = openssl.verify(sealed())
    inner = openssl.decrypt(enveloped)
    # Without certificates inside, the sender's is told from the outside.
    assert openssl.verify(inner, "-certfile", "sender", anchors="anchors") == TEXT
    with pytest.raises(Exception, match="returned non-zero"):
        openssl.verify(inner, anchors="anchors")


def test_the_layers_are_as_prescribed(openssl: Openssl) -> None:
    outer = cms.ContentInfo.load(sealed())["content"]
    enveloped = cms.ContentInfo.load(bytes(outer["encap_content_info"]["content"]))
    inner = cms.ContentInfo.load(openssl.decrypt(enveloped.dump()))["content"]
    for layer in (outer, inner):
        (info,) = layer["signer_infos"]
        assert info["signature_algorithm"]["algorithm"].native == "rsassa_pss"
        parameters = info["signature_algorithm"]["parameters"].native
        assert parameters["hash_algorithm"]["algorithm"] == "sha256"
        assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"] == "sha256"
        assert parameters["salt_length"] == 32
    assert {one.chosen.dump() for one in outer["certificates"]} == {
        one.public_bytes(Encoding.DER) for one in scene().sender.chain
    }
    assert not inner["certificates"]
    content = enveloped["content"]["encrypted_content_info"]
    assert content["content_encryption_algorithm"]["algorithm"].native == "aes128_cbc"
    (recipient,) = enveloped["content"]["recipient_infos"]
    identity = recipient.chosen["rid"].chosen
    assert identity["serial_number"].native == scene().token.serial_number
    assert identity["issuer"].dump() == scene().recipient.certificate.subject.public_bytes()
    assert recipient.chosen["key_encryption_algorithm"]["algorithm"].native == "rsaes_pkcs1v15"


@pytest.mark.parametrize("stream", [(), ("-stream", "-indef")], ids=["definite", "indefinite"])
@pytest.mark.parametrize("cipher", ["-aes-128-cbc", "-aes-256-cbc"])
def test_we_open_what_openssl_seals(openssl: Openssl, stream: tuple[str, ...], cipher: str) -> None:
    inner = openssl.sign(TEXT, "-nocerts", *stream)
    outer = openssl.sign(openssl.encrypt(inner, cipher, *stream), "-certfile", "issuing", *stream)
    opened = open_sealed(outer, scene().keys)
    assert (opened.message, opened.sender) == (TEXT, scene().sender.certificate)
    assert (b"\x30\x80" in outer[:2]) == bool(stream)


def test_a_signer_inside_with_certificates_of_its_own(openssl: Openssl) -> None:
    inner = seal_layer(TEXT, Sender(scene().recipient.key, scene().recipient.chain))
    opened = open_sealed(openssl.sign(openssl.encrypt(inner)), scene().keys)
    assert (opened.author, opened.sender) == (scene().recipient.certificate, scene().sender.certificate)


def seal_layer(content: bytes, sender: Sender) -> bytes:
    """One SignedData with certificates, by the product's own writer."""
    return writer._signed(content, sender, sender.chain, NOW)


def test_types_named_outside_hold_the_content_alone(openssl: Openssl) -> None:
    """RFC 5652: where the outer type says EnvelopedData, that stands there without a ContentInfo around it."""
    enveloped = cms.ContentInfo.load(openssl.encrypt(openssl.sign(TEXT, "-nocerts")))
    bare = enveloped["content"].untag().dump()
    for content in (bare, enveloped.dump()):
        outer = openssl.sign(content, "-econtent_type", "1.2.840.113549.1.7.3")
        assert open_sealed(outer, scene().keys).message == TEXT
    assert refusal(openssl.sign(bare, "-econtent_type", "1.2.840.113549.1.7.2")) == "sealed_unreadable"


def test_a_message_in_pieces_opens() -> None:
    assert open_sealed(in_pieces(sealed()), scene().keys).message == TEXT


def test_each_of_several_recipients_opens() -> None:
    second = token_for(scene().sender, key(13), 77)
    message = seal(TEXT, [scene().token, second, second], scene().sealer, now=NOW)
    for number, private in ((scene().token.serial_number, scene().token_key), (77, key(13))):
        opened = open_sealed(message, {number: private, 5: key(14)})
        assert (opened.message, opened.serial) == (TEXT, number)
    assert refusal(message, keys={5: key(14)}) == "sealed_not_for_us"
    assert refusal(message, keys={}) == "sealed_not_for_us"


def test_a_key_store_gives_its_encryption_keys_old_and_new() -> None:
    made = scene()
    contents = Contents(
        (
            KeyEntry("authentication", made.recipient.key, made.recipient.certificate),
            KeyEntry(str(made.token.serial_number), made.token_key, made.token),
            KeyEntry("12", key(13)),
            KeyEntry("²", key(14)),
        ),
        (),
    )
    keys = keys_by_serial(contents)
    assert set(keys) == {made.token.serial_number, 12}
    assert open_sealed(sealed(), keys).message == TEXT


def test_nobody_and_everybody_are_no_recipients() -> None:
    made = scene()
    impossible = [
        [],
        [made.token] * 101,
        [made.authority.root],
        [made.authority.etk_ra],
    ]
    for recipients in impossible:
        with pytest.raises(SealError) as refused:
            seal(TEXT, recipients, made.sealer, now=NOW)
        assert refused.value.code == "seal_recipient_invalid"
    with pytest.raises(SealError) as refused:
        sealed(bytes(MAXIMUM_MESSAGE + 1))
    assert refused.value.code == "seal_too_large"
    assert len(open_sealed(sealed(bytes(MAXIMUM_MESSAGE)), made.keys).message) == MAXIMUM_MESSAGE


def resealed(change: object = None, *, content: bytes = b"", encrypted: bytes | None = None) -> bytes:
    """The sender signs an envelope that is wrong inside: only whoever may sign can try this."""
    outer = cms.ContentInfo.load(sealed())["content"]
    enveloped = cms.ContentInfo.load(bytes(outer["encap_content_info"]["content"]))
    inside = enveloped["content"]["encrypted_content_info"]
    if encrypted is not None:
        inside["encrypted_content"] = encrypted
    if callable(change):
        change(enveloped["content"])
    return seal_layer(
        content or bytes(enveloped.dump(force=True)), Sender(scene().sender.key, scene().sender.chain)
    )


def _key_bits(enveloped: object) -> None:
    info = enveloped["recipient_infos"][0].chosen  # type: ignore[index]  # asn1crypto has no types
    old = info["encrypted_key"].native
    info["encrypted_key"] = bytes([old[0] ^ 1]) + old[1:]


def _short_key(enveloped: object) -> None:
    from cryptography.hazmat.primitives.asymmetric import padding

    info = enveloped["recipient_infos"][0].chosen  # type: ignore[index]  # asn1crypto has no types
    info["encrypted_key"] = scene().token_key.public_key().encrypt(bytes(15), padding.PKCS1v15())


def _no_padding(enveloped: object) -> None:
    info = enveloped["recipient_infos"][0].chosen  # type: ignore[index]  # asn1crypto has no types
    info["encrypted_key"] = b"\x01" * 256


def _beyond_modulus(enveloped: object) -> None:
    info = enveloped["recipient_infos"][0].chosen  # type: ignore[index]  # asn1crypto has no types
    info["encrypted_key"] = b"\xff" * 256


def _short_number(enveloped: object) -> None:
    info = enveloped["recipient_infos"][0].chosen  # type: ignore[index]  # asn1crypto has no types
    info["encrypted_key"] = b"\x01"


def _other_iv(enveloped: object) -> None:
    enveloped["encrypted_content_info"]["content_encryption_algorithm"]["parameters"] = bytes(16)  # type: ignore[index]  # asn1crypto has no types


def _envelope_around(plain: bytes) -> bytes:
    return writer._enveloped(plain, {scene().token: None})


INSIDE: dict[str, Callable[[], bytes]] = {
    "a bit of the key": lambda: resealed(_key_bits),
    "a key that is too short": lambda: resealed(_short_key),
    "no PKCS#1 padding": lambda: resealed(_no_padding),
    "a number beyond the modulus": lambda: resealed(_beyond_modulus),
    "a number of another size": lambda: resealed(_short_number),
    "another IV": lambda: resealed(_other_iv),
    "wrong blocks": lambda: resealed(encrypted=bytes(160)),
    "one block": lambda: resealed(encrypted=bytes(16)),
    "no message inside": lambda: resealed(content=_envelope_around(b"")),
    "text inside": lambda: resealed(content=_envelope_around(b"hello")),
    "a message altered inside": lambda: resealed(
        content=_envelope_around(seal_layer(TEXT, scene().sealer).replace(b"verslag", b"VERSLAG"))
    ),
    "a stranger inside": lambda: resealed(
        content=_envelope_around(writer._signed(TEXT, Sender(key(14), scene().recipient.chain), (), NOW))
    ),
    "a bomb inside": lambda: resealed(content=_envelope_around(b"\x30\x80" * 30_000)),
    "sealed once more": lambda: resealed(content=_envelope_around(_envelope_around(TEXT))),
}


@pytest.mark.parametrize("name", INSIDE)
def test_whatever_is_wrong_inside_is_the_same_failure(name: str) -> None:
    assert refusal(INSIDE[name]()) == "sealed_unopenable"
    assert refusal(sealed(), keys={scene().token.serial_number: key(14)}) == "sealed_unopenable"


def test_every_failure_inside_takes_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that does not decrypt and padding that is wrong are followed by as much work as a right key."""
    seen: list[int] = []
    look = definite

    def counted(data: bytes, *, limit: int) -> bytes:
        seen.append(len(data))
        return look(data, limit=limit)

    monkeypatch.setattr("agent.sealing.reader.definite", counted)
    assert open_sealed(sealed(), scene().keys).message == TEXT
    steps = len(seen)
    for name, make in INSIDE.items():
        seen.clear()
        refusal(make())
        assert len(seen) == steps, name


def test_outside_the_signature_comes_first() -> None:
    good = sealed()
    inside = good.index(bytes.fromhex("06092a864886f70d010703"))
    broken = bytearray(good)
    broken[inside + 300] ^= 1
    assert refusal(bytes(broken)) == "sealed_signature_invalid"
    assert refusal(bytes(broken), keys={}) == "sealed_signature_invalid"


OUTSIDE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"no message at all",
    "truncated": lambda: sealed()[:-1],
    "trailing": lambda: sealed() + b"\0",
    "too large": lambda: bytes(MAXIMUM_SEALED + 1),
    "only signed": lambda: seal_layer(TEXT, scene().sealer),
    "only enveloped": lambda: _envelope_around(TEXT),
    "a bomb inside the signature": lambda: resealed(content=b"\x30\x80" * 30_000),
    "half blocks": lambda: resealed(encrypted=bytes(17)),
    "no blocks": lambda: resealed(encrypted=b""),
    "a short IV": lambda: resealed(_short_iv),
    "another cipher": lambda: resealed(_triple_des),
    "many recipients": lambda: resealed(_many_recipients),
}


def _short_iv(enveloped: object) -> None:
    enveloped["encrypted_content_info"]["content_encryption_algorithm"]["parameters"] = bytes(8)  # type: ignore[index]  # asn1crypto has no types


def _triple_des(enveloped: object) -> None:
    enveloped["encrypted_content_info"]["content_encryption_algorithm"] = {  # type: ignore[index]  # asn1crypto has no types
        "algorithm": "tripledes_3key",
        "parameters": bytes(8),
    }


def _many_recipients(enveloped: object) -> None:
    enveloped["recipient_infos"] = [enveloped["recipient_infos"][0]] * 101  # type: ignore[index]  # asn1crypto has no types


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_no_sealed_message(name: str) -> None:
    assert refusal(OUTSIDE[name]()) == "sealed_unreadable"
