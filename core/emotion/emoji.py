"""What an emoji says in a word, for a reader that has seen few of them."""

from __future__ import annotations

_SAID = {
    "happy": "😊🙂☺😀😃😄😁😆🥳😎🎉✨🎊😇🌈",
    "funny": "😂🤣😹",
    "love": "🥰😍😘🤗💖💗💛💜💙💚🧡💕💞💓😻💝♥",
    "excited": "🤩✈🎈🥁",
    "thank you": "🙏🙇",
    "proud": "💪🏆🎓🥇🏅👏",
    "calm": "😌☕🍃🌿🧘",
    "sad": "😢😞😔🙁☹😟😿💔🥺😥🖤",
    "crying": "😭",
    "angry": "😠😡🤬💢😤👿",
    "scared": "😱😨😰😧",
    "nervous": "😬😖😣😓",
    "tired": "😫😩😪😴🥱😮‍💨😵",
    "sick": "🤒🤢🤮😷🤕🤧",
    "surprised": "😮😲😯🤯😳🫢",
    "bored": "😑🙄😒",
    "confused": "🤔🤷😕",
    "okay": "😐😶",
    "good": "👍👌💯🆗",
    "bad": "👎",
}
GLOSS = {symbol: word for word, symbols in _SAID.items() for symbol in symbols if symbol != "\u200d"} | {"💨": ""}


def glossed(text: str) -> str:
    """`text` with its word set behind each emoji that we know ("😡" -> "😡angry")."""
    if text.isascii():
        return text
    return "".join(f" {char}{GLOSS[char]} " if char in GLOSS else char for char in text)
