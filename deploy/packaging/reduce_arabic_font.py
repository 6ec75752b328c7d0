"""Writer of the poster's Arabic fonts from Debian's fonts-noto-core.

Usage: `python reduce_arabic_font.py /usr/share/fonts/truetype/noto`.

Noto Sans Arabic draws lam and alef as one glyph of two letters, which PDF readers copy in the wrong order. So the
glyph becomes that of lam, and the alef after it an empty glyph beside it: each letter has a glyph of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.otlLib.builder import buildCoverage, buildLookup, buildSingleSubstSubtable
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import Glyph

FOLDER = Path(__file__).parents[2] / "offices" / "fonts"
# Arabic with the letters of Persian, punctuation that both scripts have, and invisible marks of direction
CHARACTERS = "20-21 2C-2E 3A A0 AB BB 600-671 67E 686 698 6A4 6A9 6AF 6C0-6C3 6CC 6D4 6F0-6F9 200C-200F 2010"
ALEF_WIDTH = 10  # of 1,000; PDFium drops letters without a width
# Places in the tables of version 2.005
LIGATURES, MARKS_OF_BASES, MARKS_OF_LIGATURES = 6, 3, 4


def reduce_font(source: Path, target: Path) -> None:
    """Write the letters that posters need, without hints."""
    options = subset.Options(hinting=False, drop_tables=["DSIG"], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(CHARACTERS))
    subsetter.subset(font)
    split_lam_alef(font)
    font.save(str(target))


def split_lam_alef(font: TTFont) -> None:
    """Draw lam and alef, with marks or without, by two glyphs."""
    lookups = font["GSUB"].table.LookupList.Lookup
    shapes = _take_shapes(lookups[LIGATURES].SubTable[0].ligatures)
    beside = {alef: f"{alef}.beside" for alef in shapes}
    for name in beside.values():
        font["glyf"][name] = Glyph()
        font["hmtx"][name] = (ALEF_WIDTH, 0)
    font.setGlyphOrder(list(dict.fromkeys([*font.getGlyphOrder(), *beside.values()])))
    ids = font.getReverseGlyphMap(rebuild=True)
    drawn = sorted({shape for lams in shapes.values() for shape in lams.values()}, key=ids.__getitem__)
    font["GDEF"].table.GlyphClassDef.classDefs.update(dict.fromkeys([*drawn, *beside.values()], 1))

    def add(*subtables: Any) -> int:
        lookups.append(buildLookup(list(subtables), lookups[LIGATURES].LookupFlag))
        return len(lookups) - 1

    lams_first = add(
        *(_rule([], lams, [alef], add(buildSingleSubstSubtable(lams)), ids) for alef, lams in shapes.items())
    )
    then_alefs = add(_rule(drawn, beside, [], add(buildSingleSubstSubtable(beside)), ids))
    for record in font["GSUB"].table.FeatureList.FeatureRecord:
        if record.FeatureTag == "rlig":
            record.Feature.LookupListIndex += [lams_first, then_alefs]
    _move_marks(font["GPOS"].table.LookupList.Lookup, shapes, beside, ids)


def _take_shapes(ligatures: Mapping[str, list[Any]]) -> dict[str, dict[str, str]]:
    """Remove the ligatures of two letters. Return their glyphs by alef, then by lam."""
    shapes: dict[str, dict[str, str]] = {}
    for lam, found in ligatures.items():
        for ligature in [each for each in found if len(each.Component) == 1]:
            found.remove(ligature)
            shapes.setdefault(ligature.Component[0], {})[lam] = ligature.LigGlyph
    return shapes


def _rule(
    before: Iterable[str], targets: Iterable[str], after: Iterable[str], lookup: int, ids: Mapping[str, int]
) -> otTables.ChainContextSubst:
    """Return the rule that applies a lookup to letters between others."""
    rule = otTables.ChainContextSubst()
    rule.Format = 3
    for kind, glyphs in (("Backtrack", before), ("Input", targets), ("LookAhead", after)):
        coverages = [buildCoverage(list(glyphs), ids)] if glyphs else []
        setattr(rule, f"{kind}Coverage", coverages)
        setattr(rule, f"{kind}GlyphCount", len(coverages))
    record = otTables.SubstLookupRecord()
    record.SequenceIndex, record.LookupListIndex = 0, lookup
    rule.SubstLookupRecord, rule.SubstCount = [record], 1
    return rule


def _move_marks(
    lookups: list[Any],
    shapes: Mapping[str, Mapping[str, str]],
    beside: Mapping[str, str],
    ids: Mapping[str, int],
) -> None:
    """Put marks of a ligature's letters on the two glyphs."""
    bases, ligatures = lookups[MARKS_OF_BASES].SubTable[0], lookups[MARKS_OF_LIGATURES].SubTable[0]
    attached = dict(zip(ligatures.LigatureCoverage.glyphs, ligatures.LigatureArray.LigatureAttach, strict=True))
    records = dict(zip(bases.BaseCoverage.glyphs, bases.BaseArray.BaseRecord, strict=True))
    for alef, lams in shapes.items():
        for shape in lams.values():
            parts = attached.pop(shape).ComponentRecord
            for glyph, part in ((shape, parts[0]), (beside[alef], parts[-1])):
                records[glyph] = otTables.BaseRecord()
                records[glyph].BaseAnchor = part.LigatureAnchor
    glyphs = sorted(records, key=ids.__getitem__)
    bases.BaseCoverage = buildCoverage(glyphs, ids)
    bases.BaseArray.BaseRecord = [records[glyph] for glyph in glyphs]
    bases.BaseArray.BaseCount = len(glyphs)
    ligatures.LigatureCoverage = buildCoverage(list(attached), ids)
    ligatures.LigatureArray.LigatureAttach = list(attached.values())
    ligatures.LigatureArray.LigatureCount = len(attached)


if __name__ == "__main__":
    for weight in ("Regular", "Bold"):
        reduce_font(Path(sys.argv[1]) / f"NotoSansArabic-{weight}.ttf", FOLDER / f"NotoSansArabic-{weight}.ttf")
