"""What an English line says was not there, was not done, or is only wished for."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import pairwise

from core.painting.words import Word, any_of

_NOT = any_of("not never cannot neither nor hardly barely")
_NOBODY = any_of("nobody noone none")
_BREAKS = any_of("but so because although though then when while before after until since however and or")
_THOUGHT = any_of("know care realize remember mind understand believe sure only think stop help matter bad")
_NOT_WITHOUT = any_of("miss skip resist forget cancel cancell postpone")  # not skipped: it was done
_WISHES = frozenset(["wish", "hope", "crave", "long", "dream"])
_PLACES_OF_ABSENCE = frozenset(["there", "here", "home", "around"])
_MISSABLE = any_of("my you him her them being having")
_LONGED_FOR = any_of("the our that those these my")
_CAUGHT = any_of("bus train flight plane subway ferry boat stop class deadline exam call appointment")
_ARTICLES = any_of("the a an any my our his her their some to")
_SOME = any_of("a an some another")
_PAST_AN_OBJECT = any_of("for to with at in on by from into during because today yesterday again this last next")
_MOVES_ON = _PAST_AN_OBJECT | any_of("along across over through around down up back past")
_SKIPPING = any_of("stone stones rock rocks pebble pebbles rope ropes")
_BE = any_of("is are was were be been being get gets got getting")
_OFF = any_of("cancel cancell postpone reschedule")  # as simplemma writes them
_DECLINED = frozenset([("decide", "against"), ("pass", "on"), ("bail", "on"), ("opt", "out")])
_OWN = any_of("my our his her their")
_NEVER_LOST = any_of(
    "game match way temper mind house office school work home parent friend"
)  # or left, not left behind
_LOUD = any_of("music volume radio tv heat light lights sound")
_INTENDED = any_of("going supposed meant planning about intending hoping")
_GOALS = any_of("school work bed church town sleep") | _ARTICLES - {"to"}
_WHERE = frozenset(["in", "at", "on"])
_BOUGHT = any_of("buy get adopt order go book snow rain")
_WHO = any_of("i we he she they you it")
_LIKENED = any_of("eat drink work sleep fight sing swim cry smoke sweat live act run")  # like a horse
_ADJECTIVES = any_of(
    "busy happy sly cool fresh hungry quiet blind stubborn sick fit free white cold light strong proud brave"
)
_SENTENCE_ENDS = frozenset([".", "!", "?", "\n"])
_AFTER_ALL = any_of("but until instead however sadly unfortunately")


def left_out_english(words: Sequence[Word]) -> frozenset[int]:
    """Positions of the words that the line denies or wishes for."""
    out: set[int] = set()
    for i, word in enumerate(words):
        if _denies(word.form):
            out |= _not_scope(words, i)
        elif word.form in _NOBODY or (word.form == "no" and _form(words, i + 1) == "one"):
            out |= _nobody_scope(words, i + (word.form == "no"))
        elif word.form == "without" and _form(words, i + 1) == "me":  # they went, and I was not there
            out |= set(range(_clause_start(words, i), i + 2))
        elif word.form in ("no", "without", "minus", "except"):
            sure = _lemma(words, i + 1) in ("doubt", "matter", "worry", "problem")
            longer = _form(words, i + 1) == "longer"
            end = _clause_end(words, i) if longer else min(_object_end(words, i), i + 4)
            out |= set() if sure else set(range(i, end))
        elif not _twice_denied(words, i):
            out |= _given_up(words, i) or _gone(words, i) or _planned(words, i) or _wished(words, i)
    return frozenset(out)


def _form(words: Sequence[Word], i: int) -> str:
    return words[i].form if 0 <= i < len(words) else ""


def _lemma(words: Sequence[Word], i: int) -> str:
    return words[i].lemma if 0 <= i < len(words) else ""


def _denies(form: str) -> bool:
    return form in _NOT or form.endswith("n't") or form in ("didnt", "cant", "dont", "couldnt", "wasnt", "isnt")


def _not_scope(words: Sequence[Word], i: int) -> set[int]:
    following = _lemma(words, i + 1)
    if following == "remember" and [word.form for word in words[i + 2 : i + 5]] == ["the", "last", "time"]:
        return set(range(i, _sentence_end(words, i)))
    if following in _THOUGHT | _NOT_WITHOUT or (
        following == "wait" and (words[i].form.startswith("ca") or "could" in words[i].form)
    ):
        return set()
    if _form(words, i - 1) == "there":  # "there weren't any ducks at the pond"
        return set(range(i, _first_of(_WHERE, words, i, _clause_end(words, i))))
    if following in _PLACES_OF_ABSENCE:  # "the dog wasn't there"
        return set(range(_clause_start(words, i), i + 2))
    return set(range(i, _clause_end(words, i)))


def _nobody_scope(words: Sequence[Word], i: int) -> set[int]:
    """What nobody did; a beach on which nobody is, is a beach."""
    following = _lemma(words, i + 1)
    if following in _THOUGHT or following == "but":
        return set()
    end = _clause_end(words, i)
    if _form(words, i + 1) in _BE | _WHERE:
        end = _first_of(_WHERE, words, i, end)
    return set(range(i, end))


def _twice_denied(words: Sequence[Word], i: int) -> bool:
    """ "never miss", "wasn't cancelled": what is denied there was there."""
    return any(_denies(_form(words, k)) for k in (i - 1, i - 2)) and words[i].lemma in _NOT_WITHOUT | _OFF


def _given_up(words: Sequence[Word], i: int) -> set[int]:
    """What was skipped, called off, given up, or has run out; "skipped stones" were thrown."""
    word, after = words[i], _form(words, i + 1)
    two = (word.lemma, after)
    if word.lemma == "skip" and after not in _MOVES_ON | _SKIPPING:
        return set(range(i, _object_end(words, i)))
    if word.lemma in _OFF or two in (("call", "off"), ("put", "off"), ("rain", "out")):
        last = i + 1 + (after in ("off", "out"))
        passive = any(_form(words, k) in _BE for k in range(i - 3, i)) or last >= _clause_end(words, i)
        if passive:
            subject = range(_clause_start(words, i - 1), i)
            waited_for = any(words[k].lemma in _CAUGHT for k in subject)  # at the airport, for the flight
            return set() if waited_for else set(range(subject.start, last))
        return set(range(i, _object_end(words, last - 1)))
    if two in _DECLINED or (two == ("turn", "down") and not _LOUD & {w.form for w in words[i : i + 5]}):
        return set(range(i, _object_end(words, i + 1)))
    if word.lemma == "refuse" and after == "to":
        return set(range(i, _clause_end(words, i)))
    if word.form == "nowhere":
        return set(range(_clause_start(words, i), i + 1))
    if two == ("give", "up") and _form(words, i + 2) not in ("my", "on"):
        return set(range(i, _object_end(words, i + 1)))
    if two == ("run", "out") and _form(words, i + 2) == "of" and _form(words, i + 3) != "the":
        return set(range(i, _object_end(words, i + 2)))
    if word.form in ("almost", "nearly") and _lemma(words, i + 1) in _BOUGHT:
        return set(range(i, _clause_end(words, i)))
    return set()


def _gone(words: Sequence[Word], i: int) -> set[int]:
    """What somebody no longer has, did not have along, found shut or keeps away from."""
    word, after = words[i], _form(words, i + 1)
    if word.form in ("lost", "sold", "forgot", "left") and after in _OWN:
        if _lemma(words, i + 2) in _NEVER_LOST or (
            word.form == "left" and _form(words, _object_end(words, i)) not in _WHERE
        ):
            return set()
        return set(range(i, _object_end(words, i)))
    if word.lemma == "forget" and after == "to":
        return set(range(i, _clause_end(words, i)))
    if word.lemma == "steal" or (word.lemma, after) == ("sell", "out") or word.form == "closed":
        if any(_form(words, k) in _BE for k in range(i - 3, i)):
            return set(range(_clause_start(words, i - 1), i + 1))
        return set(range(i, _object_end(words, i))) if word.lemma == "steal" else set()
    if (word.lemma in ("quit", "avoid") and after != "my") or (word.lemma, after) == ("give", "away"):
        return set(range(i, _object_end(words, i + (after == "away"))))
    if (word.lemma, after) in (("allergic", "to"), ("beg", "for")):
        return set(range(i, _object_end(words, i + 1)))
    if (word.lemma, after) == ("run", "away"):  # nobody went for a run
        return {i, i + 1}
    if (word.form, after) == ("used", "to") and _form(words, i - 1) not in _BE | {"'m", "i'm"}:
        rest = [one.form for one in words[i : _sentence_end(words, i)]]
        over = "anymore" in rest or ("any", "more") in pairwise(rest) or _form(words, i + 2) in ("have", "own")
        return set(range(i, _clause_end(words, i))) if over else set()
    return set()


def _planned(words: Sequence[Word], i: int) -> set[int]:
    """What was meant to be and was not: "supposed to swim", "going to swim, but"; "going to the sea" is on its way."""
    form = words[i].form
    if form not in _INTENDED | {"planned", "intended"} or _form(words, i + 1) != "to":
        return set()
    if _form(words, i + 2) in _GOALS:
        return set()
    helped = any(_form(words, k) in ("was", "were", "been", "had") for k in range(i - 3, i))
    if not helped and form not in ("planned", "intended", "meant"):
        return set()
    end = _first_of(_AFTER_ALL | _SENTENCE_ENDS, words, i + 1, len(words))
    if form == "supposed" or _form(words, end) in _AFTER_ALL:
        return set(range(i, min(end, _clause_end(words, i)) if form == "supposed" else end))
    return set()


def _wished(words: Sequence[Word], i: int) -> set[int]:
    form, after = words[i].form, _form(words, i + 1)
    if form == "if" and after != "only":
        return _unreal(words, i)
    if form in ("as", "like") and after in ("a", "an") and _likened(words, i):
        return set(range(i, min(_clause_end(words, i), i + 3)))
    if (form, after) in (("instead", "of"), ("rather", "than")):
        return set(range(i, _first_of(_WHO, words, i, _clause_end(words, i))))
    if _is_wish(words, i) or (form, after) == ("if", "only"):
        return set(range(i, _clause_end(words, i)))
    if form == "too" and "to" in (_form(words, i + 2), _form(words, i + 3)):  # "too tired to go to the gym"
        return set(range(i, _clause_end(words, i)))
    if form in ("thought", "thinking", "talked") and after in ("of", "about") and _form(words, i + 2).endswith("ing"):
        return set(range(i, _clause_end(words, i)))
    if form in ("thought", "said", "promised", "expected"):
        return _disappointed(words, i)
    if form == "over" and any(_lemma(words, k) in ("choose", "pick", "prefer") for k in range(i - 4, i)):
        return set(range(i, _object_end(words, i)))
    if form == "but" and _form(words, i - 1) in ("everything", "everyone", "anything", "all"):
        return set(range(i, _object_end(words, i)))
    if form == "rather" and _would(words, i):
        end = _clause_end(words, i)
        here = (k for k in range(i, end) if words[k].form == "than" and _form(words, k + 1) in _WHERE)
        return set(range(i, next(here, end)))  # "than in this office"
    if form == "someday":
        return set(range(_clause_start(words, i), _clause_end(words, i)))
    return set()


def _disappointed(words: Sequence[Word], i: int) -> set[int]:
    """ "I thought it would snow but it didn't", "promised us a dog but never got one"."""
    end = _sentence_end(words, i)
    but = _first_of({"but"}, words, i, end)
    denied = any(_denies(words[k].form) for k in range(but, min(but + 5, end)))
    would = words[i].form in ("promised", "expected") or any(words[k].form == "would" for k in range(i, but))
    return set(range(i, but)) if denied and would else set()


def _unreal(words: Sequence[Word], i: int) -> set[int]:
    """ "If I had a boat, I would sail": neither."""
    end = _sentence_end(words, i)
    said = [word.form for word in words[i:end]]
    would = any(form == "would" or form.endswith("'d") for form in said[2:])
    return set(range(i, end)) if would and any(form in ("had", "were", "could") for form in said[1:4]) else set()


def _likened(words: Sequence[Word], i: int) -> bool:
    """ "as busy as a bee", "eats like a horse", "feel like a fool"; "dressed as a ghost" is one."""
    if words[i].form == "as":
        return _form(words, i - 2) == "as" or _form(words, i - 1) in _ADJECTIVES
    return _lemma(words, i - 1) in _LIKENED | {"feel"}


def _would(words: Sequence[Word], i: int) -> bool:
    return i > 0 and (words[i - 1].form in ("would", "'d", "really") or words[i - 1].form.endswith("'d"))


def _is_wish(words: Sequence[Word], i: int) -> bool:
    """Wants and longings; "missed the bus" is none."""
    lemma, form = words[i].lemma, words[i].form
    rest = [word.form for word in words[i + 1 : i + 4]]
    first = rest[0] if rest else ""
    if lemma in ("want", "like", "love", "need", "hope", "plan") and first == "to":
        return lemma in ("want", "hope") or _would(words, i)
    if lemma in ("like", "love") and first in _SOME:
        return _would(words, i)
    if form == "need" and first in _SOME:
        return True
    if lemma in ("want", "wanna") and rest:
        return True
    if form in ("should", "could", "would") and first == "have":
        return True
    if form in ("should've", "could've", "would've"):
        return True
    if form in ("could", "would") or form.endswith("'d"):
        return ("use" in rest[:2] and bool(_SOME & set(rest))) or any(
            pair in (["give", "anything"], ["give", "everything"], ["go", "for"], ["do", "with"], ["kill", "for"])
            for pair in (rest[:2], rest[1:3])
        )
    if form == "dying":
        return first == "for"
    if lemma == "miss":
        longed = first in _MISSABLE or (form != "missed" and first in _LONGED_FOR)
        return longed and not _CAUGHT & set(rest)
    return (
        lemma in _WISHES
        and form != "dreamed"
        and (lemma != "long" or first in ("for", "to"))
        and (lemma != "dream" or first == "of" or (form == "dreaming" and first == "about"))
    )


def _first_of(forms: Set[str], words: Sequence[Word], i: int, end: int) -> int:
    """Where from i on, before `end`, the first of some forms stands; `end` where none does."""
    return next((k for k in range(i, end) if words[k].form in forms), end)


def _object_end(words: Sequence[Word], i: int) -> int:
    """Past what a verb at i is done to: before the next preposition."""
    return _first_of(_PAST_AN_OBJECT, words, i + 1, _clause_end(words, i))


def _sentence_end(words: Sequence[Word], i: int) -> int:
    return _first_of(_SENTENCE_ENDS, words, i, len(words))


def _clause_end(words: Sequence[Word], i: int) -> int:
    for k in range(i + 1, len(words)):
        if words[k].tag == "mark":
            return k
        if words[k].form in ("and", "or") and k + 1 < len(words):
            after = words[k + 1]
            if after.form in _ARTICLES or (
                after.form == after.lemma and after.form not in ("i", "we", "he", "she", "it", "they", "then", "so")
            ):
                continue
        if words[k].form in _BREAKS:
            return k
    return len(words)


def _clause_start(words: Sequence[Word], i: int) -> int:
    for k in range(i, -1, -1):
        if words[k].tag == "mark" or words[k].form in _BREAKS:
            return k + 1
    return 0
