"""Marked-up text becomes plain text with entities, or is refused, as Telegram's own parser would."""

from __future__ import annotations

import html
import re
from typing import Any

Entity = dict[str, Any]

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_RESERVED = set("_*[]()~`>#+-=|{}.!")
_MARKS = {"__": "underline", "||": "spoiler", "*": "bold", "_": "italic", "~": "strikethrough"}
_FOUND = (
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z0-9_]{5,32}")),
    ("url", re.compile(r"https?://[^\s<>]+")),
)


class Unparsable(ValueError):
    """The markup is broken; the text says where."""


def units(text: str) -> int:
    """The length of `text` as Telegram counts: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def parse(text: str, mode: str) -> tuple[str, list[Entity]]:
    """Plain text and entities; raises Unparsable."""
    if not mode:
        return text, []
    if mode.lower() == "html":
        return _html(text)
    if mode.lower() == "markdownv2":
        return _markdown(text)
    return _old_markdown(text)


def found(text: str) -> list[Entity]:
    """What the server itself marks in anybody's text: commands, mentions and links."""
    return sorted(
        (
            {"type": kind, "offset": units(text[: match.start()]), "length": units(match.group())}
            for kind, pattern in _FOUND
            for match in pattern.finditer(text)
        ),
        key=lambda entity: entity["offset"],
    )


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """White space at both ends is dropped, entities are moved along and cut to the text."""
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    total, kept = units(text), []
    for entity in entities:
        start = max(0, int(entity["offset"]) - lead)
        end = min(total, int(entity["offset"]) - lead + int(entity["length"]))
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return text, kept


def _html(text: str) -> tuple[str, list[Entity]]:
    plain, at = "", 0
    entities: list[Entity] = []
    open_tags: list[tuple[str, Entity]] = []
    while at < len(text):
        sign = text[at]
        if sign == "&" and (reference := _REFERENCE.match(text, at)):
            plain += html.unescape(reference.group())
            at = reference.end()
            continue
        if sign != "<":
            plain += sign
            at += 1
            continue
        here = len(text[:at].encode())
        tag = _TAG.match(text, at)
        if tag is None:
            raise Unparsable(f"Unsupported start tag at byte offset {here}")
        closing, name, rest = tag.group(1), tag.group(2).lower(), tag.group(3)
        if closing:
            if not open_tags:
                raise Unparsable(f"Unexpected end tag at byte offset {here}")
            opened, entity = open_tags.pop()
            if opened != name:
                raise Unparsable(f'Unmatched end tag at byte offset {here}, expected "</{opened}>", found "</{name}>"')
            entity["length"] = units(plain) - entity["offset"]
            if entity["length"]:
                entities.append(entity)
        else:
            open_tags.append((name, _opened(name, rest, units(plain), here)))
        at = tag.end()
    if open_tags:
        raise Unparsable(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return plain, sorted(entities, key=lambda entity: entity["offset"])


def _opened(name: str, rest: str, offset: int, here: int) -> Entity:
    """The entity that a start tag begins."""
    if name not in _TAGS:
        raise Unparsable(f'Unsupported start tag "{name}" at byte offset {here}')
    attributes = {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(rest)}
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise Unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {here}')
    entity: Entity = {"type": _TAGS[name], "offset": offset}
    if name == "a":
        entity["url"] = html.unescape(attributes.get("href", ""))
    if name == "tg-emoji":
        entity["custom_emoji_id"] = attributes.get("emoji-id", "")
    if name == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def _markdown(text: str) -> tuple[str, list[Entity]]:
    plain, entities, at = "", [], 0
    open_marks: list[tuple[str, int, int]] = []  # mark, offset in the plain text, byte offset in the source
    while at < len(text):
        here = len(text[:at].encode())
        if text[at] == "\\" and at + 1 < len(text) and ord(text[at + 1]) < 127:
            plain += text[at + 1]
            at += 2
        elif text[at] == "`":
            fence = "```" if text.startswith("```", at) else "`"
            end = text.find(fence, at + len(fence))
            if end < 0:
                raise Unparsable(
                    f"Can't find end of {'PreCode' if fence == '```' else 'Code'} entity at byte offset {here}"
                )
            inside = re.sub(r"\\([`\\])", r"\1", text[at + len(fence) : end])
            kind = "pre" if fence == "```" else "code"
            entities.append({"type": kind, "offset": units(plain), "length": units(inside)})
            plain += inside
            at = end + len(fence)
        elif mark := next((mark for mark in _MARKS if text.startswith(mark, at)), ""):
            if open_marks and open_marks[-1][0] == mark:
                _, offset, _ = open_marks.pop()
                entities.append({"type": _MARKS[mark], "offset": offset, "length": units(plain) - offset})
            else:
                open_marks.append((mark, units(plain), here))
            at += len(mark)
        elif text[at] == "[":
            open_marks.append(("[", units(plain), here))
            at += 1
        elif text[at] == "]" and open_marks and open_marks[-1][0] == "[":
            _, offset, _ = open_marks.pop()
            link = re.compile(r"\]\(((?:[^()\\]|\\.)*)\)").match(text, at)
            if link:
                url = re.sub(r"\\(.)", r"\1", link.group(1))
                entities.append({"type": "text_link", "offset": offset, "length": units(plain) - offset, "url": url})
            at = link.end() if link else at + 1
        elif text[at] == ">" and (not plain or plain.endswith("\n")):
            at += 1
        elif text[at] in _RESERVED:
            raise Unparsable(f"Character '{text[at]}' is reserved and must be escaped with the preceding '\\'")
        else:
            plain += text[at]
            at += 1
    if open_marks:
        mark, _, here = open_marks[-1]
        raise Unparsable(f"Can't find end of {_MARKS.get(mark, 'TextUrl').title()} entity at byte offset {here}")
    return plain, sorted((entity for entity in entities if entity["length"]), key=lambda entity: entity["offset"])


def _old_markdown(text: str) -> tuple[str, list[Entity]]:
    plain, entities, at = "", [], 0
    kinds = {"*": "bold", "_": "italic", "`": "code"}
    while at < len(text):
        sign = text[at]
        if sign == "\\" and at + 1 < len(text) and text[at + 1] in "_*`[":
            plain += text[at + 1]
            at += 2
            continue
        link = re.compile(r"\[([^\]]*)\]\(([^)]*)\)").match(text, at)
        if sign in kinds:
            end = text.find(sign, at + 1)
            if end < 0:
                raise Unparsable(f"Can't find end of the entity starting at byte offset {len(text[:at].encode())}")
            entities.append({"type": kinds[sign], "offset": units(plain), "length": units(text[at + 1 : end])})
            plain += text[at + 1 : end]
            at = end + 1
        elif link:
            entities.append({"type": "text_link", "offset": units(plain), "length": units(link[1]), "url": link[2]})
            plain += link[1]
            at = link.end()
        elif sign == "[" and "]" not in text[at:]:
            raise Unparsable(f"Can't find end of the entity starting at byte offset {len(text[:at].encode())}")
        else:
            plain += sign
            at += 1
    return plain, [entity for entity in entities if entity["length"]]
