"""Numerals as printed: Arabic ones, with their separators, and Chinese ones."""

from __future__ import annotations

import re

#: An Arabic numeral: digits, thousands separated or not, with decimals or not.
ARABIC = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?")

#: A Chinese numeral as it stands before a measure word.
CHINESE = re.compile(r"[一二两三四五六七八九十百千]+(?:万|亿)?")

_DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_POWERS = {"十": 10, "百": 100, "千": 1000}
_GROUPS = {"万": 10_000, "亿": 100_000_000}


def plain(printed: str) -> str:
    """Return a numeral without thousands separators, otherwise as printed."""
    return printed.replace(",", "")


def chinese_value(printed: str) -> str | None:
    """Return a Chinese numeral's value as digits, or None where the characters form no number (百千)."""
    total = group = digit = 0
    for character in printed:
        if character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[character]
        elif character in _POWERS:
            if not digit and (group or character != "十"):
                return None
            group, digit = group + (digit or 1) * _POWERS[character], 0
        else:
            total, group, digit = total + (group + digit) * _GROUPS[character], 0, 0
    return str(total + group + digit) if total + group + digit else None
