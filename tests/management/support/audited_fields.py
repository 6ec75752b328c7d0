"""Names of the fields that the product writes to the audit, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from office360.server.app import FEATURE_FOLDERS

# Functions that write audit entries and events, or pass values on to those that do.
WRITERS = {
    *("add_audit_entry", "audit_appointment", "audit_closed_period", "_audit", "_record", "_note"),
    *("insert_office_event", "insert_ticket_events", "add_audit_event", "record_audit_event"),
    *("commit_lines", "commit_ticket_change", "_apply_to_ticket", "_apply_to_own_ticket", "_commit_overtaking"),
}
VALUE_ARGUMENTS = {"before", "after", "details"}
OTHER_ARGUMENTS = {"office", "line_id"}  # of the entry itself
MAX_DEPTH = 6  # of dicts inside dicts and of functions that return them


@dataclass(frozen=True)
class WrittenFields:
    """Names of fields, and in `computed` the expressions whose names the source does not tell."""

    names: set[str] = field(default_factory=set)
    computed: dict[str, str] = field(default_factory=dict)


def written_fields() -> WrittenFields:
    """Scan all calls of the writers."""
    found = WrittenFields()
    for folder in FEATURE_FOLDERS:
        for path in sorted(folder.rglob("*.py")):
            if not {"demo", "migrations"} & set(path.parts):
                _scan(path, found)
    return found


def _scan(path: Path, found: WrittenFields) -> None:
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    keys = _DictKeys({function.name: function for function in functions})
    for function in functions:
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _called(call) in WRITERS:
                for key in _written_by(call, function, keys):
                    if key.startswith("?"):
                        found.computed[key[1:]] = f"{path.name}:{call.lineno}"
                    else:
                        found.names.add(key)


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "id", None) or getattr(call.func, "attr", ""))


def _written_by(call: ast.Call, function: ast.AST, keys: _DictKeys) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in VALUE_ARGUMENTS:
            yield from keys.of(keyword.value, function)
        elif keyword.arg not in OTHER_ARGUMENTS:
            yield keyword.arg
    last = call.args[-1] if call.args else None
    if isinstance(last, ast.Dict | ast.Name | ast.Call) and _called(call) not in (
        "commit_lines",
        "_record",
        "_note",
    ):
        yield from (key for key in keys.of(last, function) if not key.startswith("?"))


@dataclass(frozen=True)
class _DictKeys:
    """The keys of an expression that builds a dict.

    `?` stands before an expression that is not understood.
    """

    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]

    def of(self, node: ast.expr | None, scope: ast.AST, depth: int = 0) -> Iterator[str]:
        if node is None or isinstance(node, ast.Constant) or depth > MAX_DEPTH:
            return
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in VALUE_ARGUMENTS:
                    yield from self.of(value, scope, depth + 1)
                elif isinstance(key, ast.Constant):
                    yield str(key.value)
                else:
                    yield from self.of(value, scope, depth + 1) if key is None else [f"?{ast.unparse(key)}"]
        elif isinstance(node, ast.BinOp):
            yield from self.of(node.left, scope, depth + 1)
            yield from self.of(node.right, scope, depth + 1)
        elif isinstance(node, ast.IfExp):
            yield from self.of(node.body, scope, depth + 1)
            yield from self.of(node.orelse, scope, depth + 1)
        elif isinstance(node, ast.Call) and _called(node) == "dict":
            for argument in node.args:
                yield from self.of(argument, scope, depth + 1)
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.Call) and (made := self.functions.get(_called(node))):
            for part in ast.walk(made):
                if isinstance(part, ast.Return):
                    yield from self.of(part.value, made, depth + 1)
        elif isinstance(node, ast.DictComp) and (kept := list(self._kept(node, scope, depth))):
            yield from kept
        elif isinstance(node, ast.Name):
            yield from self._assigned(node.id, scope, depth)
        else:
            yield f"?{ast.unparse(node)}"

    def _assigned(self, name: str, scope: ast.AST, depth: int) -> Iterator[str]:
        is_known = False
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    values = _values_for(name, target, node.value)
                    is_known = is_known or bool(values)
                    for value in values:
                        yield from [value] if isinstance(value, str) else self.of(value, scope, depth + 1)
        if not is_known and name not in _parameters(scope):
            yield f"?{name}"

    def _kept(self, node: ast.DictComp, scope: ast.AST, depth: int) -> Iterator[str]:
        """Yield the keys that a comprehension takes over from a dict or from constants."""
        source = node.generators[0].iter
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and source.func.attr == "items":
            yield from self.of(source.func.value, scope, depth + 1)
        elif isinstance(source, ast.Tuple):
            firsts = [pair.elts[0] for pair in source.elts if isinstance(pair, ast.Tuple)]
            yield from (str(first.value) for first in firsts if isinstance(first, ast.Constant))


def _parameters(scope: ast.AST) -> set[str]:
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    given = scope.args
    more = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return {argument.arg for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs, *more]}


def _values_for(name: str, target: ast.expr, value: ast.expr | None) -> list[ast.expr | str]:
    """Return what an assignment gives a variable: an expression, or the only key that it sets."""
    if isinstance(target, ast.Name) and target.id == name and value is not None:
        return [value]
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == name:
        return [str(target.slice.value)] if isinstance(target.slice, ast.Constant) else []
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=False)
        return [value for part, value in pairs if isinstance(part, ast.Name) and part.id == name]
    return []
