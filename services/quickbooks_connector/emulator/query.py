"""Answers the service's query language: one table, conditions joined by AND, order, and pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from . import company
from .books import Books
from .properties import LISTS, SHAPES
from .wire import PACIFIC, Body, Refused

_TOKEN = re.compile(r"""\s*(?:('(?:\\.|[^'\\])*')|([<>]=|[=<>(),*])|([^\s'<>=(),*]+))""")
_TIMES = ("CreateTime", "LastUpdatedTime")
# Narrower than the service on purpose: what is answered here can be asked there as well.
_COMMON = {"Id", "Active", "MetaData.CreateTime", "MetaData.LastUpdatedTime"}
_SALES = _COMMON | {"DocNumber", "TxnDate", "CustomerRef", "TotalAmt", "Balance"}
_FILTERS = {
    "Invoice": _SALES | {"DueDate", "SalesTermRef"},
    "CreditMemo": _SALES,
    "RefundReceipt": _SALES,
    "Payment": _COMMON | {"TxnDate", "CustomerRef", "TotalAmt"},
    "Customer": _COMMON
    | {"DisplayName", "GivenName", "FamilyName", "CompanyName", "FullyQualifiedName", "PrimaryEmailAddr", "ParentRef"},
    "Vendor": _COMMON | {"DisplayName", "GivenName", "FamilyName", "CompanyName"},
    "Employee": _COMMON | {"DisplayName", "GivenName", "FamilyName"},
    "Item": _COMMON | {"Name", "Type", "Sku", "FullyQualifiedName"},
    "Account": _COMMON | {"Name", "AccountType", "AccountSubType", "Classification", "FullyQualifiedName"},
}


@dataclass(frozen=True)
class Condition:
    field: str
    operator: str
    value: Any  # text, or a list of texts for IN


@dataclass(frozen=True)
class Query:
    """One parsed statement; `fields` of ("*",) means whole objects, counting has no fields."""

    entity: str
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()  # (field, descending)
    start: int = 1
    limit: int = 100


def answer(books: Books, text: str, visible: datetime) -> Body:
    """The QueryResponse to one statement, over what the index holds up to `visible`."""
    query = _Reader(text).query()
    rows = [row for row in _rows(books, query, visible) if _wanted(query, row)]
    if not query.fields:
        return {"totalCount": len(rows)}
    for field, descending in reversed(query.order):
        rows.sort(key=lambda row: _sort_key(row, field), reverse=descending)
    page = rows[query.start - 1 : query.start - 1 + query.limit]
    if not page:
        return {}
    shown = [_project(query, row) for row in page]
    return {query.entity: shown, "startPosition": query.start, "maxResults": len(shown)}


def _rows(books: Books, query: Query, visible: datetime) -> list[Body]:
    if query.entity == "CompanyInfo":
        return [company.info(books)]
    if query.entity == "Preferences":
        return [company.preferences(books)]
    return [body for _, _, body in books.seen(query.entity, visible, _among(books, query)) if body is not None]


def _among(books: Books, query: Query) -> list[str] | None:
    """The only ids that can match, where a number or an id is asked for; the conditions still decide."""
    for condition in query.conditions:
        values = condition.value if condition.operator == "IN" else [condition.value]
        if condition.operator in ("=", "IN") and condition.field == "Id":
            return sorted(set(values), key=lambda value: (len(value), value))
        if condition.operator in ("=", "IN") and condition.field == "DocNumber":
            found = [books.numbers.get((query.entity, value.casefold()), {}) for value in values]
            return sorted({each for ids in found for each in ids}, key=int)
    return None


def _wanted(query: Query, row: Body) -> bool:
    asked_active = any(condition.field == "Active" for condition in query.conditions)
    if query.entity in LISTS and not asked_active and row.get("Active") is False:
        return False
    return all(_holds(condition, row) for condition in query.conditions)


def _holds(condition: Condition, row: Body) -> bool:
    found = _field(row, condition.field)
    if found is None:
        return False
    if condition.operator == "IN":
        return any(_compare(condition.field, found, each) == 0 for each in condition.value)
    if condition.operator == "LIKE":
        pattern = ".*".join(re.escape(part) for part in condition.value.split("%"))
        return re.fullmatch(pattern, str(found), re.IGNORECASE | re.DOTALL) is not None
    return _OPERATORS[condition.operator](_compare(condition.field, found, condition.value))


_OPERATORS: dict[str, Callable[[int], bool]] = {
    "=": lambda sign: sign == 0,
    "<": lambda sign: sign < 0,
    ">": lambda sign: sign > 0,
    "<=": lambda sign: sign <= 0,
    ">=": lambda sign: sign >= 0,
}


def _compare(field: str, found: Any, asked: str) -> int:
    left, right = _comparable(field, found), _comparable(field, asked, like=found)
    return int(left > right) - int(left < right)


def _comparable(field: str, value: Any, like: Any = None) -> Any:
    """Times as instants, numbers as numbers, truth as truth, all other text without regard to case."""
    sample = value if like is None else like
    if field.rpartition(".")[2] in _TIMES:
        return instant(str(value))
    if isinstance(sample, bool):
        return str(value).lower()
    if isinstance(sample, Decimal | int):
        return _decimal(field, value)
    return str(value).casefold()


def _decimal(field: str, value: Any) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise _unclear(f"{value} is not a number for {field}") from error


def instant(text: str) -> datetime:
    """A time with its offset; without one it is the service's own."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise _unclear(f"{text} is not a date and time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=PACIFIC)


def _field(row: Body, name: str) -> Any:
    found: Any = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, dict):
        return found.get("value", found.get("Address"))
    return found


def _sort_key(row: Body, field: str) -> tuple[bool, Any]:
    found = _field(row, field)
    if field == "Id":
        return False, int(found)
    return found is None, _comparable(field, found) if found is not None else 0


def _project(query: Query, row: Body) -> Body:
    """Whole objects leave out Sku unless it is asked for by name."""
    if "*" in query.fields:
        return row if "Sku" in query.fields else {name: value for name, value in row.items() if name != "Sku"}
    return {name: row[name] for name in dict.fromkeys(field.split(".")[0] for field in query.fields) if name in row}


def _unreadable(detail: str) -> Refused:
    return Refused("4000", "Error parsing query", f"QueryParserError: {detail}")


def _unclear(detail: str) -> Refused:
    return Refused("4001", "Query validation error", f"QueryValidationError: {detail}")


class _Reader:
    """Reads a statement token by token."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._fields()
        self._expect("FROM")
        entity = self._entity()
        conditions = self._conditions(entity) if self._accept("WHERE") else ()
        order = self._order(entity) if self._accept("ORDERBY") or self._accept("ORDER", "BY") else ()
        start = self._whole("STARTPOSITION", 1)
        limit = self._whole("MAXRESULTS", 100)
        if self._peek():
            raise _unreadable(f'Encountered "{self._peek()}"')
        if start < 1 or not 1 <= limit <= 1000:
            raise _unclear("STARTPOSITION counts from 1, MAXRESULTS goes from 1 to 1000")
        return Query(entity, fields, conditions, order, start, limit)

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _unreadable('Encountered "<EOF>"')
        self.at += 1
        return token

    def _accept(self, *words: str) -> bool:
        found = [token.upper() for token in self.tokens[self.at : self.at + len(words)]]
        if found != list(words):
            return False
        self.at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise _unreadable(f'Encountered "{self._peek() or "<EOF>"}" where {word} was expected')

    def _fields(self) -> tuple[str, ...]:
        if self._accept("COUNT", "(", "*", ")"):
            return ()
        fields = [self._next()]
        while self._accept(","):
            fields.append(self._next())
        return tuple(fields)

    def _entity(self) -> str:
        spoken = self._next()
        named = next((entity for entity in SHAPES if entity.lower() == spoken.lower()), None)
        if named is None:
            raise _unclear(f"Entity {spoken} is not supported")
        return named

    def _conditions(self, entity: str) -> tuple[Condition, ...]:
        found = [self._condition(entity)]
        while self._accept("AND"):
            found.append(self._condition(entity))
        return tuple(found)

    def _condition(self, entity: str) -> Condition:
        field, operator = self._property(entity), self._next().upper()
        if operator == "IN":
            return Condition(field, "IN", self._several())
        if operator not in (*_OPERATORS, "LIKE"):
            raise _unreadable(f'Encountered "{operator}"')
        return Condition(field, operator, _value(self._next()))

    def _several(self) -> list[str]:
        self._expect("(")
        values = [_value(self._next())]
        while self._accept(","):
            values.append(_value(self._next()))
        self._expect(")")
        return values

    def _property(self, entity: str) -> str:
        name = self._next()
        if name not in _FILTERS.get(entity, _COMMON | {"Name", "Type"}):
            raise _unclear(f"Property {name} not found for Entity {entity}")
        return name

    def _order(self, entity: str) -> tuple[tuple[str, bool], ...]:
        found = [(self._property(entity), self._descending())]
        while self._accept(","):
            found.append((self._property(entity), self._descending()))
        return tuple(found)

    def _descending(self) -> bool:
        return self._accept("DESC") or (self._accept("ASC") and False)

    def _whole(self, word: str, default: int) -> int:
        if not self._accept(word):
            return default
        token = self._next()
        if not token.isdigit():
            raise _unreadable(f'Encountered "{token}" where a whole number was expected')
        return int(token)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(f"Lexical error at column {at + 1}")
        found.append(match.group().strip())
        at = match.end()
    return found


def _value(token: str) -> str:
    if token.startswith("'"):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if re.fullmatch(r"-?\d+(\.\d+)?|true|false", token, re.IGNORECASE):
        return token
    raise _unreadable(f'Encountered "{token}" where a value was expected')
