"""Nothing that a model, a form or a citizen sends is ever run as code (docs: SECURITY)."""

import ast
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("engine", "forms", "storage", "integrations", "web")
_FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
_FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "code", "codeop"}
_FILES = sorted(path for package in _PACKAGES for path in (_ROOT / package).rglob("*.py"))


def _violations(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id in _FORBIDDEN_CALLS:
            found.append(f"{node.lineno}: {node.id}")
        elif isinstance(node, ast.Attribute) and _is_builtin_attribute(node):
            found.append(f"{node.lineno}: builtins.{node.attr}")
        elif isinstance(node, ast.Import):
            found += [f"{node.lineno}: import {name.name}" for name in node.names if _root(name.name)]
        elif isinstance(node, ast.ImportFrom) and _root(node.module or ""):
            found.append(f"{node.lineno}: from {node.module}")
    return found


def _is_builtin_attribute(node: ast.Attribute) -> bool:
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    return node.attr in _FORBIDDEN_CALLS and owner in {"builtins", "__builtins__"}


def _root(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in _FORBIDDEN_MODULES


@pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_ROOT)))
def test_no_product_module_runs_code_from_data(path):
    assert _violations(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "f = exec",
        "compile('1', '', 'eval')",
        "__import__('os')",
        "import builtins\nbuiltins.eval('1')",
        "import pickle",
        "from pickle import loads",
        "import marshal as m",
    ],
)
def test_the_check_sees_each_way_to_run_code(source):
    assert _violations(source)


@pytest.mark.parametrize("source", ["re.compile('a')", "self.compile(node)", "import re", "evaluate(1)"])
def test_the_check_lets_ordinary_code_pass(source):
    assert _violations(source) == []
