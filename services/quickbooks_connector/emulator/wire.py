"""Reads and writes the emulator's JSON without ever losing a digit, and shapes the two kinds of refusal the service sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Body = dict[str, Any]

# The service's own clock face: Pacific. One fixed offset, so that no time zone database is needed.
PACIFIC = timezone(timedelta(hours=-8))
_EXPONENTS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}


@dataclass(frozen=True)
class Reply:
    """One HTTP answer before it goes to the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request the service answers with a Fault; `gateway` faults are the lower-case ones of 401, 403 and 429."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str,
        *,
        element: str = "",
        status: int = 400,
        kind: str = "ValidationFault",
        gateway: bool = False,
    ) -> None:
        super().__init__(f"{code} {detail}")
        self.code, self.message, self.detail, self.element = code, message, detail, element
        self.status, self.kind, self.gateway = status, kind, gateway

    def fault(self) -> Body:
        error = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element:
            error["element"] = self.element
        return {"Error": [error], "type": self.kind}

    def body(self, now: datetime) -> Body:
        if not self.gateway:
            return {"Fault": self.fault(), "time": stamp(now, milliseconds=True)}
        error = {"message": self.message, "detail": self.detail, "code": self.code, "element": self.element or None}
        return {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [error], "type": self.kind},
            "report": None,
            "queryResponse": None,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": None,
            "requestId": None,
            "time": int(now.timestamp() * 1000),
            "status": None,
            "cdcresponse": [],
        }


def business(detail: str, code: str = "6000") -> Refused:
    """A business rule: only the Detail text says which one."""
    return Refused(
        code, "A business validation error has occurred while processing your request", f"Business Validation Error: {detail}"
    )


def missing(name: str) -> Refused:
    return Refused(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        element=name,
    )


def invalid(detail: str, code: str = "2090", element: str = "") -> Refused:
    return Refused(code, "Invalid value" if code == "2090" else "Invalid input", detail, element=element)


def gone() -> Refused:
    return Refused(
        "610",
        "Object Not Found",
        "Object Not Found : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
    )


def parse(raw: bytes) -> Any:
    """JSON with exact numbers; whole numbers stay int, all others become Decimal."""
    try:
        return json.loads(raw.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request body is not readable as JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def dumps(value: Any) -> str:
    """JSON text in which a Decimal is written with exactly the digits it has."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key), ensure_ascii=False)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(item) for item in value) + "]"
    if isinstance(value, float):
        raise TypeError("a float reached the wire")
    return json.dumps(value, ensure_ascii=False)


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, dumps(value).encode(), {"Content-Type": "application/json;charset=UTF-8", **(headers or {})})


def cents(value: Decimal, currency: str = "USD") -> Decimal:
    """An amount as the service keeps it: the currency's decimals, and a bare 0 for nothing."""
    rounded = value.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)
    return rounded if rounded else Decimal(0)


def exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)


def plain(value: Decimal) -> Decimal:
    """A quantity or a price: bare when round, at most 7 decimals."""
    rounded = value.quantize(Decimal("1E-7"), ROUND_HALF_UP).normalize()
    return rounded if rounded.as_tuple().exponent <= 0 else rounded.quantize(Decimal(1))  # type: ignore[operator]


def stamp(moment: datetime, *, milliseconds: bool = False) -> str:
    """Whole seconds in MetaData, as the service has them: two changes in one second look equally new."""
    return moment.astimezone(PACIFIC).isoformat(timespec="milliseconds" if milliseconds else "seconds")


def length(value: Any) -> timedelta:
    """A length of time out of whatever number a test or a control call gave."""
    return timedelta(microseconds=int(Decimal(str(value)) * 1_000_000))
