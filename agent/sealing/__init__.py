"""Sealed messages: signed, encrypted to encryption tokens, and signed again, as eHealth's partners exchange them.

From the outside in: SignedData with certificates, EnvelopedData, SignedData without certificates when the signer is the
same, data (CMS, RFC 5652). Signatures are RSASSA-PSS with SHA-256 and a salt of 32 bytes; content keys travel under RSA
PKCS#1 v1.5 to issuer and serial of the token's certificate; the content is AES-128-CBC.
"""

from agent.sealing.limits import MAXIMUM_MESSAGE, MAXIMUM_SEALED
from agent.sealing.reader import Opened, keys_by_serial, open_sealed
from agent.sealing.writer import Sender, seal

__all__ = ["MAXIMUM_MESSAGE", "MAXIMUM_SEALED", "Opened", "Sender", "keys_by_serial", "open_sealed", "seal"]
