"""The memory of requestids, and the limits on requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from services.quickbooks_connector.emulator.app import Limits
from tests.component.quickbooks_emulator.driver import HAND, SERVICE, App, draft


def test_the_first_answer_is_replayed_byte_for_byte_whatever_the_body_says(app, emulator):
    first = app.post("invoice", draft(), requestid="r-1")
    emulator.advance(3500)
    assert app.post("invoice", draft(DocNumber="other"), requestid="r-1").raw == first.raw
    assert [each.requestid for each in emulator.writes(entity="Invoice")] == ["r-1"]


def test_another_company_has_a_memory_of_its_own(app, connect):
    app.post("invoice", draft(), requestid="r-1")
    assert connect(SERVICE).post("invoice", draft(DocNumber="A-9"), requestid="r-1").body["Invoice"]["DocNumber"] == "A-9"


def test_a_memory_ends_after_its_seconds(app, emulator):
    emulator.configure(memory_seconds=60)
    app.post("invoice", draft(DocNumber=None), requestid="r-1")
    emulator.advance(59)
    app.post("invoice", draft(DocNumber=None), requestid="r-1")
    assert len(emulator.live_invoices(HAND)) == 1
    emulator.advance(1)
    app.post("invoice", draft(DocNumber=None), requestid="r-1")
    assert len(emulator.live_invoices(HAND)) == 2


def test_a_memory_of_nothing_forgets_at_once(app, emulator):
    emulator.configure(memory_seconds=0)
    for _ in range(2):
        app.post("invoice", draft(DocNumber=None), requestid="r-1")
    assert len(emulator.live_invoices(HAND)) == 2


def test_refusals_are_remembered_only_where_the_option_says_so(app, emulator):
    assert app.post("invoice", draft(Colour="red"), requestid="r-1").code == "2010"
    assert app.post("invoice", draft(), requestid="r-1").status == 200
    emulator.configure(remember_errors=True)
    assert app.post("invoice", draft(Colour="red"), requestid="r-2").code == "2010"
    assert app.post("invoice", draft(DocNumber="A-2"), requestid="r-2").code == "2010"


def test_a_known_requestid_may_be_refused_with_600_instead(app, emulator):
    emulator.configure(known_request="refuse")
    app.post("invoice", draft(), requestid="r-1")
    assert app.post("invoice", draft(), requestid="r-1").code == "600"


def test_a_requestid_of_fifty_characters_passes_and_a_longer_one_does_not(app):
    assert app.post("invoice", draft(), requestid="x" * 50).status == 200
    assert app.post("invoice", draft(), requestid="x" * 51).code == "2050"


def test_many_at_once_under_one_requestid_make_one_invoice(app, emulator):
    def send(_):
        fellow = App.__new__(App)
        fellow.emulator, fellow.realm, fellow.tokens, fellow.http = emulator, HAND, app.tokens, emulator.wsgi.test_client()
        return fellow.post("invoice", draft(), requestid="r-1").body["Invoice"]["Id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(40)))) == 1
    assert len(emulator.live_invoices(HAND)) == 1


def test_ten_requests_a_second_for_an_app_and_company(app, emulator):
    emulator.configure(limits=Limits())
    assert {app.get("preferences").status for _ in range(10)} == {200}
    refused = app.get("preferences")
    assert (refused.status, refused.code, refused.body["fault"]["type"]) == (429, "3001", "SERVICE")
    assert "ThrottleExceeded" in refused.fault["message"] and "Retry-After" not in refused.headers
    emulator.advance(1)
    assert app.get("preferences").status == 200


def test_five_hundred_requests_a_minute_for_a_company(app, emulator):
    emulator.configure(limits=Limits(per_second=1000))
    statuses = [app.get("preferences").status for _ in range(501)]
    assert statuses.count(200) == 500 and statuses[-1] == 429
    emulator.advance(60)
    assert app.get("preferences").status == 200


def test_forty_batches_a_minute(app, emulator):
    emulator.configure(limits=Limits(per_second=1000))
    empty = {"BatchItemRequest": []}
    assert [app.post("batch", empty).status for _ in range(41)] == [200] * 40 + [429]
    assert app.get("preferences").status == 200


def test_a_throttled_request_may_be_told_when_to_come_back_and_in_xml(app, emulator):
    emulator.configure(limits=Limits(per_second=0), retry_after=60, throttle_xml=True)
    refused = app.get("preferences")
    assert refused.headers["Retry-After"] == "60" and refused.headers["Content-Type"] == "application/xml"
    assert b'<Error code="3001">' in refused.raw
