"""A connection to a MariaDB database with as much of the manner of Python's sqlite3 as tests need. libmariadb by ctypes."""

import ctypes
import re

CHARSET_NAME, FOUND_ROWS, MULTI_STATEMENTS = 7, 2, 1 << 16
NUMBERS = {1, 2, 3, 8, 9}  # MYSQL_TYPE_TINY, SHORT, LONG, LONGLONG, INT24
DECIMAL = 246
BINARY = 63  # the charset of bytes
SESSION = ("SET sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES', time_zone = '+00:00'",
           "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin")


class Field(ctypes.Structure):
    """MYSQL_FIELD"""

    _fields_ = [*[(name, ctypes.c_char_p) for name in ("name", "org_name", "table", "org_table", "db", "catalog", "default")],
                ("length", ctypes.c_ulong), ("max_length", ctypes.c_ulong),
                *[(f"size_{number}", ctypes.c_uint) for number in range(7)],
                ("flags", ctypes.c_uint), ("decimals", ctypes.c_uint), ("charset", ctypes.c_uint),
                ("type", ctypes.c_int), ("extension", ctypes.c_void_p)]


def library():
    lib = ctypes.CDLL("libmariadb.so.3")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong
    for name, result, arguments in (
            ("mysql_init", pointer, [pointer]), ("mysql_close", None, [pointer]), ("mysql_error", text, [pointer]),
            ("mysql_options", ctypes.c_int, [pointer, ctypes.c_int, text]),
            ("mysql_real_connect", pointer, [pointer, text, text, text, text, ctypes.c_uint, text, number]),
            ("mysql_real_query", ctypes.c_int, [pointer, text, number]), ("mysql_store_result", pointer, [pointer]),
            ("mysql_num_fields", ctypes.c_uint, [pointer]), ("mysql_fetch_fields", ctypes.POINTER(Field), [pointer]),
            ("mysql_fetch_row", ctypes.POINTER(pointer), [pointer]),
            ("mysql_fetch_lengths", ctypes.POINTER(number), [pointer]), ("mysql_free_result", None, [pointer]),
            ("mysql_insert_id", ctypes.c_ulonglong, [pointer]), ("mysql_affected_rows", ctypes.c_ulonglong, [pointer])):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class Error(Exception):
    """What the server has said."""


class Row(tuple):
    """A row that is also asked by the names of its columns."""

    names = ()

    def __getitem__(self, key):
        return tuple.__getitem__(self, self.names.index(key) if isinstance(key, str) else key)

    def keys(self):
        return self.names


class Cursor:
    def __init__(self, rows, lastrowid=None, rowcount=-1):
        self.rows, self.lastrowid, self.rowcount = iter(rows), lastrowid, rowcount

    def __iter__(self):
        return self.rows

    def fetchall(self):
        return list(self.rows)

    def fetchone(self):
        return next(self.rows, None)


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return repr(int(value) if isinstance(value, bool) else value)
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return "'" + value.replace("'", "''") + "'"


def bound(sql, values):
    """The statement with its values in place of each "?" or "?2", and our reserved name quoted."""
    used = 0

    def place(match):
        nonlocal used
        if match[0] == "purge":
            return '"purge"'
        if match[0][0] in "'\"":
            return match[0]
        used = int(match[1]) if match[1] else used + 1
        return literal(values[used - 1])

    return re.sub(r"'[^']*'|\"[^\"]*\"|\?(\d*)|\bpurge\b", place, sql)


class Link:
    """Every statement is committed by itself unless BEGIN was one; `with` does nothing more."""

    def __init__(self, database, socket):
        self.lib = library()
        self.handle = self.lib.mysql_init(None)
        self.lib.mysql_options(self.handle, CHARSET_NAME, b"utf8mb4")
        if not self.lib.mysql_real_connect(self.handle, b"localhost", b"root", None, database.encode(), 0,
                                           socket.encode(), FOUND_ROWS):
            raise Error(self.lib.mysql_error(self.handle).decode())
        self.row_factory = None
        for statement in SESSION:
            self.execute(statement)

    def execute(self, sql, values=()):
        if sql.startswith("PRAGMA "):
            return Cursor([])
        text = bound(sql.replace("BEGIN IMMEDIATE", "BEGIN"), values).encode()
        if self.lib.mysql_real_query(self.handle, text, len(text)):
            raise Error(f"{self.lib.mysql_error(self.handle).decode()}: {sql}")
        result = self.lib.mysql_store_result(self.handle)
        if not result:
            return Cursor([], self.lib.mysql_insert_id(self.handle), self.lib.mysql_affected_rows(self.handle))
        fields = self.lib.mysql_fetch_fields(result)
        fields = [(fields[n].name.decode(), fields[n].type, fields[n].charset)
                  for n in range(self.lib.mysql_num_fields(result))]
        rows = list(self._rows(result, fields))
        self.lib.mysql_free_result(result)
        return Cursor(rows)

    def _rows(self, result, fields):
        kind = type("NamedRow", (Row,), {"names": [name for name, _, _ in fields]})
        while row := self.lib.mysql_fetch_row(result):
            sizes = self.lib.mysql_fetch_lengths(result)
            yield kind(self._value(row[n], sizes[n], *fields[n][1:]) for n in range(len(fields)))

    @staticmethod
    def _value(place, size, kind, charset):
        if place is None:
            return None
        data = ctypes.string_at(place, size)
        if kind in NUMBERS or kind == DECIMAL:
            return int(data)
        return data if charset == BINARY else data.decode()

    def executemany(self, sql, rows):
        for values in rows:
            self.execute(sql, values)

    def executescript(self, script):
        for statement in filter(None, map(str.strip, script.split(";"))):
            self.execute(statement)

    def iterdump(self):
        """A line for each row of every table, as sqlite3 writes it."""
        tables = self.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                              "table_name <> 'writer_turn' ORDER BY table_name").fetchall()
        for table, in tables:
            for row in self.execute(f'SELECT * FROM "{table}"'):
                yield f'INSERT INTO "{table}" VALUES({",".join(map(literal, row))});'

    def commit(self):
        self.execute("COMMIT")

    def close(self):
        if self.handle:
            self.lib.mysql_close(self.handle)
        self.handle = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.execute("ROLLBACK" if kind else "COMMIT")
