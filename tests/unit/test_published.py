"""What docs/reference holds of the API is what the services say of themselves."""

from __future__ import annotations

import pytest

from services import published
from services.postman import collection
from tests.architecture.sources import ROOT


@pytest.fixture(scope="module")
def documents():
    return published.documents()


def test_the_published_contract_is_what_the_services_say(documents):
    for name, text in published.files(documents).items():
        assert (ROOT / "docs" / "reference" / name).read_text("utf-8") == text, f"{name}: run make reference"


def test_the_postman_collection_has_every_operation_once_with_its_example(documents):
    made = collection(documents)
    requests = [one for service in made["item"] for room in service["item"] for one in room["item"]]
    operations = [one for told in documents.values() for methods in told["paths"].values() for one in methods.values()]
    assert len(requests) == len(operations) > 150
    assert all(one["request"]["body"]["raw"] for one in requests if one["request"].get("body", {}).get("mode") == "raw")
