"""The regions there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.xero_connector.regions import au1, au2, nz, uk
from services.xero_connector.regions.region import Region
from shared.kernel.errors import Unsupported

REGIONS: dict[str, Region] = {module.REGION.key: module.REGION for module in (au1, au2, nz, uk)}
_DEFAULT = {"AU": au1.REGION, "NZ": nz.REGION, "GB": uk.REGION, "UK": uk.REGION}


def of(facts: Mapping[str, Any]) -> Region:
    """The region of a connection's facts: as it was learnt when connecting, in Australia in the version that was chosen."""
    region = REGIONS[str(facts["region"])]
    versions = {"1.0": au1.REGION, "2.0": au2.REGION}
    return versions.get(str(facts.get("version")), region) if region.country == "AU" else region


def for_country(country: str, version: str | None = None) -> Region:
    """The region of an organisation's country code; in Australia 1.0 unless ``version`` says 2.0."""
    if country.upper() == "AU" and version == "2.0":
        return au2.REGION
    if country.upper() not in _DEFAULT:
        raise Unsupported(
            "no_payroll_region",
            f"Xero Payroll is there for Australia, New Zealand and the United Kingdom, not for {country or 'this country'}.",
            "Enter the hours in the payroll that you use there.",
        )
    return _DEFAULT[country.upper()]
