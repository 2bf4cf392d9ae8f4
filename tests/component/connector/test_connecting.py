"""Connecting a company, connecting it again, disconnecting: through the consent page of the emulator."""

from __future__ import annotations

import pytest

from shared.connector import connect
from shared.connector.oauth import consent_url
from shared.kernel.errors import Conflict, Invalid, Reconnect
from shared.platform import jobs
from tests.component.connector.books import ORGANISATION, US, US_OWN_NUMBERS, invoice


def query(callback: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in callback.split("?", 1)[1].split("&"))


def begin(books, organisation=ORGANISATION, **options):
    return connect.start(books.connector, organisation, "somebody", **options)


def test_the_company_introduces_itself_and_its_preferences_are_kept(books):
    made = books.connect(US)
    assert (made.tenant.id, made.tenant.country, made.tenant.currency) == (US, "US", "USD")
    assert made.tenant.facts["custom_numbers"] is True
    assert (made.state, made.push) == ("live", "on_plan")


def test_a_callback_is_good_once(books):
    callback = query(books.emulator.consent(begin(books), US))
    connect.finish(books.connector, callback)
    with pytest.raises(Invalid) as caught:
        connect.finish(books.connector, callback)
    assert caught.value.code == "unknown_state"


def test_a_callback_is_good_for_ten_minutes(books):
    callback = query(books.emulator.consent(begin(books), US))
    books.clock.advance(minutes=11)
    with pytest.raises(Invalid) as caught:
        connect.finish(books.connector, callback)
    assert caught.value.code == "unknown_state"


def test_a_state_that_is_not_ours_opens_nothing(books):
    forged = consent_url(books.connector, "made-up-state")
    with pytest.raises(Invalid):
        connect.finish(books.connector, query(books.emulator.consent(forged, US)))


def test_refused_consent_asks_for_no_token(books):
    callback = query(books.emulator.refuse_consent(begin(books)))
    with pytest.raises(Invalid) as caught:
        connect.finish(books.connector, callback)
    assert caught.value.code == "consent_refused"
    assert books.emulator.token_calls() == []


def test_the_realm_of_the_callback_is_not_believed(books):
    callback = query(books.emulator.consent(begin(books), US)) | {"realmId": US_OWN_NUMBERS}
    with pytest.raises(Reconnect) as caught:
        connect.finish(books.connector, callback)
    assert caught.value.code == "access_refused"


def test_a_company_belongs_to_one_organisation_at_a_time(books):
    books.connect(US)
    with pytest.raises(Conflict) as caught:
        books.connect(US, organisation="org_other")
    assert caught.value.code == "tenant_taken"


def test_connecting_again_keeps_the_connection_and_its_documents(books):
    first = books.connected(US)
    one = invoice("INV-0001")
    books.pushed(first, one)
    again = connect.finish(books.connector, query(books.emulator.consent(begin(books, reconnect=first.id), US)))
    assert again.id == first.id
    assert books.binding(one)["connection"] == first.id


def test_connecting_again_with_another_company_changes_nothing(books):
    first = books.connected(US)
    with pytest.raises(Conflict) as caught:
        connect.finish(books.connector, query(books.emulator.consent(begin(books, reconnect=first.id), US_OWN_NUMBERS)))
    assert caught.value.code == "another_company"
    assert books.reload(first).tenant.id == US


def test_disconnecting_ends_the_grant_there_and_forgets_the_tokens_here(books):
    made = books.connected(US)
    connect.disconnect(books.connector, made, "somebody")
    assert books.reload(made).state == "disconnected"
    books.wishes.want(invoice("INV-0001"))
    books.work()
    assert books.emulator.live_invoices(US) == []
    assert books.connect(US).id != made.id  # another connection, for another grant


def test_a_grant_ended_over_there_parks_nothing_and_everything_goes_on_after_connecting_again(books):
    made = books.connected(US)
    one = invoice("INV-0001")
    books.wishes.want(one)
    books.link_all(made)
    books.go(made)
    books.emulator.disconnect(US)
    books.work()
    assert books.reload(made).state == "needs_reconnect"
    assert books.problems() != []
    connect.finish(books.connector, query(books.emulator.consent(begin(books, reconnect=made.id), US)))
    books.work()
    assert books.binding(one)["state"] == "confirmed"
    assert books.problems() == []
    assert len(books.emulator.live_invoices(US)) == 1


def test_what_was_composed_before_connecting_is_wanted_in_the_new_connection(books):
    one = invoice("INV-0001")
    books.wishes.want(one)
    jobs.run_ready(books.db, books.service.handlers)
    made = books.connected(US)
    assert books.binding(one)["connection"] == made.id
