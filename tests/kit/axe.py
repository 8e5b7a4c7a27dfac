"""axe-core in a page of kit.screen: what it finds against WCAG 2.0 to 2.2, A and AA, and best practice."""

import functools
import os

PATH = os.path.join(os.path.dirname(__file__), "..", "..", "build-asan", "axe", "node_modules", "axe-core", "axe.min.js")


def reason_to_skip():
    """Why there is no axe-core here, or None."""
    return None if os.path.exists(PATH) else "axe-core is not installed: tools/axe build-asan/axe"


@functools.cache
def source():
    with open(PATH, encoding="utf-8") as file:
        return file.read()


def violations(screen):
    """Of the page that is shown: [(rule, help, first places)]."""
    screen.run("if (!window.axe) { " + source() + "\n }")
    found = screen.run_async(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a',"
        " 'wcag21aa', 'wcag22aa', 'best-practice']}})"
        ".then(r => done(r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])),"
        " e => done([['axe', String(e), []]]));")
    return [tuple(item) for item in found]
