"""The rules of the house hold in every file, and each rule can tell a file that breaks it."""

from __future__ import annotations

import itertools

import pytest

from tests.architecture import rules
from tests.architecture.likeness import percent_twice, pieces, twins
from tests.architecture.sources import ROOT, Source, below

pytestmark = pytest.mark.xdist_group("architecture")  # one process reads the sources

MOST_PERCENT_TWICE = 5

WHERE = {
    **dict.fromkeys(rules.EVERYWHERE, ("shared", "services", "tests", "bench")),
    **dict.fromkeys(rules.PRODUCT, ("shared", "services")),
    **dict.fromkeys(rules.SHARED, ("shared",)),
}

BREAKS: list[tuple[rules.Rule, str, str]] = [
    (rules.file_is_short, "shared/x.py", "x = 1\n" * 401),
    (rules.opens_with_a_sentence, "shared/x.py", "x = 1\n"),
    (rules.functions_are_short, "shared/x.py", "def f():\n" + "    x = 1\n" * 45),
    (rules.functions_are_simple, "shared/x.py", "def f(x):\n" + "    if x and x:\n        x = 1\n" * 5),
    (rules.everything_is_typed, "shared/x.py", "def f(x) -> int:\n    return x\n"),
    (rules.everything_is_typed, "shared/x.py", "def f(x: int):\n    return x\n"),
    (rules.no_binary_fractions, "services/x.py", "x = float('1')\n"),
    (rules.names_say_something, "shared/http_utils.py", ""),
    (rules.names_say_something, "services/x.py", "class TokenManager:\n    pass\n"),
    (rules.no_provider_is_named, "shared/x.py", "# as Xero does\n"),
    (rules.only_catchers_catch_everything, "services/x.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
    (rules.only_catchers_catch_everything, "services/x.py", "try:\n    f()\nexcept (ValueError, BaseException):\n    raise X\n"),
    (rules.only_catchers_catch_everything, "services/x.py", "try:\n    f()\nexcept:\n    pass\n"),
    (rules.packages_stay_in_their_place, "services/ingest/records/store.py", "def f():\n    from flask import g\n"),
    (rules.packages_stay_in_their_place, "shared/platform/jobs.py", "import celery.app\n"),
    (rules.packages_stay_in_their_place, "services/quickbooks_connector/mapping.py", "from quickbooks.objects import Invoice\n"),
    (rules.pure_parts_are_pure, "shared/domain/rates.py", "from datetime import date\nx = date.today()\n"),
    (rules.pure_parts_are_pure, "services/quickbooks_connector/mapping.py", "import random\n"),
    (rules.the_kernel_needs_nothing, "shared/kernel/money.py", "import marshmallow\n"),
    (rules.emulators_stand_alone, "services/x_connector/emulator/app.py", "from services.x_connector.mapping import f\n"),
    (rules.emulators_stand_alone, "services/x_connector/emulator/app.py", "from shared.kernel import money\n"),
    (rules.rooms_keep_their_order, "services/ingest/billing/compose.py", "from services.ingest.pdf import query\n"),
    (rules.rooms_keep_their_order, "services/ingest/pdf/pages.py", "from services.ingest.billing.models import invoice\n"),
]


@pytest.mark.parametrize("rule", WHERE, ids=lambda rule: rule.__name__)
def test_every_file_keeps_the_rule(rule):
    sources = [source for source in below(*WHERE[rule]) if not rules.among(source.path, rules.WRITTEN_BY_A_TOOL)]
    assert len(sources) > 5
    assert [f"{source.path}: {found}" for source in sources for found in rule(source)] == []


@pytest.mark.parametrize(("rule", "path", "text"), BREAKS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_file_that_breaks_the_rule_is_told(rule, path, text):
    assert list(rule(Source(path, text)))


def test_each_rule_is_shown_to_bite():
    assert set(WHERE) == {rule for rule, _, _ in BREAKS}


def _ours(path: str) -> bool:
    return "/emulator/" not in path and not rules.among(path, rules.WRITTEN_BY_A_TOOL)


def test_connectors_are_not_copies_of_each_other():
    folders = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "services").glob("*_connector"))
    # Emulators are left out: they stand for two different companies, and may import nothing that they could share.
    # Migrations as well: a tool writes them, and the tables that connectors share are alike in each database.
    connectors = {folder: pieces([source for source in below(folder) if _ours(source.path)]) for folder in folders}
    for left, right in itertools.permutations(connectors, 2):
        percent = percent_twice(connectors[left], connectors[right])
        assert percent < MOST_PERCENT_TWICE, [f"{a.name} = {b.name}" for a, b in twins(connectors[left], connectors[right])]


def test_a_copy_with_other_names_is_seen_as_one():
    original = """def total(lines, rate):
    kept = [line.amount for line in lines if line.billable]
    return sum(kept) * rate + len('usd')
"""
    renamed = original.replace("lines", "rows").replace("kept", "mine").replace("usd", "eur").replace("total", "whole")
    other = """def total(lines):
    for line in lines:
        if line.open:
            yield line.name, line.due, {'a': line.paid}
"""
    first, second, third = (pieces([Source("x.py", text)]) for text in (original, renamed, other))
    assert percent_twice(first, second) == 100
    assert percent_twice(first, third) == 0
