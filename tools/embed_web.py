#!/usr/bin/env python3
"""Writes the C file behind src/web/asset.h: embed_web.py OUTPUT.c FILE…

Files of web/templates/ become template sources, named without ".html"; those of web/static/ become assets: with a
name that holds a hash of their content, so that browsers may keep them for ever, and a copy compressed by gzip.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {'.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml',
         '.json': 'application/json'}


def c_array(data: bytes) -> str:
    # Numbers and not a string literal: ISO C allows literals of 4095 bytes only.
    lines = [','.join(map(str, data[start:start + 32])) for start in range(0, len(data), 32)]
    return '{' + ',\n'.join(lines or ['0']) + '}'


def main(output: str, paths: list[str]) -> None:
    arrays, templates, assets = [], [], []

    def add(data: bytes) -> str:
        arrays.append(f'static const unsigned char file_{len(arrays)}[] = {c_array(data)};\n')
        return f'file_{len(arrays) - 1}'

    for path in sorted(map(pathlib.Path, paths)):
        data = path.read_bytes()
        if path.suffix == '.html':
            templates.append(f'    {{"{path.stem}", (const char *){add(data)}, {len(data)}}},')
            continue
        digest = hashlib.sha256(data).hexdigest()[:16]
        packed = gzip.compress(data, 9, mtime=0)
        assets.append(f'    {{"{path.name}", "/static/{path.stem}.{digest}{path.suffix}", "{TYPES[path.suffix]}", '
                      f'"\\"{digest}\\"", {add(data)}, {len(data)}, {add(packed)}, {len(packed)}}},')

    out = ['/* Written by tools/embed_web.py. */', '#include "web/asset.h"\n', *arrays]
    out += ['const struct template_source web_templates[] = {', *templates, '};']
    out += ['const size_t web_template_count = sizeof web_templates / sizeof web_templates[0];\n']
    out += ['const struct asset web_assets[] = {', *assets, '};']
    out += ['const size_t web_asset_count = sizeof web_assets / sizeof web_assets[0];']
    pathlib.Path(output).write_text('\n'.join(out) + '\n')


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
