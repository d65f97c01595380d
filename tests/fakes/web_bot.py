"""A house of one room in memory: a store, a media store and a bot with a few lines, enough for the web chat.

Run it to look at the page: `python -m tests.fakes.web_bot --port 8421 --language ko --story`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import math
import struct
import time
import wave
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

from bot.web_platform import WebPlatform
from core.entities import (
    Button,
    Kind,
    Message,
    Person,
    Progress,
    Reply,
    Sending,
    new_id,
    utc_now,
)
from core.ports import DiskFull, LogLine, Media, NotFound
from core.settings import Intake, Web

COMMANDS = [
    ("help", "무엇을 할 수 있는지 보여 드려요", "What I can do"),
    ("calendar", "한 달을 그림으로 봐요", "Your month as a picture"),
    ("history", "지난 일기를 다시 읽어요", "Read earlier days again"),
    ("yesterday", "어제 일을 적어요", "Write about yesterday"),
    ("undo", "마지막 일기를 되돌려요", "Take the last entry back"),
    ("anna", "안나의 말투를 바꿔요", "How Anna writes to you"),
    ("profile", "이름과 소개를 바꿔요", "Your name and introduction"),
]


class MemoryMedia:
    """Files by id, each with its owner."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, Media]] = {}

    async def put(self, person_id: str, data: bytes, mime: str, name: str = "") -> str:
        """Keep a file."""
        media_id = name or new_id()
        self.files[media_id] = (person_id, Media(media_id, mime, data))
        return media_id

    async def get(self, media_id: str) -> Media:
        """Raises NotFound."""
        return self._row(media_id)[1]

    async def owner(self, media_id: str) -> str:
        """Raises NotFound."""
        return self._row(media_id)[0]

    async def delete(self, media_id: str) -> None:
        """Let a file go."""
        self.files.pop(media_id, None)

    def _row(self, media_id: str) -> tuple[str, Media]:
        if media_id not in self.files:
            raise NotFound(media_id)
        return self.files[media_id]


class MemoryStore:
    """The few methods of the store that the web chat asks."""

    def __init__(self) -> None:
        self.person_row: Person | None = None
        self.lines: dict[str, LogLine] = {}

    async def person_of(self, platform: str, account: str, *, language: str = "", time_zone: str = "") -> Person:
        """Always the same one."""
        if self.person_row is None:
            self.person_row = Person(id=new_id(), language=language or "en", time_zone=time_zone or "UTC")
        return self.person_row

    async def person(self, person_id: str) -> Person:
        """Raises NotFound."""
        if self.person_row is None or self.person_row.id != person_id:
            raise NotFound(person_id)
        return self.person_row

    async def message_at(self, platform: str, chat_id: str, platform_message_id: str) -> Message | None:
        """By the page's id."""
        found = [line.message for line in self.lines.values() if line.message is not None]
        return next((message for message in found if message.platform_message_id == platform_message_id), None)

    async def chat_log(self, platform: str, chat_id: str, *, since_ms: int = 0, limit: int = 100) -> Sequence[LogLine]:
        """Oldest first."""
        lines = [self.lines[key] for key in sorted(self.lines)]
        return [line for line in lines if line.changed_ms > since_ms] if since_ms else lines[-limit:]

    def keep_message(self, message: Message) -> None:
        """Put a message into the log."""
        self.lines[message.id] = LogLine(message.id, round(time.time() * 1000), message=message)

    def keep_sending(self, sending: Sending) -> None:
        """Put a reply into the log, or in place of what it was."""
        self.lines[sending.id] = LogLine(sending.id, round(time.time() * 1000), sending=sending)


class WebBot:
    """A bot that hears, keeps and says; what it heard is in `heard_messages`."""

    def __init__(self, language: str = "ko", web: Web | None = None) -> None:
        self.store, self.media = MemoryStore(), MemoryMedia()
        self.language = language
        self.heard_messages: list[Message] = []
        self._news = asyncio.Condition()
        self.disk_full = False
        self.echo = True
        self.platform = WebPlatform(
            web or Web(port=0),
            Intake(),
            self.store,  # type: ignore[arg-type]
            self.media,
            session_secret=b"s" * 32,
        )
        self.platform.commands = COMMANDS

    async def start(self) -> str:
        """Open the door and return its address."""
        await self.platform.start(self.hear)
        return self.platform.address

    async def hear(self, message: Message) -> bool:
        """Keep a message once; a plain one is echoed."""
        if self.disk_full:
            raise DiskFull("no room")
        if await self.store.message_at("web", "me", message.platform_message_id) is not None:
            return False
        self.heard_messages.append(message)
        self.store.keep_message(message)
        async with self._news:
            self._news.notify_all()
        if self.echo and message.kind is Kind.TEXT and message.text:
            await self.say(Reply(text=f"“{message.text[:60]}” 잘 들었어요."))
        return True

    async def heard_enough(self, kind: Kind, count: int) -> None:
        """Wait until so many messages of a kind were heard."""
        async with self._news:
            await self._news.wait_for(lambda: sum(one.kind is kind for one in self.heard_messages) >= count)

    async def say(self, reply: Reply, standing: Sending | None = None) -> Sending:
        """Say something, or show it in place of a reply that stands."""
        person = await self.store.person_of("web", "me", language=self.language)
        if standing is not None:
            changed = replace(standing, reply=reply, changed_at=utc_now())
            self.store.keep_sending(changed)
            await self.platform.edit(changed)
            return changed
        sending = Sending(new_id(), new_id(), person.id, "web", "me", reply)
        self.store.keep_sending(sending)
        await self.platform.send(sending)
        return sending

    async def wrote(self, text: str, **more: object) -> Message:
        """As if the person had written it, without being heard."""
        message = Message(new_id(), "web", "me", "me", new_id(), utc_now(), text=text, **more)  # type: ignore[arg-type]
        self.store.keep_message(message)
        return message


def rating(label: str, given: int = 0) -> tuple[Button, ...]:
    """Five stars as bot/answers.py makes them."""
    return tuple(
        Button(
            ("★" if stars <= given else "☆") if stars > 1 else f"{label} {'★' if given else '☆'}",
            press=f"rate|{label}|{stars}",
            chosen=stars == given,
        )
        for stars in range(1, 6)
    )


SCENE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><defs>
<filter id="c" x="-5%" y="-5%" width="110%" height="110%"><feTurbulence type="fractalNoise" baseFrequency=".32 .5" numOctaves="3" seed="SEED" result="g"/><feColorMatrix in="g" type="matrix" values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -6 4.100" result="m"/><feComposite in="SourceGraphic" in2="m" operator="in" result="t"/><feTurbulence type="fractalNoise" baseFrequency=".02" numOctaves="2" seed="9" result="n"/><feDisplacementMap in="t" in2="n" scale="9"/></filter></defs>
<rect width="512" height="512" fill="#fbf4e2"/><g filter="url(#c)">
<rect x="-20" y="-20" width="560" height="330" fill="SKY"/><circle cx="400" cy="96" r="46" fill="#ffd257"/>
<path d="M-20 300c80-34 150-20 220-8s180-20 340 6v240H-20Z" fill="#a9cf7f"/><path d="M-20 380c120-30 260 10 560-20v180H-20Z" fill="#86b866"/>
<path d="M80 330V210l66-54 66 54v120Z" fill="#f2c58f"/><path d="M60 216 146 142l86 74-14 16-72-62-72 62Z" fill="#d9604a"/><rect x="128" y="262" width="40" height="68" fill="#8b5a3a"/>
<path d="M300 400c-10-60 20-86 60-86s72 26 62 86Z" fill="#c98a4f"/><circle cx="362" cy="300" r="40" fill="#d99b5c"/><path d="M326 276c-18 8-22 34-14 46 12-4 20-20 22-36ZM398 276c18 8 22 34 14 46-12-4-20-20-22-36Z" fill="#8f5b33"/><circle cx="349" cy="296" r="5"/><circle cx="376" cy="296" r="5"/><ellipse cx="362" cy="312" rx="8" ry="6"/>
<path d="M60 470v-40M52 440c-12-16 8-28 8-10 0-18 22-6 8 10M230 480v-40M222 450c-12-16 8-28 8-10 0-18 22-6 8 10" stroke="#e2607a" stroke-width="9" fill="none"/>
</g></svg>"""


@cache
def picture_png(seed: int = 3, sky: str = "#a8d4ee") -> bytes:
    """A small crayon scene, good enough to look at."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=SCENE.replace("SEED", str(seed)).replace("SKY", sky), width=512))


def tone_wav(seconds: float = 6.0, rate_hz: int = 16000) -> bytes:
    """A soft chord that comes and goes."""
    frames = bytearray()
    for n in range(int(seconds * rate_hz)):
        at_s = n / rate_hz
        swell = math.sin(math.pi * at_s / seconds)
        tone = sum(math.sin(2 * math.pi * hz * at_s) for hz in (261.6, 329.6, 392.0))
        frames += struct.pack("<h", int(3000 * swell * tone))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(bytes(frames))
    return out.getvalue()


STORY = {
    "ko": {
        "hello": "안녕하세요, 저는 안나예요. 오늘 어떤 하루였는지 한 줄만 들려주세요. 그림이랑 음악으로 돌려드릴게요.",
        "day": "비 온 뒤에 강아지랑 한강을 걸었다. 무지개가 떴고 떡볶이도 먹었다. 오랜만에 마음이 가벼웠다!",
        "answer": "비 갠 한강을 나란히 걷는 모습이 눈에 선해요. 무지개까지 만났다니, 하늘이 두 사람의 산책을 응원했나 봐요. 마음이 가벼워진 그 순간을 그림에 꼭 담아 두었어요.\n\n이렇게 느껴졌어요: 기쁨 · 평온 (78 %)\n\nAI가 만든 그림이에요.",
        "alt": "비 갠 풀밭, 빨간 지붕 집 앞에 갈색 강아지가 앉아 있어요",
        "title": "가벼운 발걸음",
        "music": "걸음에 맞춘 음악도 하나 지었어요.",
        "felt": "다르게 느꼈어요",
        "again": "다시 그려 줘",
        "reply": "강아지 이름이 뭐예요?",
        "mine": "보리! 다섯 살이야",
        "consent": "시작하기 전에 하나씩 정해 주세요. 언제든 바꿀 수 있어요.",
        "boxes": ["✅ 일기를 간직해도 좋아요", "⬜ 사진의 표정을 살펴도 좋아요", "⬜ 바깥 언어 모델을 써도 좋아요"],
        "go": "계속할게요",
        "evening": "저녁엔 좀 피곤하고 외로웠다.",
        "making": "긴 하루였네요. 저녁의 고요가 조금 크게 느껴졌을 것 같아요.",
        "stop": "그만하기",
    },
    "en": {
        "hello": "Hello, I'm Anna. Tell me one line about your day, and I'll give it back to you as a picture and a little music.",
        "day": "Walked the dog by the river after the rain. There was a rainbow and we had tteokbokki. My heart felt light again!",
        "answer": "I can see the two of you by the river, with the rain just gone. And a rainbow on top of it! I put that light moment into the picture so it won't slip away.\n\nIt sounded like: joy · calm (78 %)\n\nThis picture was made with AI.",
        "alt": "A meadow after rain, a brown dog sitting in front of a house with a red roof",
        "title": "Light Footsteps",
        "music": "I wrote a little music for your steps, too.",
        "felt": "I felt something else",
        "again": "Paint it again",
        "reply": "What is your dog's name?",
        "mine": "Barley! He's five",
        "consent": "Before we begin, please choose one by one. You can change it at any time.",
        "boxes": ["✅ Keep my diary", "⬜ Look at faces in my photos", "⬜ Use a language model outside"],
        "go": "Continue",
        "evening": "In the evening I was tired and a bit lonely.",
        "making": "That was a long day. The quiet of the evening may have felt a little large.",
        "stop": "Stop",
    },
}


async def tell_story(bot: WebBot) -> None:
    """A conversation with everything in it."""
    words = STORY[bot.language]
    person = await bot.store.person_of("web", "me", language=bot.language)
    picture = await bot.media.put(person.id, picture_png(), "image/png")
    music = await bot.media.put(person.id, tone_wav(), "audio/wav")
    await bot.say(Reply(text=str(words["hello"])))
    first = await bot.wrote(str(words["day"]))
    bot.store.lines[first.id] = replace(
        bot.store.lines[first.id], message=replace(first, sent_at=utc_now() - timedelta(minutes=9))
    )
    actions = (Button(str(words["felt"]), "felt"), Button(str(words["again"]), "again"))
    await bot.say(
        Reply(
            text=str(words["answer"]),
            picture=picture,
            picture_alt=str(words["alt"]),
            buttons=(rating("🖍️", 4), rating("💬"), actions),
        )
    )
    await bot.say(
        Reply(
            text=str(words["music"]),
            audio=music,
            audio_title=str(words["title"]),
            cover=picture,
            buttons=(rating("🎵"),),
        )
    )
    asked = await bot.say(Reply(text=str(words["reply"])))
    await bot.wrote(str(words["mine"]), reply_to=asked.id)
    boxes = tuple(
        (Button(text, f"consent|{n}", chosen=text.startswith("✅")),) for n, text in enumerate(words["boxes"])
    )
    await bot.say(Reply(text=str(words["consent"]), buttons=(*boxes, (Button(str(words["go"]), "go"),))))
    await bot.wrote(str(words["evening"]))
    await bot.say(
        Reply(
            text=str(words["making"]),
            progress=Progress("painting", 0.55),
            buttons=((Button(str(words["stop"]), "stop"),),),
        )
    )


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8421)
    parser.add_argument("--language", default="ko")
    parser.add_argument("--story", action="store_true")
    chosen = parser.parse_args()
    bot = WebBot(chosen.language, Web(port=chosen.port))
    if chosen.story:
        await tell_story(bot)
    print(await bot.start())
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
