"""Who can be called, country by country; another country's number is never shown."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote

from core.entities import Person

HOTLINES = Path(__file__).resolve().parent.parent.parent / "config" / "hotlines.toml"
OLDEST_DAYS = 180

# The zones of each country that a number is known for; everybody else is shown the directory.
_ZONES = {
    "Asia/Seoul": "KR", "ROK": "KR",
    **dict.fromkeys(
        ("America/New_York", "America/Detroit", "America/Chicago", "America/Menominee", "America/Denver", "America/Boise",
         "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "America/Juneau", "America/Sitka", "America/Metlakatla",
         "America/Yakutat", "America/Nome", "America/Adak", "America/Louisville", "America/Indianapolis", "America/Fort_Wayne",
         "America/Knox_IN", "America/Shiprock", "Pacific/Honolulu"), "US"),
    **dict.fromkeys(
        ("America/Toronto", "America/Montreal", "America/Vancouver", "America/Edmonton", "America/Calgary", "America/Winnipeg",
         "America/Regina", "America/Halifax", "America/St_Johns", "America/Moncton", "America/Glace_Bay", "America/Goose_Bay",
         "America/Whitehorse", "America/Yellowknife", "America/Iqaluit", "America/Thunder_Bay", "America/Inuvik",
         "America/Dawson", "America/Dawson_Creek", "America/Fort_Nelson", "America/Creston", "America/Swift_Current",
         "America/Rankin_Inlet", "America/Resolute", "America/Cambridge_Bay", "America/Nipigon", "America/Rainy_River"), "CA"),
}  # fmt: skip
_ZONE_FAMILIES = {
    "US/": "US",
    "Canada/": "CA",
    "America/Kentucky/": "US",
    "America/Indiana/": "US",
    "America/North_Dakota/": "US",
}


@dataclass(frozen=True)
class Hotline:
    """One line that answers, as the data file tells it."""

    id: str
    country: str  # ISO 3166, "" for the directory
    role: str  # emergency | suicide | text | mental | youth
    name_ko: str
    name_en: str
    number: str  # as people read it
    tel: str  # a tel: link, "" where it can't be called
    sms: str  # an sms: link, "" where it can't be written to
    url: str
    hours: str  # "24h", "" where the hours are not known
    channels: tuple[str, ...]
    source: str
    verified_on: date
    verified: bool
    sms_body: str = ""
    sms_body_discord: str = ""
    note: str = ""

    def name(self, language: str) -> str:
        """What it is called."""
        return self.name_ko if language == "ko" else self.name_en

    def text_link(self) -> str:
        """The sms: link with the word that opens the line."""
        return f"{self.sms}?body={quote(self.sms_body)}" if self.sms and self.sms_body else self.sms


@cache
def every_line() -> tuple[Hotline, ...]:
    """Every entry of the data file, the ones that are not verified included."""
    with HOTLINES.open("rb") as file:
        entries = tomllib.load(file)["line"]
    return tuple(
        Hotline(
            id=entry["id"],
            country=entry["country"],
            role=entry["role"],
            name_ko=entry["name"]["ko"],
            name_en=entry["name"]["en"],
            number=entry["number"],
            tel=entry.get("tel", ""),
            sms=entry.get("sms", ""),
            url=entry.get("url", ""),
            hours=entry["hours"],
            channels=tuple(entry["channels"]),
            source=entry["source"],
            verified_on=entry["verified_on"],
            verified=entry["verified"],
            sms_body=entry.get("sms_body", ""),
            sms_body_discord=entry.get("sms_body_discord", ""),
            note=entry.get("note", ""),
        )
        for entry in entries
    )


def lines_for(country: str) -> tuple[Hotline, ...]:
    """The verified lines of a country, emergency first; the directory where there are none."""
    lines = tuple(line for line in every_line() if line.country == country and line.verified)
    if lines:
        return lines
    return tuple(line for line in every_line() if not line.country)


def countries() -> tuple[str, ...]:
    """The countries that can be chosen."""
    return tuple(dict.fromkeys(line.country for line in every_line() if line.country and line.verified))


def country_of(person: Person) -> str:
    """A person's country: as they set it, "OTHER" where they said that it is none of `countries()`; else by language and
    time zone, else "". For "OTHER" and "" there is the directory alone."""
    if person.country:
        return person.country.upper()
    zone = person.time_zone
    if zone in _ZONES:
        return _ZONES[zone]
    for family, country in _ZONE_FAMILIES.items():
        if zone.startswith(family):
            return country
    # Korean without a place on the map is Korea; English could be anywhere.
    return "KR" if person.language == "ko" and zone in ("", "UTC", "Etc/UTC") else ""
