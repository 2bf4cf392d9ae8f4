"""Files: kept sealed, found by content, read in pieces, destroyed with whom they name."""

from __future__ import annotations

import random
import threading

import pytest
import sqlalchemy as sa

from shared.kernel.errors import Invalid, Missing
from shared.platform import files
from shared.platform.db import in_transaction, reading, transaction
from shared.platform.files import CHUNK
from shared.platform.sealing import SealBroken
from shared.platform.vault_tables import blob_subject, vault_blob


def store(database, vault, data=b"date,person\n", *, subjects=("anna",), organisation="org", name="anna.csv"):
    with transaction(database) as session:
        return files.store(session, vault, organisation, data, kind="import", subjects=subjects, name=name)


def read(database, vault, number, organisation="org"):
    with reading(database) as session:
        return files.read(session, vault, organisation, number)


def count(database, table):
    with reading(database) as session:
        return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7])
def test_a_file_comes_back_as_it_went_in_whole_and_streamed(database, vault, size):
    data = random.Random(size).randbytes(size)
    number = store(database, vault, data)
    assert read(database, vault, number) == data
    assert b"".join(files.stream(database, vault, "org", number)) == data


def test_several_files_come_back_at_once_each_as_it_went_in(database, vault):
    contents = [b"", b"a", random.Random(2).randbytes(CHUNK + 1), b"of somebody who was erased"]
    numbers = [store(database, vault, data, subjects=("zoe",) if b"erased" in data else ()) for data in contents]
    with transaction(database) as session:
        vault.erase(session, "org", "zoe")
    with reading(database) as session:
        assert files.read_each(session, vault, "org", numbers) == dict(zip(numbers, [*contents[:3], None], strict=True))
        with pytest.raises(Missing):
            files.read_each(session, vault, "another", numbers[:1])
    with transaction(database) as session:
        session.execute(sa.delete(files.blob_chunk).where(files.blob_chunk.c.blob == numbers[1]))
    with pytest.raises(SealBroken), reading(database) as session:
        files.read_each(session, vault, "org", numbers)


def test_ranges_give_exactly_their_bytes_and_hold_no_transaction_between_pieces(database, vault):
    data = random.Random(1).randbytes(2 * CHUNK + 100)
    number = store(database, vault, data)
    edges = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, len(data), len(data) + 5]
    for start in edges:
        for stop in edges:
            assert b"".join(files.stream(database, vault, "org", number, start=start, stop=stop)) == data[start:stop]
    pieces = files.stream(database, vault, "org", number)
    next(pieces)
    assert not in_transaction()
    pieces.close()


def test_the_same_content_in_other_pieces_is_the_same_file_and_is_kept_once(database, vault):
    data = random.Random(2).randbytes(CHUNK + 50)
    number = store(database, vault, data)
    assert store(database, vault, iter([data[:7], b"", data[7:]]), subjects=["bert"]) == number
    assert store(database, vault, data) == number
    assert (count(database, files.blob), count(database, files.blob_chunk), count(database, vault_blob)) == (1, 2, 1)
    assert count(database, blob_subject) == 2  # both stay named
    assert store(database, vault, data, organisation="other") != number


def test_two_who_store_the_same_content_at_once_get_one_file(database, vault):
    start = threading.Barrier(4)
    got: list[str] = []

    def run() -> None:
        start.wait(10)
        got.append(store(database, vault, iter([b"same content"])))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(got) == 4 and len(set(got)) == 1
    assert count(database, files.blob_chunk) == 1
    assert read(database, vault, got[0]) == b"same content"


def test_another_organisation_sees_no_such_file(database, vault):
    number = store(database, vault)
    with pytest.raises(Missing):
        read(database, vault, number, organisation="other")
    with pytest.raises(Missing):
        next(files.stream(database, vault, "other", number))


def test_neither_content_nor_name_stand_in_the_clear(database, vault):
    store(database, vault, b"Anna Lindqvist worked", name="Lindqvist.csv")
    with reading(database) as session:
        rows = [*session.execute(sa.select(files.blob)), *session.execute(sa.select(files.blob_chunk))]
    assert "Lindqvist" not in repr(rows)


def test_what_is_known_of_a_file(database, vault):
    number = store(database, vault, b"12345", name="März.csv")
    with reading(database) as session:
        assert files.about(session, vault, "org", number) == files.Blob(number, "import", "März.csv", 5)


def test_erasing_one_person_destroys_the_files_that_name_them_and_no_others(database, vault):
    both, bert = store(database, vault, b"both", subjects=["anna", "bert"]), store(database, vault, b"bert", subjects=["bert"])
    with transaction(database) as session:
        erased = vault.erase(session, "org", "anna")
        assert files.drop_erased(session, "org") == 1
    assert erased.blobs == (both,)
    assert read(database, vault, both) is None
    assert read(database, vault, bert) == b"bert"
    with pytest.raises(Missing, match="erased"):
        list(files.stream(database, vault, "org", both))
    with reading(database) as session:
        assert files.about(session, vault, "org", both) == files.Blob(both, "import", None, 4)
        assert session.execute(sa.select(vault_blob.c.mac).where(vault_blob.c.blob == both)).scalar_one() is None


def test_the_same_file_cannot_come_back_for_an_erased_person_but_without_them_it_can(database, vault):
    first = store(database, vault, b"both", subjects=["anna", "bert"])
    with transaction(database) as session:
        vault.erase(session, "org", "anna")
    with pytest.raises(Invalid) as refused:
        store(database, vault, b"both", subjects=["anna", "bert"])
    assert refused.value.code == "erased"
    again = store(database, vault, b"both", subjects=["bert"])
    assert again != first and read(database, vault, again) == b"both"


def test_naming_more_people_later_lets_their_erasure_find_the_file(database, vault):
    number = store(database, vault, b"x", subjects=[])
    with transaction(database) as session:
        files.name_subjects(session, vault, "org", number, ["zoe"])
    with transaction(database) as session:
        assert vault.erase(session, "org", "zoe").blobs == (number,)
    assert read(database, vault, number) is None


def test_an_erasure_during_storing_finds_the_file_once_it_is_there(database, vault):
    stored, erased = threading.Event(), threading.Event()
    found: list[tuple[str, ...]] = []

    def erase() -> None:
        stored.wait(10)
        with transaction(database) as session:
            found.append(vault.erase(session, "org", "anna").blobs)
        erased.set()

    eraser = threading.Thread(target=erase)
    eraser.start()
    with transaction(database) as session:
        number = files.store(session, vault, "org", b"late", kind="import", subjects=["anna"])
        stored.set()
        assert not erased.wait(0.2)
    eraser.join(10)
    assert found == [(number,)]
    assert read(database, vault, number) is None


@pytest.mark.parametrize("harm", ["swap", "drop_last", "drop_first", "shorten_row"])
def test_a_file_whose_pieces_were_swapped_or_lost_is_refused(database, vault, harm):
    number = store(database, vault, random.Random(3).randbytes(2 * CHUNK + 10))
    chunk = files.blob_chunk
    with transaction(database) as session:
        if harm == "swap":
            for before, after in ((0, 9), (1, 0), (9, 1)):
                session.execute(sa.update(chunk).where(chunk.c.number == before).values(number=after))
        elif harm == "shorten_row":
            session.execute(sa.update(files.blob).values(size=2 * CHUNK))
            session.execute(sa.delete(chunk).where(chunk.c.number == 2))
        else:
            session.execute(sa.delete(chunk).where(chunk.c.number == (2 if harm == "drop_last" else 0)))
    with pytest.raises(SealBroken):
        read(database, vault, number)


def test_deleting_leaves_no_row(database, vault):
    number = store(database, vault)
    with transaction(database) as session:
        files.delete(session, "org", number)
    assert [count(database, table) for table in (files.blob, files.blob_chunk, vault_blob, blob_subject)] == [0, 0, 0, 0]
