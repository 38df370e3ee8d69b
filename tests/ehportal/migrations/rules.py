"""What a migration may do while the release before it still serves: expand now, contract a release later.

`faults` names what keeps others from a table for as long as it takes (an index that is not made concurrently, a
constraint that reads every row), what the code before cannot write (a column that must be filled), and what it still
needs (a column or table that goes).
"""

import re
from collections.abc import Iterator, Sequence

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

INDEX = re.compile(r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\b(?!\s+CONCURRENTLY\b).*?\bON\s+(?:ONLY\s+)?\"?(\w+)", re.I | re.S)
MADE = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(\w+)", re.I)
MADE_WHOLE = re.compile(r"\bCREATE\s+TABLE\b[^;]*|\bWITH\s+CHECK\b", re.I)
"""What says CHECK and reads nothing: a table that is new, and the condition of a policy."""
FILLED = re.compile(r"\bADD\s+COLUMN\b(?:(?!\bDEFAULT\b)[^,;])*\bNOT\s+NULL\b(?![^,;]*\bDEFAULT\b)", re.I)
CHECKED = re.compile(r"\bCHECK\s*\((?![^;]*?\)\s*NOT\s+VALID\b)", re.I)
MUST_BE = re.compile(r"\bSET\s+NOT\s+NULL\b", re.I)
GOES = re.compile(r"\bDROP\s+(?:TABLE|COLUMN)\b|\bRENAME\b", re.I)


def faults(app: str, operations: Sequence[Operation], before: ProjectState) -> list[str]:
    """Return what is wrong with a migration's operations on a database that stands as `before`; empty for none.

    What the migration itself creates is nobody's yet and may get what it needs.
    """
    state, own = before.clone(), set[str]()
    found: list[str] = []
    for operation in _database(operations):
        if isinstance(operation, ops.CreateModel):
            own.add(operation.name_lower)
        found += [f"{said} ({operation.describe()})" for said in _judge(app, operation, state, own)]
        operation.state_forwards(app, state)
    return found


def _database(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield what is done to the database, also within SeparateDatabaseAndState."""
    for operation in operations:
        if isinstance(operation, ops.SeparateDatabaseAndState):
            yield from _database(operation.database_operations)
        else:
            yield operation


def _judge(app: str, operation: Operation, state: ProjectState, own: set[str]) -> Iterator[str]:
    model = str(getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", ""))
    if isinstance(operation, ops.RunSQL):
        yield from _sql(operation, {f"{app}_{name}" for name in own})
    elif model in own:
        return
    elif isinstance(operation, ops.AddIndex) and not isinstance(operation, AddIndexConcurrently):
        yield "index that is not made concurrently"
    elif isinstance(operation, ops.AddConstraint) and not isinstance(operation, AddConstraintNotValid):
        yield "constraint that reads every row"
    elif isinstance(operation, ops.AddField):
        yield from _added(operation.field)
    elif isinstance(operation, ops.AlterField):
        yield from _altered(state.models[app, model].fields[operation.name], operation.field)
    elif isinstance(operation, (ops.AlterUniqueTogether, ops.AlterIndexTogether)):
        yield "index that is not made concurrently"
    elif isinstance(operation, (ops.RemoveField, ops.DeleteModel)):
        yield "goes while the release before still uses it"
    elif isinstance(operation, (ops.RenameField, ops.RenameModel, ops.AlterModelTable)):
        yield "name that the release before does not know"


def _indexed(field: models.Field) -> bool:  # type: ignore[type-arg]  # of any type
    return bool(field.unique or field.db_index)


def _added(field: models.Field) -> Iterator[str]:  # type: ignore[type-arg]  # of any type
    if field.many_to_many:
        return
    if not field.null and field.db_default is NOT_PROVIDED:
        yield "column that the release before does not fill"
    if _indexed(field):
        yield "index that is not made concurrently"
    if "Positive" in field.get_internal_type():
        yield "constraint that reads every row"


def _altered(old: models.Field, new: models.Field) -> Iterator[str]:  # type: ignore[type-arg]  # of any type
    if old.null and not new.null:
        yield "column that the release before does not fill"
    if _indexed(new) and not _indexed(old):
        yield "index that is not made concurrently"
    if old.get_internal_type() != new.get_internal_type():
        yield "column of another type, which writes every row"
    if old.db_column != new.db_column:
        yield "name that the release before does not know"


def _sql(operation: ops.RunSQL, own: set[str]) -> Iterator[str]:
    text = _text(operation.sql)
    own = own | {name.lower() for name in MADE.findall(text)}
    if any(table.lower() not in own for table in INDEX.findall(text)):
        yield "index that is not made concurrently"
    if FILLED.search(text) or MUST_BE.search(text):
        yield "column that the release before does not fill"
    if CHECKED.search(MADE_WHOLE.sub("", text)):
        yield "constraint that reads every row"
    if GOES.search(text):
        yield "goes while the release before still uses it"


def _text(sql: object) -> str:
    if isinstance(sql, str):
        return sql
    parts = sql if isinstance(sql, (list, tuple)) else ()
    return ";\n".join(one if isinstance(one, str) else str(one[0]) for one in parts)
