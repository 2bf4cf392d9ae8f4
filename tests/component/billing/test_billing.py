from decimal import Decimal
def test_thin(firm):
    firm.logs("1"); firm.logs("2", "0.3333", day="2026-03-03")
    inv = firm.bills()
    print(inv)
    assert inv.total == Decimal("833.33")
    assert firm.invoice(inv) == inv
    firm.books_say(inv, "open")
    print(firm.shown(inv))
    firm.logs("1", "6")
    print(firm.invoice(inv))
    firm.books_say(inv, "paid", pushed=2)
    firm.logs("1", "5")
    print(firm.corrections())
