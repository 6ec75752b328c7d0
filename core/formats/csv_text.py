"""CSV files (RFC 4180) in which no text is run as a formula.

That holds whatever character separates the cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

UTF8_BOM = "\ufeff"  # without it spreadsheets read another encoding

# A spreadsheet runs a cell that begins so. Where `;` or a tab separates cells, as in Spanish Excel, a part of a
# cell is a cell of its own. Quotes between a separator and the formula are read as quotes around it.
_FORMULA_START = re.compile(r"""\A(?=[=+\-@\t\r\n])|(?<=[;,\t\r\n])(?="*[=+\-@])""")


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Write rows, the first of which has the names of the columns."""
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def spreadsheet_text(rows: Iterable[Iterable[Any]]) -> str:
    """Write the beginning of a file for spreadsheets, with the mark of its encoding."""
    return UTF8_BOM + csv_text(rows)


def safe_cell(value: Any) -> Any:
    """Put an apostrophe before each formula in a text. Numbers stay as they are."""
    return _FORMULA_START.sub("'", value) if isinstance(value, str) else value
