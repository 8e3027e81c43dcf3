"""Cut the window's fonts from Noto Sans CJK SC.

``python packaging/make_fonts.py [FOLDER_OF_THE_TTC_FILES]`` writes ``resources/fonts/ZhianSans-*.otf``: Regular with
every hanzi of GBK (so that rare characters in names do not turn into boxes), Bold with those of GB2312 for headings.
The family is renamed, since a cut font is a modified version under the SIL Open Font License.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).resolve().parent.parent / "resources" / "fonts"
FACE, FAMILY = "Noto Sans CJK SC", "Zhian Sans"
# Latin, Greek, Cyrillic, punctuation, figures above and below the line, currency, letterlike signs, fractions, arrows,
# mathematics, enclosed figures, frames, shapes, dingbats, CJK punctuation, compatibility and full-width forms.
SIGNS = (
    (0x20, 0x17F), (0x1CD, 0x1DC), (0x2BC, 0x2DD), (0x391, 0x3C9), (0x410, 0x451), (0x2010, 0x2044), (0x2070, 0x209C),
    (0x20A0, 0x20BF), (0x2100, 0x218B), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x2500, 0x27BF),
    (0x3000, 0x303F), (0x3200, 0x33FF), (0xFE30, 0xFE4F), (0xFF01, 0xFFE6),
)  # fmt: skip


def hanzi(encoding: str) -> set[int]:
    """Return the ideographs that a double-byte encoding can write."""
    pairs = (bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF))
    texts = (pair.decode(encoding, "ignore") for pair in pairs)
    return {ord(text) for text in texts if len(text) == 1 and "\u3400" <= text <= "\u9fff"}


def cut(font: TTFont, characters: Iterable[int], style: str) -> TTFont:
    """Keep only ``characters`` of ``font`` and give it our family's name."""
    options = Options()
    options.layout_features = ["kern", "ccmp", "mark"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.notdef_outline = True
    options.hinting = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    _rename(font, style)
    return font


def _rename(font: TTFont, style: str) -> None:
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    names = {1: FAMILY, 2: style, 3: postscript, 4: f"{FAMILY} {style}", 6: postscript}
    table = font["name"]
    table.names = [name for name in table.names if name.langID == 0x409]
    for name_id, text in names.items():
        table.setName(text, name_id, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [postscript]
    top[0].FullName, top[0].FamilyName = f"{FAMILY} {style}", FAMILY


def main(source: Path) -> None:
    """Write both weights."""
    signs = {code for first, last in SIGNS for code in range(first, last + 1)}
    for style, encoding in (("Regular", "gbk"), ("Bold", "gb2312")):
        faces = TTCollection(source / f"NotoSansCJK-{style}.ttc", lazy=True).fonts
        font = next(face for face in faces if face["name"].getDebugName(1) == FACE)
        target = TARGET / f"ZhianSans-{style}.otf"
        cut(font, signs | hanzi(encoding), style).save(target)
        print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE)
