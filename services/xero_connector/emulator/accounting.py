"""Shows what the accounting surface knows of an organisation: where it is, its tracking categories, and its people's rights."""

from __future__ import annotations

from collections.abc import Callable

from .asking import Ask
from .options import Organisation
from .seeds import key
from .wire import Body, Reply, json_reply, ms_moment, not_there

_COUNTRY = {"AU": ("AU", "AUD"), "NZ": ("NZ", "NZD"), "UK": ("GB", "GBP")}


def answer(ask: Ask) -> Reply:
    facts = ask.books.organisation
    views: dict[tuple[str, ...], Callable[[], Body]] = {
        ("organisation",): lambda: {"Organisations": [_organisation(ask, facts)]},
        ("organisation", "actions"): lambda: {"Actions": [{"Name": "CreateApprovedInvoice", "Status": "ALLOWED"}]},
        ("trackingcategories",): lambda: {"TrackingCategories": _tracking(facts)},
        ("users",): lambda: {"Users": [_user(facts)]},
    }
    if ask.method != "GET" or ask.path not in views:
        raise not_there()
    head = {"Id": key(facts.tenant, "answer", "1"), "Status": "OK", "ProviderName": "Sample Timekeeping App"}
    return json_reply({**head, "DateTimeUTC": ms_moment(ask.act.at), **views[ask.path]()})


def _organisation(ask: Ask, facts: Organisation) -> Body:
    country, currency = _COUNTRY[facts.region]
    return {
        "OrganisationID": facts.tenant,
        "Name": facts.name,
        "LegalName": facts.name,
        "Version": facts.region,
        "OrganisationType": "COMPANY",
        "CountryCode": country,
        "BaseCurrency": currency,
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "Timezone": _windows_name(facts.zone),
        "CreatedDateUTC": ms_moment(ask.books.opened),
        "ShortCode": f"!{facts.tenant[-5:]}",
    }


def _windows_name(zone: str) -> str:
    """Zones here have names of their own."""
    names = {"Australia/Sydney": "AUSEASTERNSTANDARDTIME", "Australia/Perth": "WAUSTRALIASTANDARDTIME"}
    names |= {"Pacific/Auckland": "NEWZEALANDSTANDARDTIME", "Europe/London": "GMTSTANDARDTIME"}
    return names.get(zone, "UTC")


def _tracking(facts: Organisation) -> list[Body]:
    if facts.tracking_category is None:
        return []
    options = [{"TrackingOptionID": each, "Name": name, "Status": "ACTIVE"} for each, name in facts.tracking.items()]
    return [{"TrackingCategoryID": facts.tracking_category, "Name": "Crew", "Status": "ACTIVE", "Options": options}]


def _user(facts: Organisation) -> Body:
    return {
        "UserID": key(facts.tenant, "user", "sample-user"),
        "EmailAddress": "sample-user@example.invalid",
        "FirstName": "Sample",
        "LastName": "User",
        "IsSubscriber": True,
        "OrganisationRole": "STANDARD",
    }
