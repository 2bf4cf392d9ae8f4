"""Batches, and change data capture."""

from __future__ import annotations

from tests.component.quickbooks_emulator.driver import HAND, draft, header

SINCE = "2026-03-02T12:00:00-08:00"


def batch(app, *items, **args):
    return app.post("batch", {"BatchItemRequest": list(items)}, **args)


def create(bid, number, **changes):
    return {"bId": bid, "operation": "create", "Invoice": draft(DocNumber=number, **changes)}


def test_items_run_one_after_another_and_nothing_is_rolled_back(app, emulator):
    answer = batch(
        app, create("1", "A-1"), create("2", "A-1"), create("3", "A-3"), {"bId": "4", "Query": "select count(*) from Invoice"}
    )
    items = answer.body["BatchItemResponse"]
    assert answer.status == 200 and [each["bId"] for each in items] == ["1", "2", "3", "4"]
    assert items[1]["Fault"]["Error"][0]["code"] == "6140"
    assert items[3]["QueryResponse"] == {"totalCount": 2}
    assert [each.result["DocNumber"] for each in emulator.writes(entity="Invoice")] == ["A-1", "A-3"]


def test_a_batch_updates_voids_and_deletes(app):
    first, second, third = (app.invoice(DocNumber=number) for number in ("1", "2", "3"))
    items = batch(
        app,
        {"bId": "a", "operation": "update", "Invoice": header(first, PrivateNote="x")},
        {"bId": "b", "operation": "update", "optionsData": "void", "Invoice": header(second)},
        {"bId": "c", "operation": "delete", "Invoice": header(third)},
        {"bId": "d", "operation": "create", "optionsData": "allowduplicatedocnum", "Invoice": draft(DocNumber="1")},
        {"bId": "e", "operation": "launch", "Invoice": {}},
    ).body["BatchItemResponse"]
    assert items[0]["Invoice"]["PrivateNote"] == "x"
    assert items[1]["Invoice"]["TotalAmt"] == 0
    assert items[2]["Invoice"]["status"] == "Deleted"
    assert items[3]["Invoice"]["DocNumber"] == "1"
    assert items[4]["Fault"]["Error"][0]["code"] == "500"


def test_thirty_items_pass_and_thirty_one_do_not(app, emulator):
    assert batch(app, *(create(str(n), f"A-{n}") for n in range(30))).status == 200
    assert batch(app, *(create(str(n), f"B-{n}") for n in range(31))).status == 400
    assert len(emulator.live_invoices(HAND)) == 30


def test_with_a_requestid_names_must_be_short(app, emulator):
    assert batch(app, create("1", "A-1"), requestid="x" * 37).code == "2050"
    assert batch(app, create("12345678901", "A-1"), requestid="x" * 36).code == "2050"
    assert batch(app, create("1234567890", "A-1"), requestid="x" * 36).status == 200
    assert batch(app, create("12345678901", "A-2")).status == 200
    assert len(emulator.live_invoices(HAND)) == 2


def test_a_batch_under_a_known_requestid_is_answered_again_and_not_done_again(app, emulator):
    first = batch(app, create("1", "A-1"), create("2", "A-2"), requestid="r-1")
    assert batch(app, create("1", "A-1"), create("2", "A-2"), requestid="r-1").raw == first.raw
    assert len(emulator.live_invoices(HAND)) == 2


def changes(app, entities="Invoice,Payment", since=SINCE):
    return app.get("cdc", entities=entities, changedSince=since).body["CDCResponse"][0]["QueryResponse"]


def test_changes_come_whole_and_deletes_as_stubs(app, emulator):
    kept, gone = app.invoice(), app.invoice(DocNumber="A-2")
    emulator.delete(HAND, gone["Id"])
    emulator.void(HAND, kept["Id"])
    invoices, payments = changes(app)
    assert payments == {}
    assert invoices["maxResults"] == 2
    assert [each.get("status") for each in invoices["Invoice"]] == [None, "Deleted"]
    assert invoices["Invoice"][0]["PrivateNote"] == "Voided" and invoices["Invoice"][0]["TotalAmt"] == 0
    assert set(invoices["Invoice"][1]) == {"domain", "status", "Id", "MetaData"}


def test_only_what_changed_since_then_is_told(app, emulator):
    first, second = app.invoice(), app.invoice(DocNumber="A-2")
    emulator.advance(60)
    emulator.pay(HAND, second["Id"])
    told = changes(app, since="2026-03-02T12:01:00-08:00")
    assert [each["Id"] for each in told[0]["Invoice"]] == [second["Id"]] != [first["Id"]]
    assert len(told[1]["Payment"]) == 1


def test_a_thousand_objects_at_most_the_oldest_first(app, emulator):
    for number in range(1001):
        emulator.add(HAND, "Customer", {"DisplayName": f"Crowd {number:04}"})
        emulator.advance(1)
    told = changes(app, "Customer", since="2026-03-02T12:00:00-08:00")[0]["Customer"]
    assert len(told) == 1000 and told[-1]["DisplayName"] == "Crowd 0995"  # five were there from the start
    assert (
        changes(app, "Customer", since=told[-1]["MetaData"]["LastUpdatedTime"])[0]["Customer"][-1]["DisplayName"] == "Crowd 1000"
    )


def test_changes_lag_like_queries(app, emulator):
    emulator.configure(index_lag=20)
    app.invoice()
    assert changes(app) == [{}, {}]
    emulator.advance(20)
    assert len(changes(app)[0]["Invoice"]) == 1


def test_no_further_back_than_thirty_days(app, emulator):
    assert app.get("cdc", entities="Invoice", changedSince="2026-01-30T12:00:00-08:00").status == 400
    assert app.get("cdc", entities="Invoice", changedSince="2026-01-31T12:00:00-08:00").status == 200
    assert app.get("cdc", entities="Spaceship", changedSince=SINCE).code == "2090"
    assert app.get("cdc", entities="Invoice").code == "2020"
