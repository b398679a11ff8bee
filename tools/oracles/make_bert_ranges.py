#!/usr/bin/env python3
"""Prints worker/extractor/bert_ranges.hpp: what the Rust code of Hugging Face's tokenizers takes each character for.

Found out by asking it about every character: its tables are those of Unicode 8 (categories), 9 (decomposition) and of
its compiler (spaces, lower case), which no library on a machine need agree with.
"""
import subprocess
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

HEADER = """\
// What the tokenizers library (Rust) {version} takes characters for, as ranges of code points. Made by
// tools/oracles/make_bert_ranges.py.
//
// Threads: constants.
#pragma once

namespace mer::extractor::bert {{

struct Range {{
  char32_t first, last;
}};

struct Valued {{
  char32_t first, last, value;
}};

// clang-format off
"""


def option(**on: bool) -> normalizers.BertNormalizer:
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**(off | on))


CLEAN, CHINESE, STRIP, LOWER = (option(clean_text=True), option(handle_chinese_chars=True), option(strip_accents=True),
                                option(lowercase=True))
NFD, WORDS = normalizers.NFD(), pre_tokenizers.BertPreTokenizer()
CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def ranges(belongs) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for character in filter(belongs, CHARACTERS):
        code = ord(character)
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def ranges_to(value_of, step: int) -> list[tuple[int, int, int]]:
    """Of characters with a value that is not None; it grows by `step` from each to the next one of a range."""
    found: list[tuple[int, int, int]] = []
    for character in CHARACTERS:
        value, code = value_of(character), ord(character)
        if value is None:
            continue
        if found and found[-1][1] == code - 1 and value == found[-1][2] + step * (code - found[-1][0]):
            found[-1] = (found[-1][0], code, found[-1][2])
        else:
            found.append((code, code, value))
    return found


def newer_lower(character: str) -> int | None:
    lower = LOWER.normalize_str(character)
    return ord(lower) if lower not in (character.lower(), "i\u0307") else None


def class_of_kept(character: str) -> int | None:
    """The combining class of a mark that is no accent: marks of other classes around it change places with it."""
    text = "\u0345" + character + "\u0334"
    kept = STRIP.normalize_str(character) != "" and NFD.normalize_str(text) != text
    return (unicodedata.combining(character) or None) if kept else None


def table(comment: str, kind: str, name: str, rows: list[tuple[int, ...]]) -> str:
    lines, line = [], "   "
    for row in rows:
        item = " {" + ", ".join(f"0x{value:X}" for value in row) + "},"
        if len(line) + len(item) > 118:
            lines.append(line)
            line = "   "
        line += item
    return f"// {comment}\ninline constexpr {kind} {name}[] = {{\n" + "\n".join(lines + [line]) + "\n};\n"


def main() -> None:
    print(HEADER.format(version=tokenizers.__version__), end="")
    print(table("Left out: control and format characters, private ones, U+0000 and U+FFFD.", "Range", "kLeftOut",
                ranges(lambda c: CLEAN.normalize_str(c) == "")))
    print(table("Between words.", "Range", "kSpaces",
                ranges(lambda c: [w for w, _ in WORDS.pre_tokenize_str(f"a{c}b")] == ["a", "b"])))
    print(table("A word each.", "Range", "kPunctuation",
                ranges(lambda c: [w for w, _ in WORDS.pre_tokenize_str(f"a{c}b")] == ["a", c, "b"])))
    print(table("Put between spaces.", "Range", "kChinese", ranges(lambda c: CHINESE.normalize_str(c) == f" {c} ")))
    print(table("Accents that are stripped.", "Range", "kAccents", ranges(lambda c: STRIP.normalize_str(c) == "")))
    print(table("The combining classes of marks that are no accents.", "Valued", "kClasses", ranges_to(class_of_kept, 0)))
    print(table("Decompositions that are newer.", "Range", "kWhole",
                ranges(lambda c: NFD.normalize_str(c) == c != unicodedata.normalize("NFD", c))))
    print(table(f"Lower case that Unicode {unicodedata.unidata_version} does not know: of the first, and so on.", "Valued",
                "kNewLower", ranges_to(newer_lower, 1)))
    print("// clang-format on\n\n}  // namespace mer::extractor::bert")


if __name__ == "__main__":
    main()
