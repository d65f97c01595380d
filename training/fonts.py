"""The handwriting of the month page: a small font with all common Hangul, cut from Gaegu.

    fetch and unpack the JavaScript package @fontsource/gaegu      # OFL-1.1
    python training/fonts.py package core/painting/fonts              # needs fonttools and brotli

Gaegu (The Gaegu Project Authors, 2018) stands under the SIL Open Font License 1.1; a changed font gets
another name, so this one is "Emoseum Hand", and its licence lies beside it.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

NAME = "Emoseum Hand"
WEIGHT = 400


def wanted_characters() -> set[int]:
    """Code points of the 2,350 syllables of KS X 1001, single jamo, Latin, digits and punctuation."""
    hangul = {bytes((row, cell)).decode("euc-kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF)}
    plain = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x3131, 0x3164))}
    return {ord(char) for char in hangul | plain | set("‘’“”…·–—•→←♥♡★☆×")}


def build(package: Path, out: Path) -> Path:
    """Merge the Hangul and Latin files of the package, keep what is wanted, rename, and write a WOFF (zlib only: every FreeType reads it)."""
    parts = []
    for script in ("latin", "korean"):
        font = TTFont(package / "files" / f"gaegu-{script}-{WEIGHT}-normal.woff2")
        font.flavor = None
        for table in ("GSUB", "GPOS", "GDEF", "gasp", "fpgm", "prep", "cvt ", "vhea", "vmtx", "DSIG", "VORG"):
            if table in font:
                del font[table]
        part = io.BytesIO()
        font.save(part)
        part.seek(0)
        parts.append(part)
    merged = Merger().merge(parts)
    options = Options(hinting=False, glyph_names=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted_characters())
    subsetter.subset(merged)
    rename(merged)
    target = out / "EmoseumHand-Regular.woff"
    merged.flavor = "woff"
    merged.save(target)
    (out / "OFL.txt").write_text((package / "LICENSE").read_text())
    return target


def rename(font: TTFont) -> None:
    """Give the changed font its own name in every name record."""
    own = {1: NAME, 2: "Regular", 3: f"{NAME} Regular, a subset of Gaegu", 4: NAME, 6: "EmoseumHand-Regular"}
    for record in list(font["name"].names):
        if record.nameID in own:
            font["name"].setName(own[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the unpacked package")
    parser.add_argument("out", type=Path, help="the folder of the font")
    arguments = parser.parse_args()
    font_file = build(arguments.package, arguments.out)
    print(f"{font_file} {font_file.stat().st_size / 1024:.0f} KiB")
