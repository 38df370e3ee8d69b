"""Upper bounds of everything that crosses the link between agent and server; bytes unless named otherwise."""

from datetime import timedelta
from typing import Final

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far somebody else's clock may be from ours wherever a time in a signed answer is compared: either way."""

MAX_REQUEST_BYTES = 256 * 1024
"""A signed GenerateCertificateRequest element."""

MAX_CONTRACT_BYTES = 96 * 1024
"""All texts of one contract together, as UTF-8. Escaping may double them, the request still has to fit."""

MAX_JOB_BYTES = 640 * 1024
"""A job document; also the most the agent reads of any answer. JSON may write one character in six bytes."""

MAX_XML_DEPTH = 24
"""Nesting of elements. The deepest message of CertRA v2 with its signature is 7 deep."""

MAX_XML_ELEMENTS = 2_000
"""Elements in one message; ours have fewer than 60."""

MAX_XML_NAMESPACES = 64
"""Namespace declarations in one request; ours have fewer than 10. Canonical forms cost their square."""

MAX_ANSWER_NAMESPACES = 5_000
"""The same in an answer of the government, which may declare them again on each of a thousand elements."""

MAX_CHAIN_CERTIFICATES = 6
"""Certificates in one X509Data or enrolment: leaf, CAs, root."""

MAX_CERTIFICATE_BYTES = 8 * 1024
"""One DER certificate."""

MAX_LISTED_CERTIFICATE_BYTES = 64 * 1024
"""One DER certificate that is only listed: nobody believes its signature."""

MAX_CSR_BYTES = 8 * 1024
"""One DER certification request."""

MAX_PROOF_BYTES = 4 * 1024
"""A device proof: the whole compact JWS."""

PROOF_WINDOW_SECONDS = 120
"""How far the time in a device proof may be from the server's clock, either way."""

ENROLMENT_SECONDS = 300
"""How long an enrolment nonce may be answered."""

MAX_NAME_CHARACTERS = 256
"""A name of a person or organisation, an identifier value, an address: anything that is one short line."""

MAX_DN_CHARACTERS = 1024
"""A distinguished name in its RFC 4514 form."""

MAX_REASON_CHARACTERS = 2000
"""The free text why a certificate is asked for."""

MAX_LIST_ITEMS = 16
"""Entries of any list in a job document."""

MAX_ETK_BYTES = 64 * 1024
"""An encryption token; real ones have about 8 KiB."""

MAX_CMS_DEPTH = 24
"""Nesting of elements in one CMS message. A certificate inside SignedData is 16 deep."""

MAX_CMS_ELEMENTS = 20_000
"""Elements in one CMS message; a token has fewer than 1,000."""

MAX_CMS_CERTIFICATES = 10
"""Certificates in one CMS message: two chains without roots."""

MAX_CMS_ATTRIBUTES = 16
"""Signed attributes of one signer."""

MAX_INSTALLATIONS = 300
"""Key stores in one report of a workstation."""

MAX_FOLDERS = 50
"""Folders that one report says it looked through."""

MAX_LABEL_CHARACTERS = 100
"""What people call a machine or the software on it."""

MAX_PATH_CHARACTERS = 500
"""Path of a key store; the agent shortens longer ones in their middle."""

MAX_REPORT_BYTES = 480 * 1024
"""A report of installations; the agent leaves out what would not fit, and says that it is not complete."""

MAX_SESSION_BYTES = 256 * 1024
"""An answer of the platform's token service; real ones have about 10 KiB."""

MAX_SESSION_ATTRIBUTES = 32
"""Attributes of one session token."""
