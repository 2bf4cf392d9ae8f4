"""Idempotency-Key: one effect, one answer, whatever is sent again, killed or late."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from shared.kernel.errors import Conflict, Invalid
from shared.platform import audit, auth
from shared.platform.auth import Principal
from shared.platform.db import reading, transaction
from shared.platform.web import Room, body, principal, raw_body, service_app
from shared.platform.web_idempotency import forget, forget_answers, idempotency, once


def authenticate(token: str) -> Principal:
    organisation, key = token.split(".")
    return Principal(organisation, "anna", "owner", auth.ROLES["owner"], "key", key)


class Shop:
    """A service whose one route has one effect: an audit row."""

    def __init__(self, database, vault) -> None:
        self.database, self.vault = database, vault
        self.during = lambda: None
        room = Room("shop")
        room.post("/orders", scope="records:write")(self.order)
        self.app = service_app("shop", "", room, authenticate=authenticate)

    def order(self):
        value = body()
        with once(self.database, self.vault, principal(), "POST /orders", raw_body()) as claim:
            if claim.replay:
                return claim.replay
            self.during()
            with transaction(self.database) as session:
                audit.record(session, principal().organisation, "key", "ordered", "thing")
                if value.get("bad"):
                    raise Invalid("bad_thing", "No.")
                return claim.done(session, {"number": self._count(session) + 1, "note": "Anna Lindqvist"}, 202)

    def _count(self, session) -> int:
        return session.execute(sa.select(sa.func.count()).select_from(audit.audit)).scalar_one()

    def effects(self) -> int:
        with reading(self.database) as session:
            return self._count(session)

    def send(self, value=None, *, key: str | None = "key-1", bearer: str = "org.k1"):
        headers = {"Authorization": f"Bearer {bearer}"} | ({"Idempotency-Key": key} if key is not None else {})
        return self.app.test_client().post("/orders", json=value or {}, headers=headers)


@pytest.fixture
def shop(database, vault) -> Shop:
    return Shop(database, vault)


def code(answer) -> str:
    return json.loads(answer.data)["error"]["code"]


def test_the_same_request_again_has_one_effect_and_the_same_answer_marked_as_replayed(shop):
    first, again = shop.send(), shop.send()
    assert (first.status_code, again.status_code) == (202, 202) and first.data == again.data
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    assert shop.effects() == 1


def test_without_a_key_every_request_counts(shop):
    shop.send(key=None), shop.send(key=None)
    assert shop.effects() == 2


def test_the_same_key_with_another_body_is_refused(shop):
    shop.send({"a": 1})
    answer = shop.send({"a": 2})
    assert answer.status_code == 422 and code(answer) == "idempotency_key_reused" and shop.effects() == 1


def test_keys_of_other_callers_and_organisations_are_other_keys(shop):
    assert [shop.send(bearer=bearer).json["number"] for bearer in ("org.k1", "org.k2", "other.k1")] == [1, 2, 3]


def test_while_the_first_is_being_done_the_second_is_told_to_wait(shop):
    during: list[object] = []

    def ask_again() -> None:
        shop.during = lambda: None
        during.append(shop.send())

    shop.during = ask_again
    assert shop.send().status_code == 202
    assert during[0].status_code == 409 and code(during[0]) == "request_running" and shop.effects() == 1


def test_many_at_once_have_one_effect(shop):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: shop.send(), range(12)))
    assert {answer.status_code for answer in answers} <= {202, 409} and shop.effects() == 1
    assert len({answer.data for answer in answers if answer.status_code == 202}) == 1


def test_a_refused_request_gives_its_key_back(shop):
    assert shop.send({"bad": True}).status_code == 422 and shop.effects() == 0
    assert shop.send({"bad": False}).status_code == 202


def test_a_process_that_died_leaves_a_claim_that_lapses_and_one_that_only_stalled_undoes_its_effect(shop, vault, clock):
    stalled = {}

    def stall() -> None:
        shop.during = lambda: None
        assert shop.send().status_code == 409
        clock.advance(seconds=60)
        stalled["second"] = shop.send()

    shop.during = stall
    late = shop.send()
    assert stalled["second"].status_code == 202
    assert late.status_code == 409 and code(late) == "request_taken_over"
    assert shop.effects() == 1
    assert shop.send().data == stalled["second"].data


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "é"])
def test_a_key_that_is_none_is_refused(shop, key):
    answer = shop.send(key=key)
    assert answer.status_code == 422 and code(answer) == "bad_idempotency_key"


def test_answers_are_kept_sealed_for_a_day_and_more_and_then_forgotten(shop, database, clock):
    shop.send()
    with reading(database) as session:
        row = session.execute(sa.select(idempotency)).one()
    assert b"Anna" not in row.answer
    clock.advance(hours=47)
    assert forget(database) == 0 and shop.send().headers["Idempotent-Replayed"] == "true"
    clock.now += timedelta(hours=2)
    assert forget(database) == 1


def test_after_an_erasure_answers_are_gone_but_nothing_is_done_twice(shop, database):
    shop.send()
    with transaction(database) as session:
        forget_answers(session, "org")
    answer = shop.send()
    assert answer.status_code == 409 and code(answer) == "answer_forgotten" and shop.effects() == 1


def test_a_failure_outside_a_request_body_leaves_no_claim(database, vault):
    app = Flask("x")
    with (
        app.test_request_context(headers={"Idempotency-Key": "k"}),
        pytest.raises(Conflict),
        once(database, vault, authenticate("org.k1"), "POST /x", b""),
    ):
        raise Conflict("moved", "The world moved.")
    with reading(database) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(idempotency)).scalar_one() == 0
