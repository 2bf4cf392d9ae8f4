"""Whatever order people, books and networks do their things in: at rest everything agrees, and nothing was billed twice."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.journeys import quiet
from tests.journeys.lives import DAYS, Life, settle_in
from tests.journeys.stage import Stage
from tests.sizes import size

names = st.sampled_from(sorted(DAYS))
which = st.integers(0, 5)


class Lives(RuleBasedStateMachine):
    stage: Stage

    @initialize(
        memory=st.sampled_from([86_400, 86_400, 0]),
        lag=st.sampled_from([0, 0, 30]),
        push=st.sampled_from(["on_plan", "automatic"]),
        heard=st.booleans(),
        whose=st.sampled_from(["ours", "theirs"]),
    )
    def start(self, memory: int, lag: int, push: str, heard: bool, whose: str) -> None:
        self.stage.again()
        self.life = Life(self.stage)
        self.heard, self.whose = heard, whose
        self.life.emulator.configure(memory_seconds=memory, index_lag=lag)
        if push == "automatic":
            self.life.mode(push)

    @rule(
        name=names,
        seconds=st.sampled_from([0, 1, 60, 3_601, 7_200, 12_345]),
        client=st.sampled_from(["harbour", "harbour", "moon"]),
        rate=st.sampled_from([None, "90", "33.3333333"]),
        overtime=st.sampled_from([0, 0, 900]),
        billable=st.sampled_from([True, True, True, False]),
        deleted=st.sampled_from([False, False, False, True]),
        by_file=st.booleans(),
    )
    def log(self, **what: Any) -> None:
        self.life.log(**what)

    @rule()
    def approve(self) -> None:
        self.life.approve()

    @rule(name=names)
    def unapprove(self, name: str) -> None:
        self.life.unapprove(name)

    @rule(grouping=st.sampled_from(["job", "person", "day", "detailed"]), percent=st.sampled_from([None, None, "12.5"]))
    def bill(self, grouping: str, percent: str | None) -> None:
        """Approve and compose."""
        self.life.approve()
        self.life.compose(grouping, percent)

    @rule(grouping=st.sampled_from(["job", "person", "day", "detailed"]))
    def compose(self, grouping: str) -> None:
        self.life.compose(grouping)

    @rule(at=which)
    def void(self, at: int) -> None:
        self.life.void(at)

    @rule(push=st.sampled_from(["on_plan", "automatic"]))
    def mode(self, push: str) -> None:
        self.life.mode(push)

    @rule()
    def make_plan(self) -> None:
        self.life.make_plan()

    @rule()
    def go(self) -> None:
        self.life.go()

    @rule(work=st.booleans())
    def send(self, work: bool) -> None:
        """Plan and press go at once."""
        self.life.make_plan()
        self.life.go()
        if work:
            self.life.work()

    @rule(at=which, share=st.sampled_from([1, 1, 3]))
    def pay(self, at: int, share: int) -> None:
        self.life.pay(at, share)

    @rule(at=which, void=st.booleans())
    def unpay(self, at: int, void: bool) -> None:
        self.life.unpay(at, void=void)

    @rule(at=which)
    def void_there(self, at: int) -> None:
        self.life.void_there(at)

    @rule(at=which)
    def delete_there(self, at: int) -> None:
        self.life.delete_there(at)

    @rule(at=which, lines=st.booleans())
    def edit_there(self, at: int, lines: bool) -> None:
        self.life.edit_there(at, lines=lines)

    @rule(duplicate=st.sampled_from([1, 1, 2]), shuffle=st.sampled_from([None, 1]), split=st.booleans(), drop=st.booleans())
    def deliver(self, **how: Any) -> None:
        self.life.deliver(**how)

    @rule()
    def replay(self) -> None:
        self.life.replay()

    @rule(
        kind=st.sampled_from(
            ["connect", "reset_before", "hang", "throttle", "error_before", "reset_after", "timeout", "error_after", "truncated"]
        ),
        nth=st.sampled_from([1, 1, 2]),
        writes=st.sampled_from([True, True, False]),
    )
    def goes_wrong(self, kind: str, nth: int, writes: bool) -> None:
        self.life.goes_wrong(kind, nth, **({"method": "POST", "path": "/(invoice|batch)"} if writes else {}))

    @rule(gone=st.sampled_from([False, False, True]))
    def lose_access(self, gone: bool) -> None:
        self.life.revoke() if gone else self.life.expire()

    @rule()
    def work(self) -> None:
        self.life.work()

    @rule()
    def follow(self) -> None:
        self.life.follow()

    @rule(minutes=st.sampled_from([1, 11, 60 * 26, 60 * 24 * 40]))
    def wait(self, minutes: int) -> None:
        self.life.wait(minutes=minutes)

    def teardown(self) -> None:
        if hasattr(self, "life"):
            quiet.come_to_rest(self.life, heard=self.heard, whose=self.whose)
            quiet.check(self.life)


def test_whatever_happens_at_rest_the_books_agree_and_nothing_is_billed_twice(stage_of, backend: str) -> None:
    machine = type("Machine", (Lives,), {"stage": stage_of(settle_in)})
    examples = size("sequences") if backend == "sqlite" else size("sequences") // 40
    rules = settings(
        max_examples=examples, stateful_step_count=size("sequence_steps"), suppress_health_check=list(HealthCheck), deadline=None
    )
    run_state_machine_as_test(machine, settings=rules)
