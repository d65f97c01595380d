"""A person's full day in front of a chat: what they do, and what they must see before they go on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image

from bot import zones
from core.phrases import say, variants
from tests.golden.screens import Bubble
from tests.golden.seats import DiscordSeat, TelegramSeat
from tests.golden.stage import ZONES

LIMIT_S = 60.0
LINES = {
    "ko": {
        "first": "오늘 강아지랑 강가를 걸었다", "edited": "오늘 강아지랑 강가를 오래 걸었다", "selfie": "친구 결혼식에 다녀왔다",
        "voice": "바다에서 조개를 주웠다", "album": "엄마랑 배를 탔다", "name": "지우라고 불러줘", "known": "지우",
    },
    "en": {
        "first": "walked the dog along the river", "edited": "a long walk with the dog by the river", "selfie": "my friend's wedding",
        "voice": "picked up shells at the sea", "album": "took mom on a boat", "name": "call me Jamie", "known": "Jamie",
    },
}  # fmt: skip


class Day:
    """One person in front of one screen, who waits until they see what should be there."""

    def __init__(self, seat: TelegramSeat | DiscordSeat, language: str) -> None:
        self.seat, self.language, self.lines = seat, language, LINES[language]

    def word(self, key: str, **values: object) -> str:
        """A phrase in this person's language."""
        return say(self.language, key, **values)

    @property
    def answers(self) -> list[Bubble]:
        """Whole answers: a picture with a comment, and stars for both."""
        return [one for one in self.seat.screen() if len(one.stars) == 2 and one.media[0][0].startswith("[picture")]

    @property
    def songs(self) -> list[Bubble]:
        """Pieces of music, with their stars."""
        return [one for one in self.seat.screen() if len(one.stars) == 1 and one.media[0][0].startswith("[music")]

    async def sees(self, what: Callable[[], Any] | str, limit_s: float = LIMIT_S) -> Any:
        """Wait for it: words on the screen, or what `what()` finds there. Raises AssertionError with the screen."""
        begun = time.monotonic()
        while True:
            found = self.saying(what) if isinstance(what, str) else what()
            if found:
                return found
            waited_s = time.monotonic() - begun
            assert waited_s < limit_s, f"{type(self.seat).__name__} never showed {what}:\n{self.shown()}"
            await asyncio.sleep(min(max(waited_s / 8, 0.1), 0.5))

    def shown(self) -> str:
        """The screen as text."""
        return "\n".join(
            f"{one.media} {one.words} {[[k.label for k in row] for row in one.rows]}" for one in self.seat.screen()
        )

    def saying(self, words: str) -> list[Bubble]:
        """The messages with these words."""
        return [one for one in self.seat.screen() if words in one.words]

    async def presses(self, label: str, under: str = "", times: int = 1) -> None:
        """The newest such button."""
        for bubble in reversed(self.saying(under)):
            for knob in (knob for row in bubble.rows for knob in row):
                if label in knob.label:
                    await self.seat.presses(bubble, knob, times)
                    return
        raise LookupError(f"there is no button {label!r}")

    async def answered(self, count: int) -> Bubble:
        """So many answers with their music stand there, and no more. Returns the newest."""
        await self.sees(lambda: len(self.answers) >= count and len(self.songs) >= count)
        assert len(self.answers) == count and len(self.songs) == count
        assert self.word("answer.made_with_ai") in self.answers[-1].words
        return self.answers[-1]

    # --- its hours ------------------------------------------------------------------------------

    async def lives(self) -> None:
        """From the first hello to what is deleted again."""
        await self.meets()
        await self.writes()
        await self.rates()
        await self.looks_back()
        await self.edits()
        await self.deletes()

    async def meets(self) -> None:
        """Hello, a first line, consents by buttons, a name."""
        await self.seat.open()
        await self.sees(self.word("welcome.hello"))
        await self.seat.says(self.lines["first"])
        await self.answered(1)
        await self.sees(self.word("welcome.introduction"))
        await self.sees(self.word("welcome.consents"))
        for purpose in ("face", "storing"):
            wanted = self.word(f"consent.{purpose}")
            await self.presses(f"⬜ {wanted}")
            await self.sees(lambda wanted=wanted: any(k.label == f"✅ {wanted}" for one in self.seat.screen() for row in one.rows for k in row))  # fmt: skip
        await self.presses(self.word("button.continue"))
        await self.sees(self.word("welcome.name"))
        await self.seat.says(self.lines["name"])
        await self.sees(self.word("welcome.about_you", name=self.lines["known"]))
        await self.presses(self.word("button.skip"))
        await self.sees(self.word("welcome.done", name=self.lines["known"]))

    async def writes(self) -> None:
        """A selfie, a voice note, three photos that are one entry."""
        await self.seat.sends("photo", ["selfie.jpg"], self.lines["selfie"])
        words = (await self.answered(2)).words
        guesses = [self.word(f"face.{name}") for name in ("happy", "neutral", "sadness", "anger", "panic")]
        assert any(guess in words for guess in guesses) and "%" in words, words  # a guess, and said to be one
        await self.seat.sends("voice", ["note.ogg"], "")
        await self.sees(self.word("entry.voice_kept"))
        await self.seat.says(self.lines["voice"])
        await self.answered(3)
        left = [one.words for one in self.seat.screen()]
        assert not self.saying(self.word("entry.voice_kept")), left  # the question is answered, so it is gone
        await self.seat.sends("album", ["sea.jpg", "hill.jpg", "boat.jpg"], self.lines["album"])
        await self.answered(4)
        assert len({one.media[0][1] for one in self.answers}) == 4 == len({one.media[0][1] for one in self.songs})
        require_real(self.seat)

    async def rates(self) -> None:
        """Four stars, pressed twice at once; then it was two."""
        album = self.answers[-1].id

        def stars(given: str) -> bool:
            row = next(one for one in self.answers if one.id == album).stars[0]
            return "".join(knob.label[-1] for knob in row) == given

        assert stars("☆☆☆☆☆")
        shown = len(self.seat.screen())
        for which, given in ((3, "★★★★☆"), (1, "★★☆☆☆")):
            row = self.answers[-1].stars[0]
            await self.seat.presses(self.answers[-1], row[which], 2)
            await self.sees(lambda given=given: stars(given))
        assert len(self.seat.screen()) == shown  # nothing was said about it

    async def looks_back(self) -> None:
        """The month and the list have every entry once."""
        await self.seat.says("/calendar")
        await self.sees(lambda: [one for one in self.saying(self.lines["album"]) if one.media])
        month = self.saying(self.lines["album"])[-1]
        entries = [self.lines[name] for name in ("first", "selfie", "voice", "album")]
        assert [month.words.count(text) for text in entries] == [1, 1, 1, 1] and month.media[0][0].startswith(
            "[picture"
        )
        await self.seat.says("/history")
        await self.sees(self.word("history.title", count=4))
        listed = self.saying(self.word("history.title", count=4))[-1].words
        assert [listed.count(text) for text in entries] == [1, 1, 1, 1]

    async def edits(self) -> None:
        """The first line is written anew, and read and painted anew."""
        await self.seat.edits(self.lines["first"], self.lines["edited"])
        await self.sees(self.word("entry.edited"))
        await self.presses(self.word("button.remake"), self.word("entry.edited"))
        await self.answered(5)

    async def deletes(self) -> None:
        """That entry goes for good, with both of its pictures."""
        await self.seat.says("/delete")
        await self.sees(self.word("delete.what"))
        await self.presses(self.word("button.delete_one"), self.word("delete.what"))
        await self.sees(lambda: [one for one in self.saying(self.word("delete.which")) if "4. " in one.words])
        assert self.lines["edited"] in self.saying(self.word("delete.which"))[-1].words.splitlines()[-1]
        await self.presses("4", self.word("delete.which"))
        asked = self.word("delete.entry", day="|").split("|")[-1]
        await self.sees(asked)
        await self.presses(self.word("button.delete"), asked)
        await self.sees(self.word("delete.gone"))
        await self.sees(lambda: len(self.answers) == 3 == len(self.songs))
        await self.seat.says("/history")
        listed = (await self.sees(self.word("history.title", count=3)))[-1].words
        assert self.lines["edited"] not in listed and self.lines["first"] not in listed

    async def is_reminded(self) -> None:
        """Somebody who only asks for a reminder, a minute from now, at whatever hour this runs; it comes."""
        await self.seat.open()
        await self.sees(self.word("welcome.hello"))
        begun_s = time.monotonic()
        await self.seat.says(f"/remind {'조용 없음' if self.language == 'ko' else 'quiet off'}")
        await self.sees(self.word("remind.off"))
        margin_s = 5 + 3 * (time.monotonic() - begun_s)  # it must be set before its minute begins
        zone = ZoneInfo(ZONES[self.language])
        due = (datetime.now(zone) + timedelta(minutes=1, seconds=margin_s)).replace(second=0, microsecond=0)
        await self.seat.says(f"/remind {due:%H:%M}")
        await self.sees(self.word("remind.on", time=f"{due:%H:%M}", zone=zones.city(zone.key, self.language)))
        assert not self.reminders()
        (reminder,) = await self.sees(self.reminders, 60 + LIMIT_S + margin_s)
        assert datetime.now(zone) >= due
        labels = [knob.label for row in reminder.rows for knob in row]
        assert self.word("button.mood") in labels and self.word("button.remind_page") in labels

    def reminders(self) -> list[Bubble]:
        """What reminds somebody of their diary."""
        lines = [self.word(key) for key in variants(self.language, "remind.line")]
        return [one for one in self.seat.screen() if one.words in lines]


def require_real(seat: TelegramSeat | DiscordSeat) -> None:
    """Pictures somebody can look at and music somebody can listen to, no two alike."""
    if isinstance(seat, TelegramSeat):
        pictures = [one.photo for one in seat.person.shown if one.photo]
        songs = [one.audio for one in seat.person.shown if one.audio]
    else:
        files = [file for one in seat.person.shown for file in one.files]
        pictures = [data for name, data, _alt in files if name.endswith(".png")]
        songs = [data for name, data, _alt in files if not name.endswith(".png")]
    assert len(pictures) == 4 == len(songs)
    for picture in pictures:
        with Image.open(io.BytesIO(picture)) as image:
            assert min(image.size) >= 512 and len(image.convert("RGB").resize((64, 64)).getcolors(4096) or ()) > 50
    assert all(len(song) > 50_000 for song in songs)
    assert len({hashlib.sha256(one).digest() for one in (*pictures, *songs)}) == 8
