"""What schemathesis makes of a service's contract, and what it finds wrong with the answers."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from shared.platform.service import Service

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def operations(service: Service) -> list[Any]:
    """Everything that the service's contract describes."""
    schema = schemathesis.openapi.from_wsgi(f"{service.prefix}/openapi.json", service.app)
    return [found.ok() for found in schema.get_all_operations()]


def faults(operation: Any, each: int, bearer: dict[str, str], clock: Any) -> list[str]:
    """What so many requests of one operation find wrong; a 503 that says when to come again is right."""

    @settings(max_examples=each, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def sends(case):
        answer = case.call(headers=bearer)
        clock.advance(milliseconds=20)
        if not (answer.status_code == 503 and "retry-after" in answer.headers):
            case.validate_response(answer, checks=CHECKS)

    try:
        sends()
    except (AssertionError, BaseExceptionGroup) as found:
        several = found.exceptions if isinstance(found, BaseExceptionGroup) else [found]
        return [f"{operation.label}: {str(one)[:800]}" for one in several]
    return []
