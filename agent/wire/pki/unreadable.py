"""What the libraries raise for bytes that somebody else made: one tuple for every place that reads such bytes."""

from cryptography import x509
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm

from agent.wire.errors import NameMalformed

PANICS: tuple[type[BaseException], ...] = tuple(
    kind
    for kind in BaseException.__subclasses__()
    if (kind.__module__, kind.__name__) == ("pyo3_runtime", "PanicException")
)
"""What a panic inside a Rust library becomes in Python: one class a library, made when it is loaded, importable from
nowhere, and no Exception, so that `except Exception` lets it through to the end of the process."""

ANY_FAILURE: tuple[type[BaseException], ...] = (Exception, *PANICS)
"""Whatever goes wrong, for the outermost of all; what ends a process is none of it."""

UNREADABLE: tuple[type[BaseException], ...] = (
    *PANICS,
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
"""Everything that cryptography and asn1crypto raise for what they cannot read or do not know.

What ends a process or a task (KeyboardInterrupt, SystemExit, a time limit) is none of it.
"""

UNREADABLE_NAME: tuple[type[BaseException], ...] = (*UNREADABLE, NameMalformed)
"""The same, and what is raised for a name that can be read and is none of an eHealth certificate."""
