"""The first look at every text: is somebody in danger?

A lexicon of signs with weights, Korean and English, read with negation, past, stories, idioms and third persons
in mind; and a small model for wording that no rule knows, which may raise what the lexicon says. It lowers nothing but a
lone hard word ("hopeless", "dying") that it is sure to be a figure of speech, and never a wish, a plan or a deed.
Both run in the bot's own process before anything else is done with a text. Three levels follow the Columbia scale's
order (wish to be dead, intent, plan): concern, high, imminent; and "other" where it is somebody else's danger. In
doubt it leans towards care.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from core.entities import Level, Safety
from core.safety.lexicon import Combination, Lexicon, Rule, lexicon, without_idioms
from core.safety.person import Who, says_me_too, whose
from core.safety.reader import is_sure, reader, together
from core.safety.reading import View, carried, flowing, rewrapped, views
from core.safety.wording import (
    SURE_BELOW,
    WHOLE_CHARS,
    Opinion,
    Wording,
    concepts,
    lines,
    sentences,
    windows,
    wording,
)
from core.trouble import describe

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

CONCERN_WEIGHT, HIGH_WEIGHT, IMMINENT_WEIGHT = 2, 5, 9
LIMIT_S = 1.0  # far more than 20,000 characters need; past it the answer is a check-in
CHUNK_CHARS, OVERLAP_CHARS, MOST_CHARS = 20_000, 200, 200_000
MOST_MATCHES = 40  # of one pattern in one chunk
MOST_READ = 12  # windows of one text that the reader looks at, the most worrying first
TOGETHER_CHARS = 300  # of the windows that it reads in one go: a day of a few sentences, or one long window
READ_S = 0.3  # of processor that it may take for them
FEW_WINDOWS = 24  # of a text whose sentences are read one by one too: some 3,000 letters

BRIEF = {"ko": 6, "en": 12}  # letters of a text that tells too little for the model to call it more than concern
TERSE = {"ko": 8, "en": 16}  # letters of a window in which the wording model must say so too
_HANGUL = re.compile("[가-힣ㄱ-ㅎ]")

# Signs that are figures of speech as often as not, and weigh no more than concern.
_FIGURES = frozenset({"despair", "word", "hint"})

# What counts as somebody else's danger; a friend's plain sadness does not.
_OTHERS_PARTS = frozenset({"wish", "intent", "mention", "self_harm", "means", "farewell", "abuse", "eating"})


@dataclass(frozen=True)
class Hit:
    """One sign that was found, after its surroundings were read."""

    rule: Rule
    weight: int
    who: Who
    view: str
    start: int
    end: int
    sentence: int  # where its sentence starts


def check(text: str) -> Safety:
    """How worried `text` makes us, and by which rules. Raises TimeoutError past LIMIT_S."""
    for safety in _steps(text):
        last = safety
    return last


def check_safely(text: str) -> Safety:
    """Like `check`, and a check-in (concern) where it could not be done: never "none" by accident.

    What was found before it broke stands where it is graver.
    """
    last = Safety()
    try:
        for safety in _steps(text):
            last = safety
        return last
    except Exception as error:
        # Only the kind of error: its message could quote the text.
        log.error("crisis check failed: %s", type(error).__name__)
        failed = Safety(Level.CONCERN, ("check.failed",))
        return last if last.level.stops_everything else failed


def get_ready() -> None:
    """Read the lexicon and the model now: the first line must not wait for them.

    One that is missing or broken is told to the log and stops nobody: `check_safely` then asks about every line."""
    try:
        lexicon()
        concepts()
        wording()
        reader()
    except Exception as error:
        log.error("the crisis check asks about every line: %s; `emoseum doctor` names the file", describe(error))


def _steps(text: str) -> Iterator[Safety]:
    """The gravest finding so far, each time some more was read; the lexicon first."""
    deadline = time.thread_time() + LIMIT_S
    worst = Safety()
    for start in range(0, max(1, min(len(text), MOST_CHARS)), CHUNK_CHARS):
        chunk = text[max(0, start - OVERLAP_CHARS) : start + CHUNK_CHARS]
        worst = _graver(worst, _check_chunk(chunk, deadline))
        yield worst
    if worst.level.stops_everything or not text.strip():
        return
    heard, in_time = _heard(text[:MOST_CHARS], deadline)
    for one in heard:
        now = one.raises(worst)
        if now != worst:  # look again without what the lexicon knows to be an idiom, a story or denied
            now = one.again(_settled(one.window, deadline)).raises(worst)
        worst = now
        yield worst
    if not in_time:
        raise TimeoutError("the crisis check took too long")
    yield eased(worst, max((one.wording.worry for one in heard if one.whole), default=0.0), text)


class Limits(Protocol):
    """The thresholds of a model, or of two together."""

    @property
    def any_from(self) -> float: ...
    @property
    def high_from(self) -> float: ...


@dataclass(frozen=True)
class Heard:
    """One window, what the wording model thinks of it, and what the reader does where it has looked."""

    window: str
    wording: Opinion
    model: Wording
    logits: np.ndarray | None = None
    reading: Limits | None = None
    whole: bool = True  # False for one sentence of a window, which counts only where the reader has looked

    @property
    def opinion(self) -> Opinion:
        """What both think."""
        return self.wording if self.logits is None else together(self.wording, self.logits)

    def raises(self, safety: Safety) -> Safety:
        """What was found, raised by whoever has looked; in few words by both or not at all."""
        if self.reading is None and not self.whole:
            return safety
        now = raised(safety, self.opinion, self.reading or self.model)
        if self.reading is not None and _is_within(TERSE, self.window):
            return min(now, raised(safety, self.wording, self.model), key=lambda one: one.level.gravity)
        return now

    def again(self, settled: dict[str, str]) -> Heard:
        """The same where the wording model reads `settled`; where that hides anything it judges alone, for the reader sees all."""
        opinion = self.model.opinion(self.window, settled)
        if any("#" in text for text in settled.values()):
            return Heard(self.window, opinion, self.model, whole=self.whole)
        return replace(self, wording=opinion)


def _heard(text: str, deadline: float) -> tuple[list[Heard], bool]:
    """The windows of a text, and whether there was time for all of them.

    The reader looks where the wording model is not sure, at the most worrying first."""
    model, heard = wording(), list[Heard]()
    for window in windows(text):
        if time.thread_time() > deadline:
            return heard, False
        heard.append(Heard(window, model.opinion(window), model))
    reads = reader()
    if reads is not None and len(heard) <= FEW_WINDOWS:  # a calm day around one sentence must not drown it
        written = [line for line in lines(text) if len(line) <= WHOLE_CHARS]
        whole = [one.window for one in heard]
        parts = dict.fromkeys([*written, *(part for each in (*whole, *written) for part in sentences(each))])
        heard += [Heard(part, model.opinion(part), model, whole=False) for part in parts]
    unsure = sorted(
        (n for n, one in enumerate(heard) if not is_sure(one.wording)), key=lambda n: -heard[n].wording.worry
    )
    until = time.thread_time() + READ_S
    for now in _in_goes(unsure[:MOST_READ], heard):
        if reads is None or time.thread_time() > until:
            break
        for n, logits in zip(now, reads.logits([heard[n].window for n in now]), strict=True):
            heard[n] = replace(heard[n], logits=logits, reading=reads)
    return heard, True


def _in_goes(unsure: Sequence[int], heard: Sequence[Heard]) -> Iterator[list[int]]:
    """The same numbers in lists of windows that are read together: none so long that the clock is not looked at meanwhile."""
    now = list[int]()
    for n in unsure:
        if now and sum(len(heard[m].window) for m in (*now, n)) > TOGETHER_CHARS:
            yield now
            now = []
        now.append(n)
    if now:
        yield now


def _settled(window: str, deadline: float) -> dict[str, str]:
    """By view the window's text with "#" over idioms, stories and what is denied."""
    lex, settled = lexicon(), {}
    for view in views(window):
        text = without_idioms(lex, view)
        for hit in _hits(lex, View(view.name, text), deadline):
            if hit.who in (Who.STORY, Who.DENIED):
                text = text[: hit.start] + "#" * (hit.end - hit.start) + text[hit.end :]
        settled[view.name] = text
    return settled


def by_lexicon(text: str) -> Safety:
    """What the rules alone say of up to CHUNK_CHARS; for training and figures."""
    return _check_chunk(text[:CHUNK_CHARS], time.thread_time() + LIMIT_S)


def raised(safety: Safety, opinion: Opinion, limits: Limits) -> Safety:
    """What was found, raised where the wording tells more; somebody else's danger takes more to be one's own."""
    own = opinion.high if safety.level is not Level.OTHER else opinion.high - opinion.other
    if own >= limits.high_from and opinion.high > opinion.other:
        return _graver(safety, Safety(Level.HIGH, (*safety.rules, "wording.high")))
    if safety.level is Level.NONE and opinion.worry >= limits.any_from:
        if opinion.other > max(opinion.concern, opinion.high):
            return Safety(Level.OTHER, ("wording.other",))
        return Safety(Level.CONCERN, ("wording.concern",))
    return safety


def eased(safety: Safety, worry: float, text: str) -> Safety:
    """What is left once the model has had its say of all of `text`.

    Nothing, where rules heard no more than hard words and the model is sure that nobody is in danger. A check-in, where
    a word or two that no rule knows ("엄마 미안") may mean anything.
    """
    parts = {rule.id: rule.part for rule in lexicon().rules}
    figures = safety.level is Level.CONCERN and all(parts.get(rule) in _FIGURES for rule in safety.rules)
    if figures and worry < SURE_BELOW:
        return Safety()
    if safety.rules == ("wording.high",) and _is_within(BRIEF, text):
        return Safety(Level.CONCERN, ("wording.concern",))
    return safety


def _is_within(letters: Mapping[str, int], text: str) -> bool:
    """True where a text has no more letters than its language's number."""
    found = sum(character.isalnum() for character in text[: 4 * letters["en"]])
    return found <= letters["ko" if _HANGUL.search(text) else "en"]


def _graver(*found: Safety) -> Safety:
    return max(found, key=lambda one: one.level.gravity)


def _check_chunk(text: str, deadline: float) -> Safety:
    """The gravest reading: line by line, and with the lines run together."""
    lex = lexicon()
    found, settled = [], dict[str, tuple[str, str]]()
    for flow in flowing(text):
        looked = _looked(lex, flow, {}, deadline)
        found.append(looked.safety)
        settled = settled or looked.settled
    found.append(_looked(lex, rewrapped(text) if found else text, settled, deadline).safety)
    return _graver(*found)


@dataclass(frozen=True)
class Looked:
    """One reading of a text, and by view what in it is an idiom or denied: the view's text, and that made unreadable."""

    safety: Safety
    settled: dict[str, tuple[str, str]]


def _looked(lex: Lexicon, text: str, settled: dict[str, tuple[str, str]], deadline: float) -> Looked:
    """Read a text; what `settled` knows to be an idiom or denied is not looked at again without its surroundings."""
    hits: list[Hit] = []
    me_too = False
    now_settled = {}
    for view in views(text):
        masked = View(view.name, without_idioms(lex, view))
        if view.name in settled:
            masked = View(view.name, carried(*settled[view.name], view.text, masked.text))
        own = _hits(lex, masked, deadline)
        hits += own
        me_too = me_too or says_me_too(masked)
        now_settled[view.name] = (view.text, _without_denied(masked.text, own))
    return Looked(_judged(lex, hits, me_too), now_settled)


_ENDED = re.compile("^.싶?(?:다(?![는던고])|[어네음](?!하))|^(?:다(?![는던고])|[어네음](?!하))")


def _without_denied(text: str, hits: Sequence[Hit]) -> str:
    for hit in hits:
        # "사라지고 싶다" is whole: a denial of the next line is not its own.
        if hit.who is Who.DENIED and not _ENDED.search(text[hit.end - 1 : hit.end + 4]):
            text = text[: hit.start] + "#" * (hit.end - hit.start) + text[hit.end :]
    return text


def _hits(lex: Lexicon, view: View, deadline: float) -> list[Hit]:
    hits = []
    for rule in lex.rules:
        if time.thread_time() > deadline:
            raise TimeoutError("the crisis check took too long")
        for pattern in rule.patterns[view.name]:
            for count, match in enumerate(pattern.found(view.text)):
                hit = _read(lex, view, rule, match)
                hits.append(hit)
                # What weighs in full needs no second proof, and repetition must not cost time.
                if (hit.who is Who.SELF and hit.weight == rule.weight and rule.weight) or count >= MOST_MATCHES:
                    break
    return hits


def _read(lex: Lexicon, view: View, rule: Rule, match: re.Match[str]) -> Hit:
    """Weigh one match by what stands around it."""
    start, end = match.span()
    first, last = view.around(start, end)
    sentence = view.text[first:last]
    language = "ko" if view.name == "ko" else "en"
    weight, who = rule.weight, Who.SELF
    if not rule.flat:
        who = whose(view, start, end, rule.part, lex.is_about("fiction", language, sentence))
    if rule.soft and lex.is_about(rule.soft, language, view.neighbourhood(start, end)):
        weight = min(weight, rule.soft_weight)
    if who is Who.DENIED:
        weight = min(weight, 1)
    past = (
        not rule.flat and lex.is_about("past", language, sentence) and not lex.is_about("present", language, sentence)
    )
    if past and weight > CONCERN_WEIGHT:
        weight = CONCERN_WEIGHT
    return Hit(rule, weight, who, view.name, start, end, first)


def _judged(lex: Lexicon, hits: Sequence[Hit], me_too: bool) -> Safety:
    """Add up what was found: the writer's own danger first, then somebody else's."""
    own: dict[str, int] = {}
    for hit in hits:
        if hit.who in (Who.SELF, Who.DENIED) and hit.weight:
            own[hit.rule.id] = max(own.get(hit.rule.id, 0), hit.weight)
    others = {
        hit.rule.id
        for hit in hits
        if hit.who is Who.OTHER and hit.rule.part in _OTHERS_PARTS and hit.weight >= CONCERN_WEIGHT
    }
    if others and me_too:
        own["echo.self"] = HIGH_WEIGHT
    total = max(own.values(), default=0)
    if total < HIGH_WEIGHT and _added_up(hits) >= HIGH_WEIGHT:
        total = HIGH_WEIGHT
    for each in lex.combinations:
        if _together(each, hits):
            own[each.id] = total = IMMINENT_WEIGHT
    rules = tuple(sorted(own, key=lambda rule: -own[rule]))
    if total >= IMMINENT_WEIGHT:
        return Safety(Level.IMMINENT, rules)
    if total >= HIGH_WEIGHT:
        return Safety(Level.HIGH, rules)
    if others and total <= CONCERN_WEIGHT:
        return Safety(Level.OTHER, tuple(sorted(others)))
    if total >= CONCERN_WEIGHT:
        return Safety(Level.CONCERN, rules)
    return Safety()


def _added_up(hits: Sequence[Hit]) -> int:
    """The weight of different rules on different words: what two rules see in the same words counts once."""
    total, seen = 0, set[str]()
    reached: dict[str, int] = {}
    for hit in sorted(hits, key=lambda hit: (hit.view, hit.start, -hit.weight)):
        if hit.who is not Who.SELF or not hit.weight or hit.rule.id in seen or hit.start < reached.get(hit.view, 0):
            continue
        seen.add(hit.rule.id)
        reached[hit.view] = hit.end
        total += hit.weight
    return total


def _together(rule: Combination, hits: Sequence[Hit]) -> bool:
    """True where every part has a sign of the writer's own, the first of them a serious one."""
    groups = [[h for h in hits if h.rule.part in part and h.who is Who.SELF] for part in rule.parts]
    groups[0] = [h for h in groups[0] if h.weight >= rule.least or h.rule.part in ("hint", "gone", "thanks")]
    if not all(groups):
        return False
    if not rule.near:
        return any(a.rule.id != b.rule.id for a in groups[0] for b in groups[1])
    return any(a.view == b.view and a.sentence == b.sentence for a in groups[0] for b in groups[1])
