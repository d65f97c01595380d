"""Where on earth somebody may live, by the name of a city or zone, or by what their clock shows."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

UNKNOWN = "UTC"  # what stands in a profile until somebody says where they live; who lives by it has Etc/UTC
STEP_MIN = 15  # every zone's clock is that far, or a multiple of it, from UTC
#: One for each clock that people may well have, from west to east.
LIKELY = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York",
    "America/Halifax", "America/Sao_Paulo", "Europe/London", "Europe/Paris", "Europe/Athens", "Europe/Istanbul", "Asia/Dubai",
    "Asia/Karachi", "Asia/Kolkata", "Asia/Bangkok", "Asia/Singapore", "Asia/Seoul", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
#: More, of which some have the same clock today and another one in summer; of one clock the likeliest first.
COMMON = (
    *LIKELY, "America/Phoenix", "America/Vancouver", "America/Mexico_City", "America/Toronto", "America/Bogota", "America/Lima",
    "America/Puerto_Rico", "America/Santiago", "America/Caracas", "America/St_Johns", "America/Argentina/Buenos_Aires",
    "America/Noronha", "Atlantic/Azores", "Atlantic/Cape_Verde", "Europe/Dublin", "Europe/Lisbon", "Atlantic/Reykjavik",
    "Africa/Accra", "Africa/Casablanca", "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam", "Africa/Lagos",
    "Europe/Helsinki", "Europe/Kyiv", "Africa/Johannesburg", "Africa/Cairo", "Asia/Jerusalem", "Africa/Nairobi", "Asia/Riyadh",
    "Europe/Moscow", "Asia/Tehran", "Asia/Tbilisi", "Asia/Kabul", "Asia/Tashkent", "Asia/Almaty", "Asia/Colombo",
    "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Jakarta", "Asia/Ho_Chi_Minh", "Asia/Shanghai", "Asia/Hong_Kong",
    "Asia/Manila", "Asia/Taipei", "Asia/Kuala_Lumpur", "Australia/Perth", "Asia/Tokyo", "Australia/Darwin",
    "Australia/Adelaide", "Australia/Brisbane", "Australia/Melbourne", "Pacific/Guam", "Pacific/Noumea", "Pacific/Fiji",
    "Pacific/Tongatapu", "Pacific/Pago_Pago",
)  # fmt: skip
#: Where people live, most of them, whose phone speaks so; the first of several is the likeliest.
_SPOKEN = {
    "en": ("Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles", "Asia/Kolkata", "Australia/Sydney"),
    "en-us": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "en-gb": ("Europe/London",), "en-ca": ("America/Toronto", "America/Vancouver"), "en-ie": ("Europe/Dublin",),
    "en-au": ("Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Perth"),
    "en-nz": ("Pacific/Auckland",), "en-in": ("Asia/Kolkata",), "hi": ("Asia/Kolkata",), "de": ("Europe/Berlin",),
    "fr": ("Europe/Paris",), "it": ("Europe/Rome",), "nl": ("Europe/Amsterdam",), "pl": ("Europe/Warsaw",),
    "es": ("Europe/Madrid", "America/Mexico_City", "America/Bogota", "America/Argentina/Buenos_Aires"),
    "es-es": ("Europe/Madrid",), "es-mx": ("America/Mexico_City",), "pt": ("America/Sao_Paulo", "Europe/Lisbon"),
    "pt-br": ("America/Sao_Paulo",), "sv": ("Europe/Stockholm",), "sv-se": ("Europe/Stockholm",), "tr": ("Europe/Istanbul",),
    "uk": ("Europe/Kyiv",), "el": ("Europe/Athens",), "fi": ("Europe/Helsinki",), "ja": ("Asia/Tokyo",),
    "zh": ("Asia/Shanghai",), "zh-tw": ("Asia/Taipei",), "th": ("Asia/Bangkok",), "vi": ("Asia/Ho_Chi_Minh",),
    "id": ("Asia/Jakarta",), "ko": ("Asia/Seoul",),
}  # fmt: skip
_SHORT = {
    "utc": "Etc/UTC", "gmt": "Etc/UTC", "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
    "cst": "America/Chicago", "cdt": "America/Chicago", "mst": "America/Denver", "mdt": "America/Denver",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles", "bst": "Europe/London",
    "cet": "Europe/Paris", "cest": "Europe/Paris", "eet": "Europe/Athens", "eest": "Europe/Athens", "ist": "Asia/Kolkata",
    "kst": "Asia/Seoul", "jst": "Asia/Tokyo", "aest": "Australia/Sydney", "aedt": "Australia/Sydney",
    "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland", "uk": "Europe/London", "england": "Europe/London",
    "korea": "Asia/Seoul", "한국": "Asia/Seoul", "japan": "Asia/Tokyo", "일본": "Asia/Tokyo", "india": "Asia/Kolkata",
    "germany": "Europe/Berlin", "독일": "Europe/Berlin", "france": "Europe/Paris", "프랑스": "Europe/Paris",
    "영국": "Europe/London", "san francisco": "America/Los_Angeles", "seattle": "America/Los_Angeles",
    "boston": "America/New_York", "washington": "America/New_York", "nyc": "America/New_York", "la": "America/Los_Angeles",
    "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "beijing": "Asia/Shanghai", "부산": "Asia/Seoul",
}  # fmt: skip
_OFFSET = re.compile(r"(?:utc|gmt)?\s*(?P<sign>[+\-−])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?", re.IGNORECASE)


def zone_in(text: str, now: datetime) -> str:
    """The zone that a text names, by its name, its city or (where nothing better was said) how far it is from UTC;
    "" where it names none."""
    named = " ".join(text.replace("_", " ").split()).strip(" .!").lower()
    if (zone := _SHORT.get(named) or _names().get(named, "")) or (offset := _OFFSET.fullmatch(named)) is None:
        return zone
    minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
    return next(iter(zones_at(minutes if offset["sign"] == "+" else -minutes, now)), "")


def zones_at(offset_min: int, now: datetime) -> tuple[str, ...]:
    """The common zones whose clocks are so many minutes before UTC's now, else any other that there is."""
    found = tuple(zone for zone in COMMON if offset_of(zone, now) == offset_min)
    return found or tuple(zone for zone in sorted(_everywhere()) if offset_of(zone, now) == offset_min)[:8]


def zones_showing(minute: int, now: datetime) -> tuple[str, ...]:
    """The zones whose clocks show that minute of the day now, or nearly."""
    apart = minute - (now.hour * 60 + now.minute)
    nearest = round(apart / STEP_MIN) * STEP_MIN
    return tuple(zone for day in (0, -1440, 1440) for zone in zones_at(nearest + day, now))


def spoken_in(language: str) -> tuple[str, ...]:
    """Where somebody may live whose phone is set to a language ("en-GB", "de"), the likeliest first: a suggestion at best."""
    tag = language.replace("_", "-").lower()
    return _SPOKEN.get(tag) or _SPOKEN.get(tag.partition("-")[0]) or _SPOKEN["en"]


def beside(zone: str, now: datetime) -> tuple[str, ...]:
    """That zone and the common ones with the same clock now, which may go another way in summer."""
    others = tuple(one for one in zones_at(offset_of(zone, now), now) if one != zone)
    return (zone, *(one for one in others if one in COMMON))


def offset_of(zone: str, now: datetime) -> int:
    """Minutes from UTC."""
    offset = now.astimezone(ZoneInfo(zone)).utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else 0


def city(zone: str, language: str) -> str:
    """`New York`, `뉴욕`."""
    from babel.dates import get_timezone, get_timezone_location

    if zone.startswith("Etc/") or "/" not in zone:
        return zone.removeprefix("Etc/")
    return str(get_timezone_location(get_timezone(zone), locale=language, return_city=True))


@cache
def _names() -> dict[str, str]:
    """Every zone by its name and its city's, in small letters."""
    found: dict[str, str] = {}
    for zone in sorted(_everywhere()):
        found.setdefault(zone.rpartition("/")[2].replace("_", " ").lower(), zone)
    for language in ("ko", "en"):
        found |= {city(zone, language).lower(): zone for zone in COMMON}
    return found | {zone.replace("_", " ").lower(): zone for zone in _everywhere()} | {"etc/utc": "Etc/UTC"}


@cache
def _everywhere() -> frozenset[str]:
    """Zones that a place gives its name to: no bare offsets."""
    return frozenset(zone for zone in available_timezones() if zone.partition("/")[0] in _PARTS_OF_THE_EARTH)


_PARTS_OF_THE_EARTH = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
