"""Whose a key store is and who may read it: kept when the file is written anew, or told beforehand.

Software often runs under an account of its own. A store that an administrator rewrites must stay readable for it.
"""

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from agent import durable
from agent.errors import Cancelled
from agent.language import Texts, shown, shown_path
from agent.ui import Dialogue

_NAMESPACES: Final = ("system.posix_acl_access", "user.", "security.selinux")
"""The extended attributes that say who may do what with a file, or that somebody hung on it."""


@dataclass(frozen=True)
class Losses:
    """What cannot be kept: the owner (and with it the group) or only the group, and whose the file is today."""

    what: Literal["owner", "group"]
    owner: str


def losses(path: Path) -> Losses | None:
    """What writing the file anew would lose; None when all can be kept. Raises OSError."""
    if sys.platform == "win32":
        return None  # the system's own replacing keeps the list of rights
    facts = path.stat()
    if os.geteuid() == 0:
        return None
    if facts.st_uid != os.geteuid():
        return Losses("owner", _user(facts.st_uid))
    if facts.st_gid not in (os.getegid(), *os.getgroups()):
        return Losses("group", _group(facts.st_gid))
    return None


def accept_losses(path: Path, dialogue: Dialogue, texts: Texts) -> None:
    """Say what writing the file anew would lose of its owner and group, and ask. Raises Cancelled when that is no."""
    lost = losses(path)
    if lost is None:
        return
    question = texts(f"rewrite.loses_{lost.what}", file=shown_path(path), owner=shown(lost.owner))
    if not dialogue.confirm(question, careful=True):
        raise Cancelled


def put_in_place(temporary: Path, target: Path) -> None:
    """Replace `target` by `temporary` in one step, with the owner, group and rights that `target` has.

    Where the group cannot be kept, its rights go to no other group. Raises StoreError `file_held`, OSError.
    """
    if sys.platform == "win32":
        if target.exists():
            durable.patiently(lambda: _replace_file(temporary, target), target)
        else:
            durable.replace(temporary, target)
        return
    try:
        facts = target.stat()
    except FileNotFoundError:
        durable.replace(temporary, target)
        return
    own = temporary.stat()
    mode = stat.S_IMODE(facts.st_mode)
    if own.st_gid != facts.st_gid:
        try:
            os.chown(temporary, -1, facts.st_gid)
        except PermissionError:
            mode &= ~0o070
    if own.st_uid != facts.st_uid:
        # Refused to anybody but root; `losses` has told, and who goes on has agreed.
        with suppress(PermissionError):
            os.chown(temporary, facts.st_uid, -1)
    temporary.chmod(mode)
    if sys.platform.startswith("linux") and mode == stat.S_IMODE(facts.st_mode):
        _copy_attributes(target, temporary)
    durable.sync_file(temporary)
    durable.replace(temporary, target)


def _copy_attributes(source: Path, target: Path) -> None:
    if sys.platform.startswith("linux"):
        for name in os.listxattr(source):
            if name.startswith(_NAMESPACES):
                # A file system that knows no such attributes has none to keep.
                with suppress(OSError):
                    os.setxattr(target, name, os.getxattr(source, name))


def _replace_file(temporary: Path, target: Path) -> None:
    """The replacing of Windows that keeps the target's list of rights and its attributes. Raises OSError."""
    if sys.platform == "win32":
        import ctypes

        keep_going = 0x2 | 0x4  # REPLACEFILE_IGNORE_MERGE_ERRORS, REPLACEFILE_IGNORE_ACL_ERRORS
        done = ctypes.windll.kernel32.ReplaceFileW(str(target), str(temporary), None, keep_going, None, None)
        if not done:
            raise ctypes.WinError()


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
