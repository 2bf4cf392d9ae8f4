"""Each limit is a setting, is documented with its default, and is named when it is passed by one."""

from pathlib import Path

import pytest

from services.ingest import settings as ours
from services.ingest.sources.files.cells import LIMITS
from shared.kernel.errors import Invalid
from shared.platform.settings import Settings
from tests.component.sources.files.opening import cells, opened, refusal
from tests.component.sources.spreadsheet import workbook

PAGE = Path(__file__).parents[4] / "docs/reference/files.md"
CSV = "Date,Hours\n1,2\n"
SHEET = workbook([["Date", "Hours"], ["1", "2"]])
UNPACKED = 3_197


def limits(**said: object):
    return ours.import_limits(Settings.load({name: str(value) for name, value in said.items()}, ("ingest",)))


def test_without_settings_the_limits_are_those_of_the_documentation():
    assert limits() == LIMITS
    told = PAGE.read_text()
    for name, limit in ours.LIMITS_SET.items():
        assert f"| `{name}` | {getattr(LIMITS, limit)} |" in told


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("TIMEBOOKS_IMPORT_CSV_BYTES", CSV, len(CSV)),
        ("TIMEBOOKS_IMPORT_PACKED_BYTES", SHEET, len(SHEET)),
        ("TIMEBOOKS_IMPORT_PACKED_BYTES", "[[1, 2]]", 8),
        ("TIMEBOOKS_IMPORT_PACKED_BYTES", "<table><tr><td>x</table>", 24),
        ("TIMEBOOKS_IMPORT_UNPACKED_BYTES", SHEET, UNPACKED),
    ],
)
def test_a_file_at_the_limit_is_read_and_one_byte_more_is_refused(name, content, size):
    assert list(opened(content, limits=limits(**{name: size})).lines())
    problem = refusal(content, limits=limits(**{name: size - 1}))
    assert problem.code == "file_too_large"
    assert str(size - 1) in problem.cause


@pytest.mark.parametrize("content", ["a,xxxxx\n1,2\n", workbook([["a", "xxxxx"], ["1", "2"]]), '[["a", "xxxxx"], ["1", "2"]]'])
def test_a_cell_at_the_limit_is_read_and_one_character_more_refuses_its_row(content):
    assert cells(content)[0] == ["a", "xxxxx"]
    for most, code in ((5, None), (4, "cell_too_long")):
        first, second = opened(content, limits=limits(TIMEBOOKS_IMPORT_CELL_CHARACTERS=most)).lines()
        assert (first.problem.code if first.problem else None, second.cells) == (code, ["1", "2"])


@pytest.mark.parametrize("value", ["", "0", "-1", "5MB", "131073", "٣"])
def test_a_setting_that_can_not_be_is_named(value):
    with pytest.raises(Invalid, match="TIMEBOOKS_IMPORT_CELL_CHARACTERS") as caught:
        limits(TIMEBOOKS_IMPORT_CELL_CHARACTERS=value)
    assert caught.value.code == "bad_setting"
