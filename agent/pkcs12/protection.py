"""The encryption around bags and the MAC around the file: PBES2 (RFC 8018), the PKCS#12 schemes, HMAC."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from asn1crypto import algos, core, pkcs12
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from agent.errors import StoreError
from agent.pkcs12.derivation import HASHES, Purpose, derive
from agent.pkcs12.entries import Protection
from agent.pkcs12.limits import MAXIMUM_SALT, Work
from agent.pkcs12.mac_kinds import hash_of_hmac, name_of, read_pbmac1
from agent.pkcs12.passwords import Encoding, encodings_of
from agent.pkcs12.rc2 import decrypt_cbc

MODERN_ROUNDS: Final = 100_000
LEGACY_ROUNDS: Final = 50_000
SALT_BYTES: Final = 16
_AES: Final = {"aes128_cbc": 16, "aes192_cbc": 24, "aes256_cbc": 32}
_TRIPLE_DES: Final = {"pkcs12_sha1_tripledes_3key": 24, "pkcs12_sha1_tripledes_2key": 16}
_RC2: Final = {"pkcs12_sha1_rc2_40": 5, "pkcs12_sha1_rc2_128": 16}


@dataclass
class Opener:
    """Decrypts the parts of one file with one password, within one allowance of work.

    The reading of the password that fits is found by the MAC, or by the first part that opens.
    """

    password: str = field(repr=False)
    work: Work
    _readings: tuple[Encoding, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._readings = encodings_of(self.password)

    def decrypt(self, algorithm: Any, data: bytes) -> Iterator[bytes]:
        """What the data may be, by each reading of the password under which its padding is right.

        Raises StoreError `store_protection_unknown`, `store_too_costly`; ValueError for what is malformed, also when
        no reading fits.
        """
        fits = False
        for reading in self._readings:
            try:
                plain = self._decrypted(algorithm, data, reading)
            except ValueError:
                continue
            fits = True
            yield plain
        if not fits:
            raise ValueError("no reading of the password opens it")

    def _decrypted(self, algorithm: Any, data: bytes, reading: Encoding) -> bytes:
        name = name_of(algorithm["algorithm"])
        if name == "pbes2":
            return self._pbes2(algorithm["parameters"], data, reading)
        parameters = algorithm["parameters"]
        if name in _TRIPLE_DES:
            key, iv = self._key_and_iv(parameters, _TRIPLE_DES[name], reading)
            return _unpadded(_cbc(TripleDES(key if len(key) == 24 else key + key[:8]), iv, data), 8)
        if name in _RC2:
            key, iv = self._key_and_iv(parameters, _RC2[name], reading)
            return _unpadded(decrypt_cbc(key, 8 * len(key), iv, data), 8)
        raise StoreError("store_protection_unknown", algorithm=name)

    def _key_and_iv(self, parameters: Any, size: int, reading: Encoding) -> tuple[bytes, bytes]:
        salt, rounds = bytes(parameters["salt"].native), int(parameters["iterations"].native)
        key = derive(reading.wide, salt, rounds, Purpose.KEY, size, "sha1", self.work)
        return key, derive(reading.wide, salt, rounds, Purpose.IV, 8, "sha1", self.work)

    def _pbes2(self, parameters: Any, data: bytes, reading: Encoding) -> bytes:
        derivation, scheme = parameters["key_derivation_func"], parameters["encryption_scheme"]
        cipher = name_of(scheme["algorithm"])
        kdf = name_of(derivation["algorithm"])
        if kdf != "pbkdf2":
            raise StoreError("store_protection_unknown", algorithm=kdf)
        settings = derivation["parameters"]
        prf = str(settings["prf"]["algorithm"].native)
        if prf not in HASHES:
            raise StoreError("store_protection_unknown", algorithm=prf)
        if cipher not in _AES and cipher != "tripledes_3key":
            raise StoreError("store_protection_unknown", algorithm=cipher)
        size = _AES.get(cipher, 24)
        if settings["key_length"].native not in (None, size):
            raise ValueError("the key length is not the cipher's")
        key = self._pbkdf2(prf, settings, size, reading)
        iv = bytes(scheme["parameters"].native)
        if cipher in _AES:
            return _unpadded(_cbc(AES(key), iv, data), 16)
        return _unpadded(_cbc(TripleDES(key), iv, data), 8)

    def _pbkdf2(self, prf: str, settings: Any, size: int, reading: Encoding) -> bytes:
        salt, rounds = settings["salt"].native, int(settings["iteration_count"].native)
        if not isinstance(salt, bytes):
            raise ValueError("the salt is not there")
        if len(salt) > MAXIMUM_SALT:
            raise StoreError("store_too_costly")
        self.work.spend(rounds, -(-size // hashlib.new(prf).digest_size))
        return hashlib.pbkdf2_hmac(prf, reading.narrow, salt, rounds, size)

    def check_mac(self, mac_data: Any, content: bytes) -> Protection:
        """Check the MAC over the file (RFC 7292 4, RFC 9579), by each reading of the password.

        Raises StoreError `password_wrong` when none fits, `store_protection_unknown` for a kind of MAC that is not
        read here, by its name.
        """
        name = name_of(mac_data["mac"]["digest_algorithm"]["algorithm"])
        expected = bytes(mac_data["mac"]["digest"].native)
        for reading in self._readings:
            if hmac.compare_digest(self._made_mac(name, mac_data, content, reading), expected):
                # What was typed is right; the parts inside may still be under another reading of it.
                self._readings = (reading, *(other for other in self._readings if other != reading))
                return "legacy" if name == "sha1" else "modern"
        raise StoreError("password_wrong")

    def _made_mac(self, name: str, mac_data: Any, content: bytes, reading: Encoding) -> bytes:
        if name == "pbmac1":
            kdf, scheme, size = read_pbmac1(mac_data["mac"]["digest_algorithm"]["parameters"])
            prf = hash_of_hmac(kdf["prf"]["algorithm"])
            return hmac.digest(self._pbkdf2(prf, kdf, size, reading), content, scheme)
        if name not in HASHES:
            raise StoreError("store_protection_unknown", algorithm=name)
        salt, rounds = bytes(mac_data["mac_salt"].native), int(mac_data["iterations"].native)
        return self._mac(name, salt, rounds, content, reading)

    def _mac(self, name: str, salt: bytes, rounds: int, content: bytes, reading: Encoding) -> bytes:
        size = hashlib.new(name).digest_size
        key = derive(reading.wide, salt, rounds, Purpose.MAC, size, name, self.work)
        return hmac.digest(key, content, name)

    def make_mac(self, protection: Protection, content: bytes) -> Any:
        """A MacData over the file's content."""
        name = "sha256" if protection == "modern" else "sha1"
        rounds = MODERN_ROUNDS if protection == "modern" else LEGACY_ROUNDS
        salt = secrets.token_bytes(SALT_BYTES)
        digest = {
            "digest_algorithm": {"algorithm": name, "parameters": core.Null()},
            "digest": self._mac(name, salt, rounds, content, self._readings[0]),
        }
        return pkcs12.MacData({"mac": digest, "mac_salt": salt, "iterations": rounds})

    def encrypt(self, protection: Protection, data: bytes) -> tuple[Any, bytes]:
        """Encrypt with a fresh salt; returns the AlgorithmIdentifier and the bytes."""
        salt = secrets.token_bytes(SALT_BYTES)
        if protection == "legacy":
            parameters = algos.Pbes1Params({"salt": salt, "iterations": LEGACY_ROUNDS})
            key, iv = self._key_and_iv(parameters, 24, self._readings[0])
            name = "pkcs12_sha1_tripledes_3key"
            algorithm = algos.EncryptionAlgorithm({"algorithm": name, "parameters": parameters})
            return algorithm, _encrypted(TripleDES(key), iv, data, 8)
        iv = secrets.token_bytes(16)
        settings = algos.Pbkdf2Params(
            {
                "salt": algos.Pbkdf2Salt("specified", core.OctetString(salt)),
                "iteration_count": MODERN_ROUNDS,
                "prf": {"algorithm": "sha256", "parameters": core.Null()},
            }
        )
        parameters = {
            "key_derivation_func": {"algorithm": "pbkdf2", "parameters": settings},
            "encryption_scheme": {"algorithm": "aes256_cbc", "parameters": core.OctetString(iv)},
        }
        algorithm = algos.EncryptionAlgorithm({"algorithm": "pbes2", "parameters": parameters})
        return algorithm, _encrypted(
            AES(self._pbkdf2("sha256", settings, 32, self._readings[0])), iv, data, 16
        )


def _cbc(cipher: AES | TripleDES, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(cipher, modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _encrypted(cipher: AES | TripleDES, iv: bytes, data: bytes, block: int) -> bytes:
    padder = PKCS7(8 * block).padder()
    encryptor = Cipher(cipher, modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


def _unpadded(data: bytes, block: int) -> bytes:
    unpadder = PKCS7(8 * block).unpadder()
    return unpadder.update(data) + unpadder.finalize()
