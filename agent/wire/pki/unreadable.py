"""What the libraries raise for bytes that somebody else made: one tuple for every place that reads such bytes."""

from cryptography import x509
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm

from agent.wire.errors import NameMalformed

UNREADABLE: tuple[type[Exception], ...] = (
    # A malformed value: cryptography mostly says ValueError; asn1crypto says any of these.
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
    # cryptography's own, which are no ValueErrors.
    UnsupportedAlgorithm,
    InternalError,
    InvalidSignature,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
    x509.AttributeNotFound,
    # Where warnings are made errors, a warning about a strange field is no reason to stop either.
    Warning,
)
"""Everything that cryptography and asn1crypto raise for what they cannot read or do not know."""

UNREADABLE_NAME: tuple[type[Exception], ...] = (*UNREADABLE, NameMalformed)
"""The same, and what is raised for a name that can be read and is none of an eHealth certificate."""
