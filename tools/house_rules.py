"""The rules of the house that no other tool knows. Each yields (path, line, what is wrong); RULES has their reasons.

A tree is a dict {path relative to the root: text}, so that a test can plant a fault without writing files.
"""
import ast
import pathlib
import re

SKIPPED = {'.git', '__pycache__', 'node_modules'}  # .git is a file where the checkout is a worktree
FILE_LINES = 700
FUNCTION_LINES = 80

C_TOKEN = re.compile(r'(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.S)


def read_tree(root):
    """All text of the repository; what git ignores (build directories) is left out."""
    tree = {}
    todo = [pathlib.Path(root)]
    while todo:
        for path in sorted(todo.pop().iterdir()):
            top = path.parent == pathlib.Path(root)
            if path.is_dir() and not path.is_symlink():
                if path.name not in SKIPPED and not (top and re.match(r'build(-|$)', path.name)):
                    todo.append(path)
            elif path.is_file() and path.name not in SKIPPED:
                # latin-1 reads any bytes; that is enough to find words and count lines, also in a fuzz corpus
                text = path.read_bytes()
                try:
                    tree[str(path.relative_to(root))] = text.decode()
                except UnicodeDecodeError:
                    tree[str(path.relative_to(root))] = text.decode('latin-1')
    return tree


def blank(text, *kinds):
    """C source with comments and/or strings turned into spaces, so that lines and columns stay where they are."""
    def replace(match):
        return re.sub(r'[^\n]', ' ', match[0]) if match.lastgroup in kinds else match[0]
    return C_TOKEN.sub(replace, text)


def code_lines(text):
    """(line number, line) of C code without comments and strings."""
    return enumerate(blank(text, 'comment', 'string').split('\n'), 1)


def literals(text):
    """(line number, string literal) of C code; literals that the compiler joins are joined."""
    joined = re.compile(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*')
    text = blank(text, 'comment')
    for match in joined.finditer(text):
        yield text.count('\n', 0, match.start()) + 1, re.sub(r'"\s*"', '', match[0])


def c_files(tree, *folders):
    return [(path, text) for path, text in sorted(tree.items())
            if path.endswith(('.c', '.h')) and path.startswith(folders or ('src/', 'tests/'))]


def floor_table(tree):
    """{floor: the floors it may include, itself among them}."""
    table = {}
    for line in tree['tools/floors.txt'].splitlines():
        if line and not line.startswith('#'):
            floor, below = line.split(':')
            table[floor] = {floor, *below.split()}
    return table


def floors(tree):
    table = floor_table(tree)
    for path, text in c_files(tree, 'src/', 'tests/unit/'):
        parts = path.removeprefix('tests/unit/').removeprefix('src/').split('/')
        floor = parts[0] if len(parts) > 1 else None  # None: src/main.c, which stands on all of them
        if floor is not None and floor not in table:
            yield path, 1, f'"{floor}" is no floor of tools/floors.txt'
            continue
        for number, line in enumerate(blank(text, 'comment').split('\n'), 1):
            match = re.match(r'\s*#\s*include\s*"([^"]*)"', line)
            if match:
                target = match[1].split('/')[0]
                if path.startswith('tests/') and f'{path.rpartition("/")[0]}/{match[1]}' in tree:
                    continue  # what the tests of a floor share
                if target not in table or '..' in match[1]:
                    yield path, number, f'"{match[1]}" is not written as "floor/file.h"'
                elif floor is not None and target not in table[floor]:
                    yield path, number, f'{floor} includes "{match[1]}"; it may include {" ".join(sorted(table[floor]))}'
            if re.match(r'\s*#\s*include\s*<(sqlite3|mysql)\.h>', line) and floor != 'db':
                yield path, number, 'a driver of the database; only db may know it'


def file_length(tree):
    for path, text in sorted(tree.items()):
        lines = text.count('\n')
        if path.endswith(('.c', '.h', '.py', '.js', '.css', '.html', '.sh', 'meson.build')) and lines > FILE_LINES:
            yield path, lines, f'{lines} lines'


def function_length(tree):
    for path, text in sorted(tree.items()):
        found = ()
        if path.endswith(('.c', '.h')):
            found = c_functions(text)
        elif path.endswith('.py') and is_python(text):
            found = ((node.name, node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
                     if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        for name, first, last in found:
            if last - first + 1 > FUNCTION_LINES:
                yield path, first, f'{name} has {last - first + 1} lines'


def c_functions(text):
    """(name, first line, last line) of each function: its brace stands alone in the first column."""
    lines = blank(text, 'comment', 'string').split('\n')
    for number, line in enumerate(lines):
        if line.rstrip() != '{':
            continue
        first = number
        while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((';', '}')) \
                and not lines[first - 1].startswith('#'):
            first -= 1
        last = next((n for n in range(number, len(lines)) if lines[n].startswith('}')), len(lines) - 1)
        name = re.search(r'(\w+)\s*\(', ' '.join(lines[first:number]))
        yield name[1] if name else '?', first + 1, last + 1


def sql(tree):
    statement = re.compile(r'\b(SELECT|INSERT INTO|INSERT OR|REPLACE INTO|UPDATE|DELETE FROM|CREATE TABLE|DROP TABLE)\b')
    for path, text in c_files(tree, 'src/'):
        if not path.startswith(('src/store/', 'src/db/')):
            for number, literal in literals(text):
                if statement.search(literal):
                    yield path, number, f'SQL: {literal[:60]}'


BANNED = {
    'strcpy strcat strncpy sprintf vsprintf gets alloca': 'knows no bounds; use buf or arena_printf',
    'strtok': 'keeps state and writes into its input; use base/text.h',
    'atoi atol atoll atof': 'cannot tell an error from a number; use base/parse.h',
    'gmtime localtime': 'gives static memory and one time zone for the process; use base/when.h',
    'system popen': 'runs a shell; use sys/spawn.h with an argv',
    'mktemp': 'can be raced; use O_TMPFILE or mkostemp',
    'signal': 'differs between systems; use sigaction',
}


def banned(tree):
    reasons = {name: reason for names, reason in BANNED.items() for name in names.split()}
    call = re.compile(r'(?<![\w.>])(' + '|'.join(reasons) + r')\s*\(')
    for path, text in c_files(tree):
        for number, line in code_lines(text):
            for match in call.finditer(line):
                yield path, number, f'{match[1]}() {reasons[match[1]]}'


def crash_comment(tree):
    call = re.compile(r'\b(rename|renameat|renameat2|unlink|unlinkat|rmdir|fs_rename\w*|fs_unlink\w*|fs_remove\w*|rmtree\w*)\s*\(')
    for path, text in c_files(tree, 'src/'):
        if path.startswith('src/sys/') or path.endswith('.h'):
            continue
        comments = blank(text, 'string').split('\n')
        for number, line in code_lines(text):
            match = call.search(line)
            # What starts in the first column is the definition of a function, not a call.
            if match and line[:1].isspace():
                if 'If we die here' not in '\n'.join(comments[max(number - 7, 0):number]):
                    yield path, number, f'{match[1]}() without a comment "If we die here: …" in the 6 lines above'


# Written so that the patterns do not match themselves.
FORBIDDEN = [
    (r'(?<![\w.-])/wor[k]/', 'a path of a machine where it is developed'),
    (r'(?i)sub-?agen[t]s?\b', 'a word about how it is developed'),
    (r'(?i)(?<!\w)issue [#]?[0-9]', 'a number that means nothing to a reader of this repository'),
    (r'deb\.debian\.or[g]|registry\.npmjs\.or[g]|pypi\.or[g]', 'the name of a package registry'),
]


def forbidden(tree):
    for path, text in sorted(tree.items()):
        for pattern, reason in FORBIDDEN:
            for match in re.finditer(pattern, text):
                yield path, text.count('\n', 0, match.start()) + 1, f'"{match[0]}" is {reason}'


def file_names(tree):
    empty_words = {'util', 'utils', 'misc', 'common', 'helper', 'helpers', 'handy', 'stuff', 'tmp', 'temp'}
    for path in sorted(tree):
        for word in empty_words & set(re.split(r'[/_.-]', path.lower())):
            yield path, 1, f'"{word}" does not say what lives there'


def first_comment(tree):
    for path, text in sorted(tree.items()):
        if path.endswith(('.c', '.h')) and not text.startswith(('/*', '//')):
            yield path, 1, 'does not start with a comment that says what lives there'
        if path.endswith('.py') and text.strip() and is_python(text) and not ast.get_docstring(ast.parse(text)):
            yield path, 1, 'does not start with a docstring that says what lives there'


def listed(tree):
    for path in sorted(tree):
        match = re.fullmatch(r'src/(\w+)/(\w+\.c)|tests/unit/\w+/test_(\w+)\.c|tests/fuzz/fuzz_(\w+)\.c|sql/(\w+/\w+\.sql)', path)
        if match:
            folder = 'sql' if path.startswith('sql/') else path.rpartition('/')[0]
            name = next(group for group in match.groups()[1:] if group)
            if not re.search(rf"['/]{re.escape(name)}'", tree.get(f'{folder}/meson.build', '')):
                yield path, 1, f'is not listed in {folder}/meson.build, so it is never built'


def is_python(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def python_syntax(tree):
    for path, text in sorted(tree.items()):
        if path.endswith('.py'):
            try:
                compile(text, path, 'exec')
            except SyntaxError as error:
                yield path, error.lineno or 1, error.msg


RULES = [
    (floors, 'Data flows one way: a floor includes only what tools/floors.txt allows it.'),
    (file_length, f'A file of more than {FILE_LINES} lines is two files.'),
    (function_length, f'A function of more than {FUNCTION_LINES} lines is two functions.'),
    (sql, 'Every statement lives in src/store, src/db or sql/, where the second database will look for it.'),
    (banned, 'There is a safer way, and one way to do each thing.'),
    (crash_comment, 'Every rename and unlink says what is on disk if the process dies there; the fault tests follow these comments.'),
    (forbidden, 'The project speaks of itself alone.'),
    (file_names, 'A newcomer reads the names and knows the architecture.'),
    (first_comment, 'Every file says what lives there.'),
    (listed, 'A source that is not built is not tested.'),
    (python_syntax, 'Python that does not parse.'),
]
