"""Who may import whom: the contracts of pyproject.toml, read by import-linter."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from tests.architecture.sources import ROOT

pytestmark = pytest.mark.xdist_group("architecture")  # one process reads the sources


def test_lower_floors_never_import_higher_ones_and_services_never_each_other():
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    run = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken" in run.stdout


def test_every_service_stands_under_the_contracts():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    services = {f"services.{path.parent.name}" for path in (ROOT / "services").glob("*/app.py")}
    independent = next(contract for contract in contracts if contract["type"] == "independence")
    kept_from_the_root = next(contract for contract in contracts if contract["type"] == "forbidden")
    assert services <= set(independent["modules"])
    assert services <= set(kept_from_the_root["source_modules"])
