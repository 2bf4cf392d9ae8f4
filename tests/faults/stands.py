"""The one list of connectors that every test of faults runs against."""

from __future__ import annotations

from tests.faults.payroll import Payroll
from tests.faults.rigged import Rigged

STANDS: dict[str, type[Rigged] | type[Payroll]] = {one.name: one for one in (Rigged, Payroll)}
