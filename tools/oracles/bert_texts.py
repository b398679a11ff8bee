"""Texts of many scripts and of none, for comparing tokenizers. Seeded: the same texts every time."""
import random

BLOCKS = [  # first, last
    (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58F),
    (0x591, 0x5F4), (0x600, 0x6FF), (0x700, 0x74F), (0x8A0, 0x8FF), (0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF),
    (0xC00, 0xD7F), (0xE01, 0xE5B), (0xF00, 0xFFF), (0x1000, 0x109F), (0x10A0, 0x10FF), (0x1100, 0x11FF),
    (0x1200, 0x137F), (0x13A0, 0x13FF), (0x1680, 0x169F), (0x1700, 0x17FF), (0x1800, 0x18AF), (0x1A80, 0x1AFF),
    (0x1B00, 0x1BFF), (0x1C80, 0x1CFF), (0x1D00, 0x1DFF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F),
    (0x2070, 0x20FF), (0x2100, 0x218F), (0x2190, 0x2BFF), (0x2C00, 0x2CFF), (0x2E00, 0x2E7F), (0x3000, 0x30FF),
    (0x3100, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA640, 0xA6FF), (0xA720, 0xA7FF), (0xA800, 0xABFF),
    (0xAC00, 0xD7A3), (0xE000, 0xE0FF), (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE00, 0xFE6F), (0xFEFF, 0xFFFD),
    (0x10000, 0x107FF), (0x10800, 0x10FFF), (0x11000, 0x11FFF), (0x16A00, 0x16FFF), (0x1BC00, 0x1BCAF),
    (0x1D100, 0x1D24F), (0x1D400, 0x1D7FF), (0x1E000, 0x1E95F), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF),
    (0x2A700, 0x2EBE0), (0x2F800, 0x2FA1F), (0xE0000, 0xE01EF), (0xF0000, 0xF00FF),
]
MARKS = [*range(0x300, 0x370), 0x591, 0x5B0, 0x64B, 0x670, 0x93C, 0x94D, 0xE38, 0x8D4, 0x8E0, 0x1DFB, 0x302E, 0x3099,
         0x1AC0, 0x1B44, 0x20D2, 0xFE20, 0x1D165, 0x1D16D, 0x11938, 0x16FF0, 0x1E001, 0x1E945, 0x1E94A]
INVISIBLE = [0x0, 0x1, 0x7, 0x9, 0xA, 0xB, 0xC, 0xD, 0x1C, 0x1F, 0x7F, 0x85, 0xA0, 0xAD, 0x180E, 0x200B, 0x200C, 0x200D,
             0x200E, 0x2028, 0x2029, 0x202E, 0x2060, 0x3000, 0xFE0F, 0xFEFF, 0xFFFC, 0xFFFD, 0xFFFF, 0xE0001, 0x10FFFF]
EMOJI = ["\U0001F600", "\U0001F44D\U0001F3FD", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\u2764\uFE0F",
         "\U0001F1E9\U0001F1EA", "1\uFE0F\u20E3", ":-)", "\U0001FAE0"]
SPECIAL = ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]", "[mask]", "[MASK", "[[SEP]]", "##ing", "a##b"]
FIXED = [
    "", " ", "\n", "\t\r\n", "...", "I don't know.", "Oh my god, oh my GOD!", "naïve café — Ünïcödé", "ÅNGSTRÖM Å Å",
    "İstanbul ISTANBUL ıI", "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ", "Привет, мир! Ёлка йод", "שָׁלוֹם עֲלֵיכֶם", "السَّلَامُ عَلَيْكُمْ", "नमस्ते दुनिया क़",
    "สวัสดีชาวโลก ก็", "你好，世界", "日本語のテキスト、ガギグ", "ｶﾞｷﾞ ﾊﾟ", "한국어 텍스트 각", "Tiếng Việt ở đây", "x² + ½ = ﬁne",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "a" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "a" * 1000, "the " * 520, "[SEP] " * 520,
    "no[MASK]space", "[CLS] hello [SEP]", "[cls]", "\u0301\u0301", "a \u0301 b", "\ufffd", "a\u0000b", "a\u200db", "¿Qué?",
    "don’t “quote” me", "$5.00 + 3% = 8€", "user@mail.example #tag", "under_score", "\u2581x", "e\u0316\u0301\u0334",
    "\u1e94a\u1e945", "\u0390 \u1fd3", "\u212b \u2126 \u212a", "\uf900\ufa0e\ufa0f", "\U0002f800 \U0002b820 \U0002ceb0",
]


def characters(rng: random.Random) -> str:
    first, last = rng.choice(BLOCKS)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 8)))


def anything(rng: random.Random) -> str:
    codes = (rng.randrange(0x110000 - 0x800) for _ in range(rng.randint(1, 6)))
    return "".join(chr(code if code < 0xD800 else code + 0x800) for code in codes)


def marked(rng: random.Random) -> str:
    return "".join(rng.choice("aeiouAEIOUnΑιк가か") + "".join(chr(rng.choice(MARKS)) for _ in range(rng.randint(0, 5)))
                   for _ in range(rng.randint(1, 4)))


def piece(rng: random.Random, words: list[str]) -> str:
    kinds = [characters, characters, anything, marked, lambda r: chr(r.choice(INVISIBLE)), lambda r: r.choice(EMOJI),
             lambda r: r.choice(words), lambda r: r.choice(words).title(), lambda r: r.choice(words) + r.choice(words),
             lambda r: r.choice(".,;:!?-'\"()…–’") * r.randint(1, 3)]
    if rng.random() < 0.02:
        return rng.choice(SPECIAL)
    if rng.random() < 0.005:
        return rng.choice(words)[:3] * rng.randint(20, 60)
    return rng.choice(kinds)(rng)


def texts(count: int, words: list[str], seed: int = 0) -> list[str]:
    """The fixed ones first; `words` are of the vocabulary, so that not everything is unknown."""
    rng = random.Random(seed)
    made = list(FIXED)
    while len(made) < count:
        made.append("".join(piece(rng, words) + rng.choice(["", "", " ", " ", "  "]) for _ in range(rng.randint(0, 12))))
    return made[:count]


def transcripts(count: int, words: list[str], seed: int = 0) -> list[str]:
    """Turns of a dialogue: of 1 to 60 words, half of them under 11."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(words, k=min(60, 1 + int(rng.expovariate(1 / 14))))).capitalize() + rng.choice(".?!")
            for _ in range(count)]
