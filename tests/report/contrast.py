#!/usr/bin/env python3
"""Every colour of text in the report's page keeps a contrast of 4.5:1 on every ground that it stands on, and every
line of a chart 3:1 (WCAG 2.1, success criteria 1.4.3 and 1.4.11), in the light and the dark scheme and on paper.

usage: contrast.py STYLE.css…
"""
import pathlib
import re
import sys

GROUNDS = ["ground", "sheet", "sunk"]
PAIRS = [(text, ground, 4.5) for text in ("text", "muted", "link", "bad") for ground in GROUNDS]
PAIRS += [(text, "sheet", 4.5) for text in ("warn", "good", "chosen")]
PAIRS += [(f"{kind}", f"{kind}-ground", 4.5) for kind in ("bad", "warn", "good")]
PAIRS += [(text, f"{kind}-ground", 4.5) for text in ("text", "link") for kind in ("warn", "good")]
PAIRS += [("other", "sheet", 3.0)]


def schemes(style):
    """The colours of each :root block, laid over those of the first."""
    blocks = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\s*;", block))
              for block in re.findall(r":root\s*{(.*?)}", style, re.S)]
    return [{**blocks[0], **block} for block in blocks]


def luminance(colour):
    """Relative luminance of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
              for value in (int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def main():
    found = schemes("".join(pathlib.Path(path).read_text(encoding="utf-8") for path in sys.argv[1:]))
    assert len(found) == 3, f"{len(found)} schemes instead of light, dark and paper"
    failed = 0
    for name, scheme in zip(("light", "dark", "paper"), found):
        for text, ground, wanted in PAIRS:
            ratio = contrast(scheme[text], scheme[ground])
            if ratio < wanted:
                failed += 1
                print(f"FAILED {name}: {text} on {ground} is {ratio:.2f}:1, below {wanted}:1")
    print(f"{3 * len(PAIRS) - failed} of {3 * len(PAIRS)} pairs keep their contrast")
    return 1 if failed else 0


sys.exit(main())
