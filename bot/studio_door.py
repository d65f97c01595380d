"""The drawing page and what it asks for: let in by the web chat's session, by Telegram's word, or by a link for a day."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from bot import init_data, studio_pass
from bot.care import checked
from bot.web_gate import FRAMED_BY, WEB_DIR, Handler, language_of, sentence
from bot.web_intake import TooLarge, Unreadable
from core.entities import Analysis, Entry, Kind, Level, Message, Person, Safety, Sketch, WorkKind, new_id, utc_now
from core.painting import arrangement, choices
from core.phrases import catalogue
from core.ports import EmoseumError, NotFound, Store
from core.safety import answers
from core.safety.hotlines import country_of

SEARCH_BYTES, WORDS_CHARS = 4096, 100
SAME_WORRY_S = 600  # within which words being typed worry us once
STICKER_S = 24 * 3600  # that a browser may keep a sticker
_ID = re.compile(r"[0-9A-Za-z_-]{8,64}$")
_ENTRY = re.compile(r"[0-9a-z]{20}$")


@dataclass(frozen=True)
class Keys:
    """What the page's visitors are known by."""

    secret: bytes  # of the links that we sign
    telegram_token: str = ""
    public_url: str = ""


@dataclass(frozen=True)
class Visitor:
    """Who opened the page, in which chat they are answered, and to which entry they came ("": any of theirs)."""

    platform: str
    account: str
    chat_id: str
    person: Person
    entry_id: str = ""


class NoPicture(EmoseumError):
    """There is nothing to arrange yet."""

    def __init__(self) -> None:
        super().__init__("studio.error.no_picture")


class StudioDoor:
    """The page's part of the web platform; `keep` makes a message durable."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        *,
        keep: Callable[[Message], Awaitable[bool]],
        knows: Callable[[web.Request], bool],
        account: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._keys, self._keep, self._knows, self._account = store, keys, keep, knows, account
        self._clock = clock

    def open(self, app: web.Application) -> None:
        """Add the page and what it asks for."""
        app.router.add_get("/studio", self._page)
        app.router.add_get("/api/studio/words", self._words)
        app.router.add_get("/api/studio/sticker/{name:.+}.svg", self._sticker)
        app.router.add_get("/api/studio/entry/{id}", self._kindly(self._entry))
        app.router.add_get("/api/studio/entry/{id}/scene", self._kindly(self._scene))
        app.router.add_post("/api/studio/search", self._kindly(self._search))
        app.router.add_post("/api/studio/drawing", self._kindly(self._drawing))

    def _kindly(self, handler: Handler) -> Handler:
        """What is told to a visitor only, and how somebody else is refused."""

        async def handled(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except init_data.Untrusted as error:
                return sentence(request, error.key, 401)
            except NoPicture as error:
                return sentence(request, error.key, 409)
            except NotFound:
                return sentence(request, "studio.error.gone", 404)

        return handled

    # --- for anybody ---------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(WEB_DIR / "studio" / "studio.html", headers={"Cache-Control": "no-cache"})
        if self._keys.telegram_token and self._keys.public_url:
            response.headers[FRAMED_BY] = "https://web.telegram.org"
        return response

    async def _words(self, request: web.Request) -> web.Response:
        language = language_of(request)
        words = {key: text for key, text in catalogue(language).items() if key.startswith("studio.")}
        return web.json_response({"language": language, "words": words})

    async def _sticker(self, request: web.Request) -> web.Response:
        from core.painting.sheet import sticker_svg

        name = request.match_info["name"]
        if not arrangement.knows_sticker(name):
            raise NotFound("no such sticker")
        svg = await asyncio.to_thread(sticker_svg, name)
        kept = {"Cache-Control": f"public, max-age={STICKER_S}"}
        return web.Response(text=svg, content_type="image/svg+xml", headers=kept)

    # --- for a visitor -------------------------------------------------------------------------

    async def _visitor(self, request: web.Request) -> Visitor:
        """Raises Untrusted."""
        way, _, given = request.headers.get("X-Studio", "").partition(" ")
        if way == "telegram":
            account = init_data.account_of(given, self._keys.telegram_token, self._clock())
            return Visitor("telegram", account, account, await self._store.person_of("telegram", account))
        if way == "pass":
            allowed = studio_pass.read(self._keys.secret, given, self._clock())
            if allowed is None:
                raise init_data.Untrusted("no pass")
            person = await self._store.person_of(allowed.platform, allowed.account)
            if allowed.person_id not in (person.id, *person.former):
                raise NotFound("their account left that diary")
            return Visitor(allowed.platform, allowed.account, allowed.chat_id, person, allowed.entry_id)
        if way or not self._knows(request):
            raise init_data.Untrusted("nobody we know")
        return Visitor("web", self._account, self._account, await self._store.person_of("web", self._account))

    async def _entry_of(self, visitor: Visitor, entry_id: str) -> Entry:
        """Raises NotFound."""
        if not _ENTRY.match(entry_id) or visitor.entry_id not in ("", entry_id):
            raise NotFound("not the entry that they came for")
        entry = await self._store.entry(entry_id)
        if entry.person_id != visitor.person.id or entry.level.stops_everything:
            raise NotFound("another person's, or not to be drawn")
        return entry

    async def _entry(self, request: web.Request) -> web.Response:
        """The picture of an entry as it can be arranged."""
        visitor = await self._visitor(request)
        entry = await self._entry_of(visitor, request.match_info["id"])
        sketch, analysis = await self._sketch(entry)
        tags = tuple(tag.sticker for tag in analysis.tags) if analysis is not None else ()
        language = visitor.person.language
        told = await asyncio.to_thread(_told, sketch, tags, language)
        scene = await asyncio.to_thread(_scene, sketch, _emotion(analysis))
        return web.json_response({"entry": entry.id, "revision": entry.revision, "language": language, **told, **scene})

    async def _scene(self, request: web.Request) -> web.Response:
        """The empty scene of an entry's picture in another weather, at another hour."""
        visitor = await self._visitor(request)
        sketch, analysis = await self._sketch(await self._entry_of(visitor, request.match_info["id"]))
        weather, time_of_day = request.query.get("weather", ""), request.query.get("time", "")
        if weather not in ("", *choices.WEATHERS) or time_of_day not in ("", *choices.TIMES):
            raise Unreadable("no such weather or hour")
        sketch = choices.under(sketch, weather, time_of_day)
        return web.json_response(await asyncio.to_thread(_scene, sketch, _emotion(analysis)))

    async def _sketch(self, entry: Entry) -> tuple[Sketch, Analysis | None]:
        """What the newest picture was painted from, and what was understood. Raises NoPicture."""
        work = await self._store.latest_work(entry.id, WorkKind.PICTURE)
        sketch = arrangement.sketch_in(work.prompt) if work is not None else None
        if sketch is None:
            raise NoPicture
        return sketch, await self._store.analysis(entry.id)

    async def _search(self, request: web.Request) -> web.Response:
        """Stickers for a word or of a kind; words that worry us are answered as everywhere."""
        from core.painting import finding

        visitor = await self._visitor(request)
        asked = _json(await _body(request, SEARCH_BYTES))
        entry = await self._entry_of(visitor, str(asked.get("entry", "")))
        words, kind = str(asked.get("words", ""))[:WORDS_CHARS], str(asked.get("kind", ""))
        language = visitor.person.language
        safety = await checked(words) if words.strip() else Safety()
        care = None
        if safety.level is not Level.NONE:
            care = await self._worried(visitor, entry, words, safety.level)
            if safety.level.stops_everything:
                return web.json_response({"care": care, "found": []})
        if words.strip():
            found = await asyncio.to_thread(finding.find, words, language)
        else:
            found = await asyncio.to_thread(finding.of_kind, kind, language)
        return web.json_response({"care": care, "found": [asdict(one) for one in found]})

    async def _worried(self, visitor: Visitor, entry: Entry, words: str, level: Level) -> dict[str, Any]:
        """The chat hears of it, and the page shows the fixed words at once."""
        moment = int(self._clock()) // SAME_WORRY_S
        await self._keep(self._message(visitor, Kind.SEARCH, f"search-{entry.id}-{level}-{moment}", text=words))
        person = visitor.person
        country = country_of(person)
        fixed = answers.answer(level, person.language, country, name=person.name)
        links = [
            (answers.label(action, person.language, country), answers.link(action, country)) for action in fixed.actions
        ]
        return {"text": fixed.text, "links": [{"text": text, "url": url} for text, url in links if url]}

    async def _drawing(self, request: web.Request) -> web.Response:
        """An arrangement becomes a message; sent twice it is one."""
        visitor = await self._visitor(request)
        sent_as = request.headers.get("X-Studio-Id", "")
        data = await _body(request, arrangement.LIMIT_BYTES)
        if not _ID.match(sent_as):
            raise Unreadable("no usable id")
        try:
            asked = await asyncio.to_thread(arrangement.read, data)
        except arrangement.Unfit as error:
            raise Unreadable(f"arrangement: {error}") from None
        await self._entry_of(visitor, asked.entry_id)
        new = await self._keep(self._message(visitor, Kind.DRAW, sent_as, drawing=data.decode()))
        return web.json_response({"new": new})

    def _message(self, visitor: Visitor, kind: Kind, sent_as: str, text: str = "", drawing: str = "") -> Message:
        return Message(
            id=new_id(),
            platform=visitor.platform,
            chat_id=visitor.chat_id,
            account=visitor.account,
            platform_message_id=sent_as,
            sent_at=utc_now(),
            kind=kind,
            text=text,
            drawing=drawing,
            language=visitor.person.language,
            time_zone=visitor.person.time_zone,
        )


def _emotion(analysis: Analysis | None) -> str:
    return analysis.emotion.name if analysis is not None else "neutral"


def _scene(sketch: Sketch, emotion: str) -> dict[str, Any]:
    """A scene with nobody in it, and the weathers and hours that would be seen in it; takes some 0.1 s of a thread."""
    from core.painting import sheet
    from core.painting.crayon import palette

    behind, before = sheet.scene_svgs(sketch, palette(emotion))
    return {
        "behind": behind,
        "before": before,
        "weather": sketch.weather,
        "time": sketch.time,
        **asdict(choices.skies(sketch)),
    }


def _told(sketch: Sketch, tags: tuple[str, ...], language: str) -> dict[str, Any]:
    """What the page shows of a sketch; takes a few ms of a thread."""
    from core.painting import finding

    layers = [
        {**asdict(layer), "ratio": one.ratio, "word": one.word}
        for layer in sketch.layers
        if arrangement.knows_sticker(layer.sticker)
        for one in (finding.found(layer.sticker, language),)
    ]
    return {
        "layers": layers,
        "strokes": [asdict(stroke) for stroke in sketch.strokes],
        "across": max(sketch.width / sketch.height, 1.0),
        "tags": [asdict(finding.found(sticker, language)) for sticker in finding.named(tags, sketch)],
        "kinds": list(finding.KINDS),
        "faces": list(choices.FACES),
        "colours": list(arrangement.COLOURS),
        "limits": {"layers": arrangement.LAYERS, "strokes": arrangement.STROKES, "points": arrangement.POINTS,
                   "bytes": arrangement.LIMIT_BYTES},
    }  # fmt: skip


async def _body(request: web.Request, limit_bytes: int) -> bytes:
    if (request.content_length or 0) > limit_bytes:
        raise TooLarge("web.error.too_large")
    data = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > limit_bytes:
            raise TooLarge("web.error.too_large")
    return bytes(data)


def _json(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error
    if not isinstance(told, dict):
        raise Unreadable("no object")
    return told
