"""The whole conversation in one process: real store, real handlers, a platform that writes down what a person sees.

The durable engine is left out here: its steps are called one after the other. What it adds is tested in test_kill.py.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from adapters.sealed_media import open_media
from adapters.sql_store import open_store
from bot import answering, at_hand, hearing, journey, transcripts
from bot.house import House
from core import service, stages, studio
from core.engines import Commenter, Unwanted, Workshop, understander
from core.entities import (
    MADE,
    Attachment,
    Button,
    Kind,
    Limits,
    Message,
    Purpose,
    Reply,
    Sending,
    Step,
    new_id,
    utc_now,
)
from core.instant import InstantComposer, InstantPainter
from core.painting.crayon import CrayonPainter
from core.painting.prompt import write
from core.painting.sketch import compose
from core.ports import Health
from core.settings import Engines, Settings, Work
from tests.fakes.raised import raise_by_copy

INSTANT = Engines(understanding="instant", painter="instant", composer="instant", commenter="instant")


class Screen:
    """A platform that shows everything it is given, in order; an edit changes what is shown."""

    name, resend_is_safe, shows_outbox = "web", True, True
    limits = Limits(text_chars=20_000, caption_chars=20_000)

    def __init__(self) -> None:
        self.shown: dict[str, Reply] = {}
        self.sent = 0

    async def send(self, sending: Sending) -> str:
        self.shown[sending.id] = sending.reply
        self.sent += 1
        return sending.id

    async def edit(self, sending: Sending) -> None:
        self.shown[sending.platform_message_id] = sending.reply

    async def typing(self, chat_id: str, stage: str) -> None:
        pass

    async def health(self) -> Health:
        return Health(True)

    async def start(self, heard) -> None:
        pass

    async def stop(self) -> None:
        pass

    def replies(self) -> list[Reply]:
        return [reply for reply in self.shown.values() if not reply.withdrawn]


class InlineStudio:
    """Paints and composes at once, in this process."""

    async def paint(self, tags, emotion, language, seed, sketch=None, *, preferences=None, brief=None, **watched):
        return InstantPainter().paint(tags, emotion, language, seed, sketch, preferences=preferences, brief=brief)

    async def compose(self, emotion, tags, language, seed, listener=""):
        return InstantComposer().compose(emotion, tags, language, seed, listener)


class ToldStudio(InlineStudio):
    """Composes and tells why as the crayon painter does, and paints nothing."""

    async def paint(self, tags, emotion, language, seed, sketch=None, *, preferences=None, brief=None, **watched):
        sketch = sketch or compose(tags, emotion, seed)
        prompt = write(sketch, tags, emotion, preferences, brief)
        painted = await super().paint(tags, emotion, language, seed, sketch)
        return replace(painted, sketch=sketch, reasons=prompt.seen(CrayonPainter.heeds), negative=prompt.negative)


class OneAtATime(studio.Studio):
    """The studio with one child, which is this process: a picture is painted once somebody says `paint_one`."""

    def __init__(self, settings: Settings) -> None:
        work = settings.work.model_copy(update={"studio_processes": 1})
        super().__init__(settings.model_copy(update={"work": work}))
        self._allowed = asyncio.Semaphore(0)

    def paint_one(self) -> None:
        self._allowed.release()

    async def _work(self, work, *args):
        if work is not studio._paint:
            return InstantComposer().compose(*args)
        await self._allowed.acquire()
        return InstantPainter().paint(*args[:5], preferences=args[5], brief=args[6])


class StepByStep(studio.Studio):
    """The studio with one child, which is this process and a diffusion painter: a step is done when somebody says so."""

    def __init__(self, settings: Settings) -> None:
        engines = settings.engines.model_copy(update={"painter": "diffusion"})
        painting = settings.painter.model_copy(update={"batch": 1})
        super().__init__(settings.model_copy(update={"engines": engines, "painter": painting}))
        self._steps: asyncio.Queue[float] = asyncio.Queue()
        self.begun = 0  # pictures

    def paint_to(self, done: float) -> None:
        """Go on until `done`, 0..1; at 1 the picture is there."""
        self._steps.put_nowait(done)

    async def _work(self, work, *args):
        if work is not studio._paint:
            return InstantComposer().compose(*args)
        self.begun += 1
        watch, done = self._slots.watch(args[-1]), 0.0
        while done < 1:
            done = await self._steps.get()
            if not watch(done, None):
                raise Unwanted
        return InstantPainter().paint(*args[:5], preferences=args[5], brief=args[6])


class Chat:
    """One person's chat with the house."""

    def __init__(self, house: House, screen: Screen, account: str = "me", language: str = "ko") -> None:
        self.house, self.screen, self.account, self.language = house, screen, account, language
        self.at = utc_now() - timedelta(minutes=30)
        self.numbers = itertools.count(1)
        self.waiting: dict[str, tuple[str, datetime]] = {}  # makings whose words wait for a press: message, since when
        self.dropped: list[tuple[str, str, datetime]] = []  # makings whose recordings were thrown away
        self.beside = False  # True: stages are made while the answer is shown, at the pace of `service().studio`

    @classmethod
    async def open(cls, folder: Path, language: str = "ko", engines: Engines = INSTANT, **workshop) -> Chat:
        """`workshop`: further fields of core.engines.Workshop, e.g. a transcriber."""
        settings = Settings(data_dir=folder / "data", engines=engines, work=Work(min_free_mb=0))
        raise_by_copy(settings)
        store = await open_store(settings)
        media, screen = await open_media(store, settings, sweep=False), Screen()
        served = service.Service(
            Workshop(settings, understander(settings), Commenter(settings), **workshop), store, media
        )
        served.studio = InlineStudio()
        service.open_service(served)
        house = House(settings, store, media, {"web": screen}, store.vault.secret("buttons"))
        chat = cls(house, screen, language=language)
        house.now = lambda: chat.at
        at_hand.open_house(house)
        return chat

    @classmethod
    async def of_a_friend(cls, folder: Path, language: str = "ko", **workshop) -> Chat:
        """With somebody who has been here before: she has a name, and a diary that is kept."""
        chat = await cls.open(folder, language, **workshop)
        person = await chat.person()
        await chat.house.store.change_person(person.id, lambda now: replace(now, name="지우", step=Step.DONE))
        await chat.house.store.set_consent(person.id, Purpose.STORING, True)
        return chat

    async def close(self) -> None:
        await self.house.store.close()

    async def says(self, text: str, *, after_s: float = 60, **fields) -> str:
        """Write a line (fields of Message to be set otherwise); returns its platform message id."""
        self.at += timedelta(seconds=after_s)
        message_id = fields.pop("platform_message_id", f"m{next(self.numbers)}")
        await self.hears(self._message(message_id, text=text, **fields))
        return message_id

    async def presses(self, label: str, **fields) -> None:
        """Press the newest button whose words contain `label`."""
        for shown_id, reply in reversed(self.screen.shown.items()):
            for button in itertools.chain.from_iterable(reply.buttons):
                if label in button.text and not reply.withdrawn:
                    return await self.press(button, shown_id, **fields)
        raise AssertionError(f"there is no button {label!r}")

    async def press(self, button: Button, target: str, *, after_s: float = 5) -> None:
        self.at += timedelta(seconds=after_s)
        await self.hears(self._message(f"p{next(self.numbers)}", kind=Kind.PRESS, press=button.press, target=target))

    async def photo(self, data: bytes, mime: str = "image/jpeg") -> Attachment:
        """A photo (or a voice note) as a platform would have kept it."""
        person = await self.person()
        return Attachment(await self.house.media.put(person.id, data, mime), mime, len(data))

    async def person(self):
        return await self.house.store.person_of("web", self.account, language=self.language, time_zone="Asia/Seoul")

    def _message(self, platform_message_id: str, **fields) -> Message:
        return Message(
            id=new_id(),
            platform="web",
            chat_id=self.account,
            account=self.account,
            platform_message_id=platform_message_id,
            sent_at=fields.pop("sent_at", self.at),
            language=self.language,
            time_zone="Asia/Seoul",
            **fields,
        )

    async def hears(self, message: Message) -> bool:
        """What the durable engine does with a message, step by step."""
        if not await self.house.store.keep_with(message, lambda connection, person_id: None):
            return False
        await self.steps(message)
        return True

    async def steps(self, message: Message) -> None:
        begun = await hearing.guarded_and_told(message.id)
        if begun.get("late"):
            await hearing.bring_files(message.id)
            begun = await hearing.tell_brought(message.id)
        if begun["making"]:
            await self.answer(begun["making"], message.id)
        if begun["talk"]:
            await stages.talk(service.service(), begun["talk"])
            await answering.talked(begun["talk"])
        if begun.get("export"):
            await answering.exported(message.id)
        for sending_id in begun["notices"]:
            await answering.noticed(sending_id)
        if begun["also"]:
            await self.answer(begun["also"], begun["also"].partition(".")[0])
        if begun["dropped"]:
            self.dropped.append((begun["dropped"], message.id, self.house.now()))
        if begun["speak"]:
            await self.recite(begun["speak"], message.id, wished=True)

    async def answer(self, making: str, message_id: str) -> None:
        if self.beside:
            await self._answer_beside(making, message_id)
            return
        await service.do_stage("understand", making)
        if not await service.goes_on(making):
            then = await answering.understood(making, message_id)
            if then == transcripts.SHOWN:
                self.waiting[making] = (message_id, self.house.now())
            elif isinstance(then, str):
                await self.answer(then, message_id)
            if then is not True:
                return
        answer = await answering.answer_to(making, message_id)
        for n, stage in enumerate(MADE):
            await service.do_stage(stage, making)
            if not await answering.deliver_more(answer, n):
                return
        await answer.welcome()
        if comment_id := await answer.to_speak():
            await self.recite(comment_id, message_id, wished=False)

    def next_due(self) -> datetime | None:
        """When the next of what waits here is due."""
        confirm = timedelta(seconds=self.house.settings.speech.confirm_s)
        due = [at + confirm for _message_id, at in self.waiting.values()]
        due += [at + timedelta(hours=transcripts.UNDO_HOURS) for _making, _message_id, at in self.dropped]
        return min(due, default=None)

    async def wait(self, **span: float) -> None:
        """Time passes; what the durable engine would wake up for is done."""
        self.at += timedelta(**span)
        await self.settle_due()

    async def settle_due(self) -> None:
        """What is due by the house's clock: words that nobody settled on, recordings that were thrown away."""
        settings = self.house.settings.speech
        for making, (message_id, at) in tuple(self.waiting.items()):
            if at + timedelta(seconds=settings.confirm_s) <= self.house.now():
                then = await journey._unless_gone(answering.kept_as_heard, "", making, message_id)
                if then == transcripts.SHOWN:
                    self.waiting[making] = (message_id, self.house.now())
                    continue
                del self.waiting[making]
                if then:
                    await self.answer(then, message_id)
        for dropped in tuple(self.dropped):
            making, message_id, at = dropped
            if at + timedelta(hours=transcripts.UNDO_HOURS) <= self.house.now():
                self.dropped.remove(dropped)
                await journey._unless_gone(answering.erased, None, making, message_id)

    async def _answer_beside(self, making: str, message_id: str) -> None:
        """The core works while the answer is shown, as two processes do."""

        async def work() -> None:
            await service.do_stage("understand", making)
            await asyncio.gather(*(service.do_stage(stage, making) for stage in MADE))

        working = asyncio.create_task(work())
        try:
            await answering.deliver(making, message_id)
            await working
        finally:
            working.cancel()

    async def recite(self, comment_id: str, message_id: str, *, wished: bool) -> None:
        await stages.speak(service.service(), f"{comment_id}.{message_id}")
        await answering.recited(comment_id, message_id, wished)

    def reads(self) -> str:
        """The chat as text: what a person sees, buttons in brackets."""
        return "\n".join(as_text(reply) for reply in self.screen.replies())


def as_text(reply: Reply) -> str:
    """One reply as a person sees it."""
    lines = [f"[picture: {reply.picture_alt}]"] if reply.picture else []
    lines += [f"[music: {reply.audio_title}]"] if reply.audio else []
    lines += reply.text.splitlines()
    lines += [f"({reply.progress.words or reply.progress.stage + '…'})"] if reply.progress else []
    for row in reply.buttons:
        lines.append("  ".join(f"[{button.text}]" + (f"({button.url})" if button.url else "") for button in row))
    return "\n".join(lines)
