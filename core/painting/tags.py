"""The things and deeds of a diary line that can be drawn, found by a hand-made lexicon."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass

from core.comment.grief import loss_in
from core.comment.noticing import topic_of
from core.entities import Tag
from core.painting.absence import left_out_korean
from core.painting.absence_english import left_out_english
from core.painting.lexicon import Concept, Sense, lexicon
from core.painting.nearness import nearest
from core.painting.stickers import sticker_of_emoji
from core.painting.words import HANGUL, LATIN, Word, english_words, has_kiwi, morphemes

READ_CHARS = 4000  # of a long entry only so many characters are looked at
LONGEST = 6  # words of one lexicon entry, at most

#: How much a kind of thing says about the picture; an earlier or a repeated word adds to it.
_WEIGHT = {
    "animal": 1.0, "place": 0.95, "deed": 0.9, "food": 0.9, "person": 0.85,
    "weather": 0.8, "thing": 0.8, "feeling": 0.45, "time": 0.4,
}  # fmt: skip
_CONTENT = ("NN", "NR", "SL", "SN", "XR", "XSN", "XPN", "MAG", "MM", "VV", "VA", "XSV", "XSA", "W_HASHTAG")
_EMOJI_PART = r"[\u2190-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff][\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
_EMOJI = re.compile(f"{_EMOJI_PART}(?:\u200d{_EMOJI_PART})*")
_SKIN_OR_SELECTOR = re.compile(r"[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_DREAM = re.compile(r"꿈|\bdream", re.I)
_RESISTED = re.compile(
    r"참[았는고자]|참기|말았|포기|(?:못|안) 먹|\bresist|\bskip|\b(?:did|have)n't (?:eat|get|order|have|buy|had)", re.I
)
_EDGE = " \t\r\n.,!?~…\"'“”‘’()[]·:;"


@dataclass(frozen=True)
class SceneHints:
    """Where, in what weather and when a line plays; empty where it does not say."""

    place: str = ""
    weather: str = ""
    time: str = ""


@dataclass(frozen=True)
class _Hit:
    concept: Concept
    start: int
    end: int
    guessed: bool = False  # by nearness: behind what is known


def find_tags(text: str, language: str, limit: int = 12) -> tuple[Tag, ...]:
    """What can be drawn of a diary text, most important first; what is denied or only wished for is left out.

    Both languages are read wherever they stand. `language` is that of the diary: kiwipiepy (1.5-3 s at its
    first call) is only woken for a Korean one; Korean words in an English diary are found by the lexicon alone.
    """
    text = text[:READ_CHARS]
    hits: list[_Hit] = []
    taken: list[tuple[int, int]] = []
    if HANGUL.search(text):
        if language == "ko" and has_kiwi():
            hits, taken = _korean_hits(text)  # "TV를 안 봤다": denied as any word is
        else:
            hits += _lexicon_only_hits(text)
    if LATIN.search(text):
        taken += [(hit.start, hit.end) for hit in hits]  # "PC방" is no computer
        hits += [hit for hit in _english_hits(text) if all(hit.end <= a or hit.start >= b for a, b in taken)]
    hits += _emoji_hits(text)
    hits = _remembered(text, hits) or _craved(text)
    return _ranked([hit for hit in hits if hit.concept.kind != "idiom"], text)[:limit]


def _remembered(text: str, hits: Sequence[_Hit]) -> list[_Hit]:
    """Who has died does not stand beside the others, smiling: a candle is lit for them."""
    loss = loss_in(text)
    if loss is None or loss.kind == "memory" or _DREAM.search(text):  # there they may stand
        return list(hits)
    gone = loss.who.removeprefix("your ").lower()
    left = [
        hit for hit in hits if not (hit.concept.kind == "animal" if loss.kind == "pet" else _is_named(text, hit, gone))
    ]
    return [*left, _Hit(lexicon().concepts["remembrance"], 0, 0)]


def _craved(text: str) -> list[_Hit]:
    """A line that is nothing but hunger for something gets its dish, if only on paper."""
    topic = topic_of(text)
    if topic is None or topic.name != "craving" or _RESISTED.search(text):
        return []
    start = text.find(topic.thing)
    end = start + len(topic.thing)
    senses = (*lexicon().korean.get(topic.thing, ()), *lexicon().english.get(topic.thing.lower(), ()))
    senses = senses or lexicon().english.get(topic.thing.lower().removesuffix("s"), ())
    return [_Hit(sense.concept, start, end) for sense in senses if sense.concept.kind == "food" and not sense.near]


def _is_named(text: str, hit: _Hit, gone: str) -> bool:
    return hit.concept.kind == "person" and bool(gone) and gone in text[hit.start : hit.end].lower()


def scene_hints(tags: Sequence[Tag]) -> SceneHints:
    """Place, weather and time that the tags imply; the most important tag that knows one decides."""
    known = [lexicon().concepts[tag.name] for tag in tags if tag.name in lexicon().concepts]
    return SceneHints(
        place=next((c.place for c in sorted(known, key=lambda c: c.kind not in ("place", "deed")) if c.place), ""),
        weather=next((c.weather for c in known if c.weather), ""),
        time=next((c.time for c in known if c.time), ""),
    )


def _ranked(hits: Sequence[_Hit], text: str) -> tuple[Tag, ...]:
    """Hits of the same thing become one tag; weight, place in the text and repetition order them."""
    best: dict[str, tuple[float, _Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        concept = hit.concept
        same = concept.name if concept.kind in ("time", "weather") else concept.sticker
        same += ":place" if concept.kind == "place" else ""  # a giraffe at the zoo is both
        if same in best:
            best[same] = (best[same][0] + 0.1, best[same][1])
        else:
            weight = _WEIGHT[concept.kind] - (0.25 if hit.guessed else 0.0)
            best[same] = (weight - 0.3 * hit.start / max(200, len(text)), hit)
    ordered = sorted(best.values(), key=lambda scored: (-scored[0], scored[1].start))
    return tuple(Tag(h.concept.name, _as_written(text, h), h.concept.sticker, h.concept.kind) for _, h in ordered)


def _as_written(text: str, hit: _Hit) -> str:
    start, end = hit.start, hit.end
    if start == end:  # nothing was written of it
        return ""
    while start and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    whole = text[start:end].strip(_EDGE)
    return whole if len(whole) <= 24 else text[hit.start : hit.end]


# --- Korean ------------------------------------------------------------------------------------


def _korean_hits(text: str) -> tuple[list[_Hit], list[tuple[int, int]]]:
    """What was found, and where words stand that the line denies."""
    words = morphemes(text)
    absent = left_out_korean(words)
    content = [i for i, word in enumerate(words) if word.tag.startswith(_CONTENT) or word.tag in ("SF", "SP")]
    hits: list[_Hit] = []
    known: set[int] = set()
    at = 0
    while at < len(content):
        for length in range(min(LONGEST, len(content) - at), 0, -1):
            run = content[at : at + length]
            senses = lexicon().korean.get("".join(words[i].key for i in run), ())
            near = {word.form for word in words[max(0, run[0] - 4) : run[-1] + 5] if word.tag[0] not in "ES"}
            senses = tuple(sense for sense in senses if _fits(sense, near))
            if senses:
                known.update(run)
                gone = any(i in absent for i in run)
                hits += [
                    _Hit(sense.concept, words[run[0]].start, words[run[-1]].end)
                    for sense in senses
                    if sense.concept.stays or not gone
                ]
                at += length - 1
                break
        at += 1
    return hits + _near_korean(words, absent | known), [(words[i].start, words[i].end) for i in absent]


def _near_korean(words: Sequence[Word], settled: Collection[int]) -> list[_Hit]:
    """Nouns and verbs of which the lexicon knows nothing, by nearness; nouns written as one are read as one first."""
    hits: list[_Hit] = []
    end = 0
    for i, word in enumerate(words):
        if i < end or i in settled or not _may_be_near(word):
            continue
        end = i + 1
        while end < len(words) and _is_joined(words, end) and end not in settled and end - i < LONGEST:
            end += 1
        for last in range(end, i, -1):
            name = _near("".join(each.key for each in words[i:last]), lexicon().korean)
            if name:
                hits.append(_Hit(lexicon().concepts[name], word.start, words[last - 1].end, guessed=True))
                end = last
                break
        else:
            end = i + 1
    return hits


def _may_be_near(word: Word) -> bool:
    """No syllable alone (it means too much) but of verbs, and no name of two syllables (it is somebody)."""
    length = word.end - word.start
    return word.tag in ("VV", "VA") or (word.tag in ("NNG", "XR") and length > 1) or (word.tag == "NNP" and length > 2)


def _is_joined(words: Sequence[Word], i: int) -> bool:
    return (
        words[i].tag in ("NNG", "NNP", "XR", "XSN")
        and words[i].start == words[i - 1].end
        and words[i - 1].tag[0] != "V"
    )


def _near(word: str, known: Container[str]) -> str | None:
    """What the lexicon knows it has judged already, by the words around."""
    return None if word in known else nearest(word)


def _fits(sense: Sense, near: set[str]) -> bool:
    if not sense.near:
        return True
    return bool(sense.near & near) or any(n.startswith(word) for word in sense.near if len(word) > 1 for n in near)


# After a noun: particles, and what makes a verb of it. For reading without kiwipiepy.
_AFTER_NOUN = re.compile(
    r"(?:들)?(?:이랑|랑|에서|에게|에는|에도|에|으로|로|을|를|이|가|은|는|과|와|도|만|의|까지|부터|처럼|보다|마다|하고|한테|이나|나|"
    r"이다|였다|이었다|했|하|한|할|해|함|인|뿐|요|이에요|예요)?[가-힣]{0,4}$"
)
_DENIAL = re.compile(r"^(?:안|못|말고)$|없|않|못하|못했|싶|아니|싫|그립|그리웠|취소|무산|야겠|야지|소원|[었았왔갔]으면")


def _lexicon_only_hits(text: str) -> list[_Hit]:
    """Korean without morphemes: a known noun at the head of a written word; denied where its line denies."""
    hits: list[_Hit] = []
    for clause in re.finditer(r"[^.!?\n,]+", text):
        words = [(m[0], clause.start() + m.start()) for m in re.finditer(r"\S+", clause[0])]
        for i, (word, start) in enumerate(words):
            if any(_DENIAL.search(later) for later, _ in words[i : i + 3]):
                continue
            for end in range(len(word), 0, -1):
                senses = [sense for sense in lexicon().korean.get(word[:end].lower(), ()) if not sense.near]
                if senses and (end > 1 or len(word) <= 3) and _AFTER_NOUN.match(word[end:]):
                    hits += [_Hit(sense.concept, start, start + end) for sense in senses]
                    break
    return hits


# --- English and emoji -------------------------------------------------------------------------


def _english_hits(text: str) -> list[_Hit]:
    words = english_words(text)
    absent = left_out_english(words)
    hits: list[_Hit] = []
    known: set[int] = set()
    at = 0
    while at < len(words):
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            run = words[at : at + length]
            near = {
                form
                for word in words[max(0, at - 6) : at + length + 6]
                if word not in run
                for form in (word.form, word.lemma)
            }
            senses = tuple(sense for spelling in _spellings(run) for sense in lexicon().english.get(spelling, ()))
            senses = tuple(sense for sense in senses if not sense.near or sense.near & near)
            if senses:
                known.update(range(at, at + length))
                gone = any(i in absent for i in range(at, at + length))
                hits += [
                    _Hit(sense.concept, run[0].start, run[-1].end)
                    for sense in dict.fromkeys(senses)
                    if sense.concept.stays or not gone
                ]
                at += length - 1
                break
        at += 1
    return hits + _near_english(text, words, absent | known)


def _near_english(text: str, words: Sequence[Word], settled: Collection[int]) -> list[_Hit]:
    """Words of which the lexicon knows nothing, by nearness, two together first; names are left alone."""
    hits: list[_Hit] = []
    end = 0
    free = [
        word.tag == "en" and i not in settled and word.form.isalpha() and not (_is_name(text, words, i))
        for i, word in enumerate(words)
    ]
    for i in range(len(words)):
        for last in (i + 2, i + 1):
            if i < end or not all(free[i:last]) or last > len(words):
                continue
            if last > i + 1 and any(len(word.form) < 4 for word in words[i:last]):  # "a show", "to show"
                continue
            basic = " ".join(word.lemma for word in words[i:last])
            if any(spelling in lexicon().english for spelling in _spellings(words[i:last])):
                continue
            name = nearest(basic)
            if name and (last > i + 1 or len(words[i].form) > 2):
                hits.append(_Hit(lexicon().concepts[name], words[i].start, words[last - 1].end, guessed=True))
                end = last
    return hits


def _is_name(text: str, words: Sequence[Word], i: int) -> bool:
    return i > 0 and words[i - 1].tag != "mark" and text[words[i].start].isupper()


def _spellings(run: Sequence[Word]) -> tuple[str, ...]:
    """As written, in the basic form, and with only the last word ("ice creams") or the first ("spilled the beans") in it."""
    written = " ".join(word.form for word in run)
    basic = " ".join(word.lemma for word in run)
    last = " ".join([*(word.form for word in run[:-1]), run[-1].lemma])
    first = " ".join([run[0].lemma, *(word.form for word in run[1:])])
    return tuple(dict.fromkeys((written, basic, last, first)))


def _emoji_hits(text: str) -> list[_Hit]:
    hits: list[_Hit] = []
    for match in _EMOJI.finditer(text):
        character = _SKIN_OR_SELECTOR.sub("", match[0])
        concept = lexicon().emoji.get(character) or lexicon().by_sticker.get(sticker_of_emoji(character) or "no")
        first = character[0]
        concept = concept or lexicon().emoji.get(first) or lexicon().by_sticker.get(sticker_of_emoji(first) or "no")
        if concept:
            hits.append(_Hit(concept, match.start(), match.end()))
    return hits
