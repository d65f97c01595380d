"""A Korean stem becomes the forms in which people write it: 걷다, 걷기, 걸어, 슬퍼, 행복한."""

from __future__ import annotations

_KEEPS_P = frozenset("잡입뽑씹접집업좁넓꼽")  # whose ㅂ stays before a vowel
_ING_T = frozenset("걷듣묻싣")  # whose ㄷ becomes ㄹ
_A, _EO, _U, _O, _EU, _I = 0, 4, 13, 8, 18, 20  # vowels as they stand in the code table
_JOINED = {_U: 14, _O: 9, _I: 6}  # ㅜ + 어 = ㅝ, ㅗ + 아 = ㅘ, ㅣ + 어 = ㅕ
_APART = (11, 16, 19)  # ㅚ, ㅟ, ㅢ
_N, _T, _R, _B, _SS = 4, 7, 8, 17, 20  # finals


def said(stem: str) -> tuple[str, ...]:
    """The dictionary form and the noun first, then how its forms begin; a stem that ends in no Hangul has only two."""
    plain = (f"{stem}기", f"{stem}다")
    head, last = stem[:-1], stem[-1:]
    if not "가" <= last <= "힣":
        return plain
    if last == "하":
        return (*plain, f"{head}해", f"{head}했", f"{head}한", f"{head}하는")
    first, vowel, final = _parts(last)
    return (*plain, f"{stem}는", *_inflected(head, last, first, vowel, final))


def _inflected(head: str, last: str, first: int, vowel: int, final: int) -> tuple[str, ...]:
    ending = "아" if vowel in (_A, _O) else "어"
    if last == "르" and head:  # 부르: 불러
        before = _parts(head[-1])
        stem = head[:-1] + _syllable(before[0], before[1], _R)
        open_ = _A if before[1] in (_A, _O) else _EO
        return (stem + _syllable(5, open_), stem + _syllable(5, open_, _SS), head + _syllable(first, vowel, _N))
    if final == _B and last not in _KEEPS_P:  # 외롭: 외로워, 외로운
        stem = head + _syllable(first, vowel)
        return (f"{stem}워", f"{stem}웠", f"{stem}운")
    if final == _T and last in _ING_T:  # 걷: 걸어
        stem = head + _syllable(first, vowel, _R)
        return (f"{stem}{ending}", f"{stem}{'았' if ending == '아' else '었'}", f"{stem}은")
    if final:
        past = "았" if ending == "아" else "었"
        linked = head + _syllable(first, vowel, _N) if final == _R else head + last + "은"  # 놀: 논
        return (f"{head}{last}{ending}", f"{head}{last}{past}", linked)
    if vowel in _APART:  # 뛰: 뛰어
        return (f"{head}{last}어", f"{head}{last}었", head + _syllable(first, vowel, _N))
    if vowel == _EU:  # 슬프: 슬퍼
        bright = bool(head) and "가" <= head[-1] <= "힣" and _parts(head[-1])[1] in (_A, _O)
        vowel_now = _A if bright else _EO
    else:
        vowel_now = _JOINED.get(vowel, vowel)
    now, past = _syllable(first, vowel_now), _syllable(first, vowel_now, _SS)
    return (head + now, head + past, head + _syllable(first, vowel, _N))


def _parts(syllable: str) -> tuple[int, int, int]:
    first, rest = divmod(ord(syllable) - 0xAC00, 588)
    return first, *divmod(rest, 28)


def _syllable(first: int, vowel: int, final: int = 0) -> str:
    return chr(0xAC00 + first * 588 + vowel * 28 + final)
