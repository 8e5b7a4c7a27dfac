#!/usr/bin/env python3
"""Writes the C file behind src/db/embedded.h: embed.py OUTPUT.c FILE…

The name of a file in the table is its path below the folder sql/.
"""
import pathlib
import sys


def c_array(data: bytes) -> str:
    # Numbers and not a string literal: ISO C allows literals of 4095 bytes only. Signed, because char is.
    numbers = [str(byte - 256 if byte > 127 else byte) for byte in data + b'\0']
    lines = [','.join(numbers[start:start + 32]) for start in range(0, len(numbers), 32)]
    return '{' + ',\n'.join(lines) + '}'


def main(output: str, paths: list[str]) -> None:
    files = {}
    for path in map(pathlib.Path, paths):
        data = path.read_bytes()
        if b'\0' in data:
            sys.exit(f'{path}: holds a NUL byte and cannot be embedded as text')
        parts = path.resolve().parts
        files['/'.join(parts[len(parts) - parts[::-1].index('sql'):])] = data

    out = ['#include "db/embedded.h"\n']
    for number, name in enumerate(sorted(files)):
        out.append(f'static const char file_{number}[] = {c_array(files[name])};\n')
    out.append('const struct embedded embedded_sql[] = {')
    for number, name in enumerate(sorted(files)):
        out.append(f'    {{"{name}", file_{number}, sizeof file_{number} - 1}},')
    out.append('};\n')
    out.append('const size_t embedded_sql_count = sizeof embedded_sql / sizeof embedded_sql[0];')
    pathlib.Path(output).write_text('\n'.join(out) + '\n')


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
