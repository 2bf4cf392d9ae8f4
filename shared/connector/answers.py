"""What a connector's routes answer."""

from __future__ import annotations

from shared.contract import answers as a
from shared.contract.statuses import ConnectionState


class Door(a.Answer):
    """Where to agree."""

    authorize_url = a.text("For a person's browser.", "https://books.example/authorize?state=…")


class Connection(a.Answer):
    """An organisation's authorised link to one company in the books."""

    id = a.ident("connection")
    tenant = a.text("The company's id over there.", "9341450000000001")
    name = a.text("", "Sample Company")
    country = a.text("", "US", null=True)
    currency = a.text("", "USD", null=True)
    facts = a.by_name("What the provider says of the company, and the options chosen.", {})
    state = a.word(ConnectionState)
    push = a.word(("on_plan", "automatic"))
    connected_at = a.instant()
    pulled_until = a.instant("Until when changes over there are known.", null=True)
    authorisation_ends_at = a.instant("When somebody has to agree again, if it is never used.", null=True)


class Candidate(a.Answer):
    """Something over there that has the same name."""

    remote = a.text("", "58")
    name = a.text("", "Harbour Bakery")


class Reference(a.Answer):
    """Something of ours that documents name."""

    kind = a.text("", "customer")
    local = a.ident("client", "Its id here.")
    currency = a.text("", "USD")
    local_name = a.text("", "Harbour Bakery")
    remote = a.text("The id over there that it is linked to.", None)
    remote_name = a.text("", None)
    state = a.word(("suggested", "linked", "missing"))
    candidates = a.many(Candidate)


class Link(a.Answer):
    """A link that was made."""

    kind = a.text("", "customer", optional=True)
    local = a.ident("client", optional=True)
    currency = a.text("", "USD", optional=True)
    remote = a.text("", "58", optional=True)
    remote_name = a.text("", "Harbour Bakery", optional=True)


class Linked(Link):
    """The link that was made, or all of them in `items`."""

    items = a.many(Link, optional=True)


class FieldDifference(a.Answer):
    """A field that will change."""

    field = a.text("", "total")
    there = a.text("What the books have now.", None)
    here = a.text("What they will have.", "360.00", null=True)


class ItemProblem(a.Answer):
    """Why it can't be written."""

    code = a.text("", "reference_missing")
    cause = a.text("", "Harbour Bakery isn't linked to a customer.")
    remedy = a.text("", "Link it, or have it created.")


class PlanItem(a.Answer):
    """What would become of one invoice or timesheet."""

    document = a.ident("document")
    number = a.text("", "INV-00001")
    name = a.text("Whom it is for.", "Harbour Bakery")
    status = a.text("What it is over there.", "draft")
    action = a.word(("create", "update", "retire", "blocked"))
    total = a.text("As exact text.", "360.00")
    currency = a.text("", "USD")
    version = a.whole()
    fields = a.many(FieldDifference)
    problem = a.one(ItemProblem, null=True)


class LeftOut(a.Answer):
    """Of a payroll: work that no timesheet pays yet."""

    person = a.ident("person")
    name = a.text("", "Wanda Wattle")
    since = a.day()
    until = a.day()
    duration = a.text("", "7:30:00")
    code = a.text("", "no_employee")
    cause = a.text("", "Wanda Wattle isn't linked to an employee.")
    remedy = a.text("", "Link them.")


class Overtime(a.Answer):
    """Of a payroll: what the overtime rule made of a day."""

    person = a.ident("person")
    name = a.text("", "Wanda Wattle")
    date = a.day()
    why = a.text("", "daily")
    before = a.by_name("Kinds of pay, with what was logged.", {"ordinary": "9:00:00"})
    after = a.by_name("Kinds of pay, with what is paid.", {"ordinary": "8:00:00", "overtime": "1:00:00"})


class Forecast(a.Answer):
    """Of a payroll: what writing takes."""

    calls = a.whole("Calls to the provider.", 4)
    done_at = a.instant("Until when, as the provider's limits have it.")


class Plan(a.Answer):
    """What would be written. It lapses after 24 hours."""

    plan = a.ident("plan")
    connection = a.ident("connection")
    made_at = a.instant()
    expires_at = a.instant("", "2026-03-03T09:00:00+00:00")
    applied_at = a.instant("When somebody pressed go.", None)
    items = a.many(PlanItem)
    left_out = a.many(LeftOut, optional=True)
    overtime = a.many(Overtime, optional=True)
    forecast = a.one(Forecast, null=True, optional=True)


class Applied(a.Answer):
    """It is being written."""

    plan = a.ident("plan")
    applied = a.whole("How many documents.")
    already = a.flag("It was applied before, and nothing was done now.")


class Kept(a.Answer):
    """Whose version counts."""

    kept = a.word(("theirs", "ours"))


class Asked(a.Answer):
    """What is being done."""

    asked = a.many(a.text("", "push"))


class Run(a.Answer):
    """One execution of push, poll or pull."""

    id = a.ident("run")
    kind = a.text("", "push")
    started_at = a.instant()
    ended_at = a.instant(null=True)
    counts = a.by_name("How many of what.", {"create": 1, "calls": 2})


class Runs(a.Answer):
    """The newest runs, the newest first."""

    items = a.many(Run)
    busy = a.flag("Whether something is due or being done.")


class OpenProblem(a.Answer):
    """Something that a person can mend."""

    problem = a.ident("problem")
    version = a.whole()
    connection = a.ident("connection", null=True)
    code = a.text("", "reference_missing")
    subject = a.text("The id of what it is about.", a.example_id("binding"))
    about = a.ident("client", "The person or client whom the cause names.", null=True)
    title = a.text("", "Harbour Bakery isn't linked to a customer")
    cause = a.text("", "An invoice names this client.")
    remedy = a.text("", "Link it, or have it created.")
    blocks = a.whole("How many things wait for it.")
    open = a.flag("", True)


CONNECTIONS, REFERENCES, PROBLEMS = a.listing(Connection), a.listing(Reference), a.listing(OpenProblem)
