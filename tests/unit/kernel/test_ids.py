"""The same thing has the same id wherever and whenever it is read."""

from uuid import UUID

from shared.kernel.ids import call_key, document_id, record_id


def test_a_record_has_the_same_id_for_ever():
    assert record_id("org", "time", "worklog", "1") == "c56586af-112b-51ad-84f3-80f498669495"


def test_every_part_of_the_name_makes_another_record():
    names = [("o", "time", "worklog", "1"), ("p", "time", "worklog", "1"), ("o", "person", "worklog", "1")]
    names += [
        ("o", "time", "toggl", "1"),
        ("o", "time", "worklog", "2"),
        ("o", "time", "worklog1", ""),
        ("ot", "ime", "worklog", "1"),
    ]
    ids = {record_id(*name) for name in names}
    assert len(ids) == len(names)
    assert all(UUID(each).version == 5 for each in ids)


def test_a_document_is_never_a_record():
    assert document_id("o", "invoice", "worklog", "1") != record_id("o", "invoice", "worklog", "1")


def test_a_call_key_is_short_and_safe_everywhere():
    key = call_key("connection", [("binding", 1, 1)])
    assert len(key) == 36
    assert key.isascii()
    assert key.isalnum()
    assert key == key.lower()


def test_a_call_key_changes_with_connection_binding_version_and_generation():
    keys = {
        call_key("c", [("b", 1, 1)]),
        call_key("d", [("b", 1, 1)]),
        call_key("c", [("x", 1, 1)]),
        call_key("c", [("b", 2, 1)]),
        call_key("c", [("b", 1, 2)]),
        call_key("c", [("b", 1, 1), ("x", 1, 1)]),
    }
    assert len(keys) == 6


def test_the_order_of_a_calls_items_does_not_matter():
    assert call_key("c", [("b", 1, 1), ("a", 2, 1)]) == call_key("c", [("a", 2, 1), ("b", 1, 1)])
