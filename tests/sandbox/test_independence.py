"""The sandbox leans on nothing of the product: two sides that share a bug prove nothing."""

import ast
import sys
from pathlib import Path

from tests.support.sandbox import ROOT

SANDBOX = ROOT / "deploy" / "sandbox"
FOREIGN = {"asn1crypto", "cryptography", "lxml", "xmlsec", "PyKCS11"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


def test_it_imports_itself_and_five_libraries_only() -> None:
    paths = list(SANDBOX.rglob("*.py"))
    assert len(paths) > 20
    for path in paths:
        for name in imported(path):
            root = name.partition(".")[0]
            inside = name == "deploy.sandbox" or name.startswith("deploy.sandbox.")
            assert inside or root in FOREIGN or root in sys.stdlib_module_names, f"{path.name} imports {name}"
