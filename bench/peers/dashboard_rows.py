"""Makes many runs of a few in a peer's database: what the peer's own client takes half an hour for. Its rows, copied."""
import sqlite3


def multiply(database: str, tables: list[str], times: int, new: dict[str, str], own: set[str]) -> None:
    """The database has `times` as many rows in `tables`. `new`: of copy {k}, the SQL of a column that tells runs apart.
    `own`: columns that SQLite numbers itself."""
    with sqlite3.connect(database) as connection:
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in own]
            last = connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0]
            for k in range(1, times):
                values = ", ".join(new.get(column, column).format(k=k) for column in columns)
                connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE rowid <= ?",
                                   (last,))
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("ANALYZE")
