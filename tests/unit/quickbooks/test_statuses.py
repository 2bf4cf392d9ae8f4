"""What an invoice from QuickBooks is, by the table of its amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.quickbooks_connector.statuses import read_status


def remote(total: str, balance: str, note: str = "tb:b1.1", **more):
    return {"Id": "7", "SyncToken": "2", "TotalAmt": Decimal(total), "Balance": Decimal(balance), "PrivateNote": note, **more}


@pytest.mark.parametrize(
    ("there", "status"),
    [
        (remote("360.00", "360.00"), "open"),
        (remote("360.00", "100.00"), "partly_paid"),
        (remote("360.00", "0"), "paid"),
        (remote("0", "0", note="Voided"), "void"),
        (remote("0", "0", note="Voided - tb:b1.1"), "void"),
        (remote("0", "0"), "paid"),  # a zero invoice looks like a void one but for the note: nothing is owed
        ({"Id": "7", "status": "Deleted"}, "deleted"),
    ],
)
def test_a_status_follows_from_the_amounts(there, status):
    assert read_status(there).status == status


def test_a_deleted_object_comes_without_a_version_and_is_newer_than_everything():
    assert read_status({"Id": "7", "status": "Deleted"}).order > read_status(remote("1", "1", SyncToken="999")).order
