"""The file that takes a wish to a workstation without an identity card, and the one that comes back.

A non-Belgian care provider signs nothing here: the workstation makes the key and its certification request (a `.csr`
file), the person sends that in on the page. Nothing secret crosses in either direction; the name holds the BIS number.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from agent.wire.errors import CsrInvalid, JobMalformed, NameMalformed, OriginInvalid
from agent.wire.jobs import JOB_ID, Environment
from agent.wire.limits import MAX_CSR_BYTES, MAX_DN_CHARACTERS
from agent.wire.origins import normalise_origin
from agent.wire.pki.names import certificate_name
from agent.wire.software import SAFE_FORMAT, StoreFormat
from agent.wire.strict_json import Fields, load_object

PREPARE_KEY: Final = "prepare-key"
PREPARATION_VERSION: Final = 1
MAX_PREPARATION_BYTES: Final = 4 * 1024
MAX_CSR_FILE_BYTES: Final = 2 * MAX_CSR_BYTES
"""A `.csr` file: base64 makes four bytes of three, and there are line ends."""
_FIELDS = frozenset({"version", "kind", "id", "server", "environment", "dn"})
_OPTIONAL = frozenset({"store_format"})
_PEM = re.compile(
    rb"\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s+([A-Za-z0-9+/=\s]+?)\s*"
    rb"-----END (?:NEW )?CERTIFICATE REQUEST-----\s*\Z"
)


@dataclass(frozen=True)
class Preparation:
    """For which name a key is to be made; `id` is the request's, 128 bits as the job ids have them.

    `store_format` is what the software that will load the key store opens. The file has it only where that is not the
    safe one, so that older agents read the rest.
    """

    id: str
    server: str
    environment: Environment
    dn: str
    store_format: StoreFormat = SAFE_FORMAT

    @classmethod
    def from_json(cls, data: bytes) -> "Preparation":
        """Read a preparation file strictly; raises JobMalformed (`job_malformed`)."""
        fields = Fields(load_object(data, limit=MAX_PREPARATION_BYTES), _FIELDS, _OPTIONAL)
        if fields.number("version") != PREPARATION_VERSION or fields.text("kind") != PREPARE_KEY:
            raise JobMalformed("a version or kind of file that is not known here")
        key, environment, server = fields.text("id"), fields.text("environment"), fields.text("server")
        if not JOB_ID.match(key):
            raise JobMalformed("not an id")
        if environment not in ("production", "acceptance"):
            raise JobMalformed("not an environment")
        dn = fields.text("dn", limit=MAX_DN_CHARACTERS)
        try:
            name = certificate_name(dn)
            if normalise_origin(server) != server:
                raise JobMalformed("server is not a normalised origin")
        except NameMalformed:
            raise JobMalformed("not the name of an eHealth certificate") from None
        except OriginInvalid:
            raise JobMalformed("server is not an origin") from None
        if name.type != "SSIN" or name.application_id is not None:
            raise JobMalformed("not the name of a person's certificate")
        store_format = fields.optional_text("store_format") or SAFE_FORMAT
        if store_format not in ("modern", "legacy"):
            raise JobMalformed("not a format of key stores")
        return cls(key, server, cast(Environment, environment), dn, cast(StoreFormat, store_format))

    def to_json(self) -> bytes:
        """Return the file that `from_json` reads."""
        value: dict[str, object] = {
            "version": PREPARATION_VERSION,
            "kind": PREPARE_KEY,
            "id": self.id,
            "server": self.server,
            "environment": self.environment,
            "dn": self.dn,
        }
        if self.store_format != SAFE_FORMAT:
            value["store_format"] = self.store_format
        return json.dumps(value, indent=1, ensure_ascii=False).encode()


def csr_file(der: bytes) -> bytes:
    """Write a certification request (DER) as PEM (RFC 7468 7), as people send it."""
    return x509.load_der_x509_csr(der).public_bytes(serialization.Encoding.PEM)


def csr_of_file(data: bytes) -> bytes:
    """Read the DER out of a `.csr` file, PEM or DER. Raises CsrInvalid; the request itself is not judged."""
    if len(data) > MAX_CSR_FILE_BYTES:
        raise CsrInvalid("the file is too large for a certification request")
    if not data.lstrip().startswith(b"-----"):
        return data
    found = _PEM.match(data)
    try:
        if found is None:
            raise ValueError
        return base64.b64decode(b"".join(found[1].split()), validate=True)
    except (ValueError, binascii.Error):
        raise CsrInvalid("the file holds no certification request") from None
