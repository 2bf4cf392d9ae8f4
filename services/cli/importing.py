"""The command that brings a report in: shows what it would change, asks what it has to, and stores it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from services.cli.door import Door
from services.cli.entry import command
from services.cli.exits import ASKED, CONFLICT, DONE, FAILED, PARTLY
from services.cli.show import Answer, count, note, progress
from shared.kernel import canonical
from shared.kernel.duration import format_hms

_SHOWN = 20
"""Refused rows and differences shown to a person; ``--json`` has more of them."""
_LENGTHS = ("seconds", "break_seconds", "overtime_seconds")


@command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layout", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON file that names the columns.")
@click.option("--profile", help="Read it as this profile says; without, the profile that knows such files.")
@click.option("--detect", is_flag=True, help="Look at the file anew, passing over profiles.")
@click.option("--answer", "answers", multiple=True, metavar="ID=VALUE", help="Answer to a question that the file leaves open.")
@click.option("--source", help="Which time tracker the file comes from; without, the profile's, or else worklog.")
@click.option("--preview", is_flag=True, help="Store nothing; show what would be stored and changed.")
@click.option("--partial", is_flag=True, help="Keep the good rows although others are refused.")
@click.option("--yes", is_flag=True, help="Take edited rows without asking.")
@click.option("--delete-vanished", "delete", is_flag=True, help="Delete what this report had before and has no longer.")
def import_(
    door: Door, file: Path, layout: Path | None, answers: tuple[str, ...], yes: bool, delete: bool, **told: Any
) -> Answer:
    """Take in a report: CSV, Excel, OpenDocument, HTML, JSON, or a backup database.

    All of it or nothing, unless --partial; the same file again changes nothing. What the file leaves open is asked once:
    later files like it are read by the profile that is kept.

    \b
    timebooks import march.csv
    timebooks import toggl.csv --layout toggl-layout.json
    timebooks import report.csv --answer date_order=D-M-Y
    """
    fields = {name: "true" if given is True else given for name, given in told.items() if given}
    if layout:
        fields["layout"] = layout.read_text("utf-8-sig")
    found = _answered(door, file, fields, dict(map(_pair, answers)))
    if "questions" in found:
        return Answer(found, "\n".join(_open(file.name, found)), ASKED)
    if _asks(found) and (consent := _consent(found, yes, delete)):
        found = _sent(door, file, fields | consent)
    return _answer(file.name, found)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--answer {text}: write it as ID=VALUE, with the id of the question.")
    return name, value


def _answered(door: Door, file: Path, fields: dict[str, str], answers: dict[str, str]) -> dict[str, Any]:
    """Send the file, asking the person at the terminal what it leaves open; without one the questions come back."""
    while True:
        if answers:
            fields["answers"] = canonical.dumps(answers).decode()
        found = _sent(door, file, fields)
        if "questions" not in found or not sys.stdin.isatty():
            return found
        note("\n".join(_evidence(found)))
        answers |= {one["id"]: _ask(one) for one in found["questions"]}


def _ask(question: dict[str, Any]) -> str:
    note(f"\n{question['text']}")
    if not question["options"]:
        return str(click.prompt("Answer", err=True))
    for number, option in enumerate(question["options"], 1):
        note(f"  {number}  {_option(option)}")
    other = " (or type another answer)" if question["free"] else ""
    given = str(click.prompt(f"Which, 1 to {len(question['options'])}{other}", err=True)).strip()
    if given.isascii() and given.isdigit() and 1 <= int(given) <= len(question["options"]):
        return str(question["options"][int(given) - 1]["value"])
    return given if question["free"] else _ask(question)


def _option(option: dict[str, Any]) -> str:
    return option["label"] + (f": {option['example']}" if option["example"] else "")


def _open(name: str, found: dict[str, Any]) -> list[str]:
    """The questions for who is not at a terminal, each with what answers it."""
    lines = [*_evidence(found), "", f"{name}: {found['problem']['message']}"]
    for question in found["questions"]:
        lines += ["", question["text"]]
        lines += [f"  --answer {question['id']}={shlex.quote(one['value'])}  {_option(one)}" for one in question["options"]]
        lines += [f"  --answer {question['id']}=…"] if question["free"] else []
    return lines


def _evidence(found: dict[str, Any]) -> list[str]:
    """What was concluded from the file, and from what."""
    plain = [one for one in found["findings"] if one["topic"] == "column" and one["evidence"].startswith("header in row")]
    others = [one for one in found["findings"] if one not in plain]
    told = [f"  {one['topic'].replace('_', ' ')}: {one['value']} ({one['evidence']})" for one in others]
    told += [f"  columns: {'; '.join(one['value'] for one in plain)}"] if plain else []
    left = [f"  left out: {one['reason'].replace('_', ' ')}, {one['count']} x: {one['example']}" for one in found["left_out"]]
    return [*told, *left]


def _sent(door: Door, file: Path, fields: dict[str, str]) -> dict[str, Any]:
    with progress(f"Importing {file.name}") as moved:
        moved(0, 0)
        return door.upload("/import", fields, file.name, file.read_bytes())


def _asks(found: dict[str, Any]) -> bool:
    return bool(found["problem"]) and found["problem"]["code"] == "changes_to_accept"


def _consent(found: dict[str, Any], yes: bool, delete: bool) -> dict[str, str]:
    """What accepts the difference: the options, or the person at the terminal; nothing where neither does."""
    difference = found["difference"]
    counts = difference["counts"]
    if sys.stdin.isatty() and not yes:
        note("\n".join([*_differences(found), *_warned(found)]))
        _agrees("Change", counts["changed"], abort=True)
        _agrees("Take, although it may be stored already,", counts["doubtful"], abort=True)
        delete = delete or _agrees("Delete", counts["vanished"])
    elif not yes and (counts["changed"] or counts["doubtful"] or not delete):
        return {}
    return {"accept": difference["fingerprint"], "vanished": "delete" if delete else "keep"}


def _agrees(what: str, number: int, *, abort: bool = False) -> bool:
    """Whether the person at the terminal wants it; nothing needs no asking."""
    return not number or click.confirm(f"{what} {count(number, 'entry', 'entries')}?", err=True, abort=abort)


# ---- what is said


def _answer(name: str, found: dict[str, Any]) -> Answer:
    refused = [row for row in found["rows"] if row["outcome"] == "refused"]
    evidence = _evidence(found) if found["read_by"] == "detection" else []
    difference = [] if found["stored"] else _differences(found)
    lines = [*evidence, _totals(name, found), *_refused(refused), *_warned(found), *difference]
    if found["problem"]:
        lines.append(_remedy(found["problem"]))
    elif found["stored"] and not refused:
        lines.append(f"next:  timebooks {'plan' if found['totals']['invoices'] else 'approve'}")
    return Answer(found, "\n".join(lines), _code(found, bool(refused)))


def _code(found: dict[str, Any], refused: bool) -> int:
    if found["problem"]:
        return ASKED if _asks(found) else CONFLICT if found["problem"]["code"] == "difference_moved" else FAILED
    return PARTLY if refused else DONE


def _totals(name: str, found: dict[str, Any]) -> str:
    totals, deleted = found["totals"], found["difference"]["deleted"]
    said = ", ".join(f"{totals[outcome]} {outcome}" for outcome in ("new", "changed", "unchanged", "refused"))
    gone = f", {deleted} deleted" if deleted else ""
    by = f" (profile {found['profile']})" if found["profile"] else ""
    invoices = totals["invoices"]
    what = count(invoices, "invoice", "invoices") if invoices else f"{format_hms(totals['seconds'])} of work"
    return f"{name}{by}: {said}{gone}; {what}" + ("" if found["stored"] else " (not stored)")


def _refused(refused: Sequence[dict[str, Any]]) -> list[str]:
    return _first([f"  row {row['row']}: {_why(row['problem'])}" for row in refused])


def _why(problem: dict[str, Any]) -> str:
    place = f"{problem['column']}: " if problem.get("column") else ""
    return "; ".join(text for text in (place + problem["cause"].removesuffix("."), problem.get("remedy", "")) if text)


def _warned(found: dict[str, Any]) -> list[str]:
    return [f"  look:  {one['text']} {_rows(one)}" for one in found["warnings"]]


def _rows(one: dict[str, Any]) -> str:
    more = ", …" if one["count"] > len(one["rows"]) else ""
    return f"({'row' if one['count'] == 1 else 'rows'} {', '.join(map(str, one['rows']))}{more})" if one["rows"] else ""


def _differences(found: dict[str, Any]) -> list[str]:
    difference, counts = found["difference"], found["difference"]["counts"]
    changed = [f"  row {one['row']}: {_about(one)}: {'; '.join(map(_field, one['fields']))}" for one in difference["changed"]]
    gone = [f"  no longer there: {_about(one)}" for one in difference["vanished"]]
    return [*_first(changed, counts["changed"]), *_first(gone, counts["vanished"])]


def _first(lines: Sequence[str], number: int | None = None) -> list[str]:
    more = (len(lines) if number is None else number) - _SHOWN
    return [*lines[:_SHOWN], *([f"  … and {more} more; --json shows more of them"] if more > 0 else [])]


def _about(one: dict[str, Any]) -> str:
    size = format_hms(one["seconds"]) if one.get("seconds") else None
    whose = (one["number"], one["client"]) if "number" in one else (one["job"], one["person"])
    return " · ".join(text for text in (one["date"], size, *whose) if text)


def _field(one: dict[str, Any]) -> str:
    if one["field"] == "deleted":
        return "was deleted and is there again"
    name = "duration" if one["field"] == "seconds" else one["field"].removesuffix("_seconds")
    return f"{name} {_value(one['field'], one['was'])} -> {_value(one['field'], one['now'])}"


def _value(field: str, value: Any) -> str:
    if field in _LENGTHS:
        return format_hms(value)
    if field in ("start", "end"):
        value = value and value.replace("T", " ")
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "nothing" if value in (None, "") else str(value)


def _remedy(problem: dict[str, Any]) -> str:
    by_code = {
        "rows_refused": "Nothing was stored. Mend the rows, or take the good ones with --partial.",
        "changes_to_accept": "Nothing was stored. Look at the differences; --yes takes edited rows, --delete-vanished deletes.",
    }
    return by_code.get(problem["code"]) or f"{problem['message']} {problem['remedy']}"
