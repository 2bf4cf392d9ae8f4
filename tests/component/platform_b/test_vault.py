"""Sealed columns: bound to their place, one key per person, destroyed for good."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.kernel.errors import Invalid
from shared.platform.db import Database, reading, savepoint, transaction
from shared.platform.sealing import SealBroken
from shared.platform.vault import Vault, scrub
from shared.platform.vault_tables import vault_subject

PLACE = "person.name"


def sealed(
    database: Database, vault: Vault, subject: str | None = "anna", text: str = "Anna Lindqvist", row: str = "row-1"
) -> bytes:
    with transaction(database) as session:
        return vault.keyring(session, "org", [subject]).seal(subject, PLACE, row, text)


def opened(database: Database, vault: Vault, value: bytes, *, organisation="org", subject="anna", place=PLACE, row="row-1"):
    with reading(database) as session:
        return vault.keyring(session, organisation, [subject]).open(subject, place, row, value)


@pytest.mark.parametrize("subject", ["anna", None])
def test_what_is_sealed_opens_again_in_another_session(database, vault, subject):
    value = sealed(database, vault, subject, "Ånna 🦊\n\x00")
    assert b"nna" not in value
    assert len(value) == len("Ånna 🦊\n\x00".encode()) + 29
    assert opened(database, vault, value, subject=subject) == "Ånna 🦊\n\x00"


def test_sealing_the_same_text_twice_gives_different_bytes(database, vault):
    assert sealed(database, vault) != sealed(database, vault)


@pytest.mark.parametrize(
    "elsewhere",
    [{"row": "row-2"}, {"place": "person.email"}, {"subject": "bert"}, {"subject": None}, {"organisation": "other"}],
    ids=str,
)
def test_a_sealed_value_is_refused_in_any_other_place(database, vault, elsewhere):
    value = sealed(database, vault)
    with transaction(database) as session:  # the keys exist, so it is the binding that refuses
        for organisation in ("org", "other"):
            vault.keyring(session, organisation).make(["anna", "bert"])
    with pytest.raises(SealBroken):
        opened(database, vault, value, **elsewhere)


def test_two_places_whose_names_run_together_are_different(database, vault):
    with transaction(database) as session:
        keys = vault.keyring(session, "org")
        value = keys.seal(None, "a.b", "c1:d", "text")
        with pytest.raises(SealBroken):
            keys.open(None, "a.bc", "1:d", value)


@pytest.mark.parametrize(
    "change", [lambda v: v[:-1], lambda v: v + b"x", lambda v: bytes([v[0] ^ 1]) + v[1:], lambda v: b"", lambda v: v[:9]]
)
def test_a_changed_value_is_refused(database, vault, change):
    with pytest.raises(SealBroken):
        opened(database, vault, change(sealed(database, vault)))


def test_a_unit_of_work_asks_for_its_keys_once(database, vault):
    with transaction(database) as session:
        assert vault.keyring(session, "org", ["anna"]) is vault.keyring(session, "org", ["bert"])
        assert vault.keyring(session, "org") is not vault.keyring(session, "other")


@pytest.mark.parametrize("subject", ["anna", None])
def test_no_key_is_used_that_a_savepoint_took_away(database, vault, subject):
    with transaction(database) as session:
        with pytest.raises(RuntimeError), savepoint(session):
            vault.keyring(session, "org", [subject]).seal(subject, PLACE, "row-1", "never kept")
            raise RuntimeError
        value = vault.keyring(session, "org", [subject]).seal(subject, PLACE, "row-1", "kept")
    assert opened(database, vault, value, subject=subject) == "kept"


def test_whoever_erases_goes_on_without_the_key(database, vault):
    value = sealed(database, vault)
    with transaction(database) as session:
        vault.keyring(session, "org", ["anna"]).open("anna", PLACE, "row-1", value)
        vault.erase(session, "org", "anna")
        assert vault.keyring(session, "org", ["anna"]).open("anna", PLACE, "row-1", value) is None


def test_another_master_key_opens_nothing(database, vault):
    value = sealed(database, vault)
    with pytest.raises(SealBroken):
        opened(database, Vault(bytes(32)), value)


def test_a_keys_wrapping_is_bound_to_its_subject(database, vault):
    """Swapping two people's wrapped keys in the table must not swap who is erased."""
    sealed(database, vault, "anna"), sealed(database, vault, "bert")
    with transaction(database) as session:
        wrapped = session.execute(sa.select(vault_subject.c.wrapped).where(vault_subject.c.subject == "bert")).scalar_one()
        session.execute(sa.update(vault_subject).where(vault_subject.c.subject == "anna").values(wrapped=wrapped))
    with pytest.raises(SealBroken):
        sealed(database, vault, "anna")


def test_a_page_of_a_thousand_people_needs_two_statements(database, vault):
    people = [f"person-{n}" for n in range(1000)]
    with transaction(database) as session:
        keys = vault.keyring(session, "org", people)
        values = {person: keys.seal(person, PLACE, person, person) for person in people}
    statements: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with reading(database) as session:
        keys = vault.keyring(session, "org", people)
        assert all(keys.open(person, PLACE, person, values[person]) == person for person in people)
    assert len([text for text in statements if text.startswith("SELECT")]) == 2  # 500 and 500, with the organisation's


def test_many_makers_of_one_key_end_with_one(database, vault):
    """Each seals under the key it ended with; every value must open with the key that stands in the table."""
    start = threading.Barrier(6)

    def seal(number: int) -> bytes:
        start.wait(10)
        with transaction(database) as session:
            keys = vault.keyring(session, "new-org", ["anna", "bert"])
            return keys.seal("anna", PLACE, f"row-{number}", "x")

    with ThreadPoolExecutor(6) as pool:
        values = list(pool.map(seal, range(6)))
    for number, value in enumerate(values):
        assert opened(database, vault, value, organisation="new-org", row=f"row-{number}") == "x"


def test_a_maker_that_rolls_back_takes_its_key_with_it(database, vault):
    with pytest.raises(ZeroDivisionError), transaction(database) as session:
        vault.keyring(session, "org", ["anna"]).seal("anna", PLACE, "row-1", "x")
        _ = 1 / 0
    assert opened(database, vault, sealed(database, vault)) == "Anna Lindqvist"


def test_erasing_leaves_nothing_to_open_and_refuses_new_data(database, vault):
    value, other = sealed(database, vault), sealed(database, vault, "bert")
    with transaction(database) as session:
        erased = vault.erase(session, "org", "anna")
    assert (erased.keys, erased.blobs) == (1, ())
    assert opened(database, vault, value) is None
    assert opened(database, vault, other, subject="bert") == "Anna Lindqvist"
    with pytest.raises(Invalid) as refused:
        sealed(database, vault)
    assert refused.value.code == "erased"
    with reading(database) as session:
        assert vault.erased(session, "org", "anna") and not vault.erased(session, "org", "bert")
        keys = vault.keyring(session, "org", ["anna", "bert"])
        assert keys.erased("anna") and not keys.erased("bert") and not keys.erased("nobody")


def test_erasing_twice_destroys_once_and_erasing_a_stranger_leaves_a_tombstone(database, vault):
    sealed(database, vault)
    for expected in (1, 0):
        with transaction(database) as session:
            assert vault.erase(session, "org", "anna").keys == expected
            assert vault.erase(session, "org", "stranger").keys == 0
    with pytest.raises(Invalid):
        sealed(database, vault, "stranger")


def test_erasing_in_one_organisation_leaves_the_same_subject_of_another(database, vault):
    with transaction(database) as session:
        value = vault.keyring(session, "other").seal("anna", PLACE, "row-1", "x")
        vault.erase(session, "org", "anna")
    assert opened(database, vault, value, organisation="other") == "x"


def test_an_erasure_waits_for_whoever_is_sealing_and_nobody_seals_after_it(database, vault):
    """Rows sealed before the erasure commit before it: the one who erases can find and clean them."""
    sealed(database, vault)
    order: list[str] = []
    sealing_began, done = threading.Event(), threading.Event()

    def erase() -> None:
        sealing_began.wait(10)
        with transaction(database) as session:
            vault.erase(session, "org", "anna")
            order.append("erased")
        done.set()

    eraser = threading.Thread(target=erase)
    eraser.start()
    with transaction(database) as session:
        keys = vault.keyring(session, "org", ["anna"])
        sealing_began.set()
        assert not done.wait(0.2)
        keys.seal("anna", PLACE, "row-9", "x")
        order.append("sealed")
    eraser.join(10)
    assert order == ["sealed", "erased"]
    with pytest.raises(Invalid):
        sealed(database, vault)


def test_a_reading_session_makes_no_keys(database, vault):
    with reading(database) as session:
        keys = vault.keyring(session, "new-org", ["anna"])
        assert keys.open("anna", PLACE, "row-1", None) is None
        assert keys.mac(b"x") != keys.mac(b"y")
        with pytest.raises(RuntimeError):
            keys.seal("anna", PLACE, "row-1", "x")
    with reading(database) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(vault_subject)).scalar_one() == 0


def test_equal_content_has_an_equal_mac_in_one_organisation_only(database, vault):
    with transaction(database) as session:
        one, two = vault.keyring(session, "org"), vault.keyring(session, "other")
        assert one.mac(b"Anna") == vault.keyring(session, "org").mac(b"Anna") != two.mac(b"Anna")
        assert len(one.mac(b"")) == 64


def bytes_on_disk(database: Database, url: str) -> bytes:
    """Everything the database holds of the table of keys, its log included (SQLite) or its files (PostgreSQL)."""
    if database.sqlite:
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        [data] = connection.exec_driver_sql("SELECT pg_read_binary_file(pg_relation_filepath('vault_subject'))").one()
        return bytes(data)


@pytest.mark.parametrize("place", [0, 10, 19])
def test_after_scrubbing_the_destroyed_key_is_in_no_byte_of_the_databases_own_files(database, vault, place):
    url = database.engine.url.render_as_string(hide_password=False)
    people = [f"person-{number:02}" for number in range(20)]
    with transaction(database) as session:
        vault.keyring(session, "org").make(people)
    with reading(database) as session:
        keys = {row.subject: row.wrapped for row in session.execute(sa.select(vault_subject))}
    erased = keys.pop(people[place])
    assert erased in bytes_on_disk(database, url)
    with transaction(database) as session:
        vault.erase(session, "org", people[place])
    scrub(database)
    left = bytes_on_disk(database, url)
    assert not any(erased[start : start + 12] in left for start in range(len(erased) - 11))  # no part of it either
    assert all(key in left for key in keys.values())


def test_a_key_of_the_installation_is_one_for_each_purpose(vault):
    assert len({vault.derive(b"one"), vault.derive(b"two"), Vault(bytes(32)).derive(b"one")}) == 3
    assert vault.derive(b"one") == Vault(bytes(range(32))).derive(b"one")
