"""Lines that are not reached against the reasons that unreached.json gives: {page: {reason: [line, ...]}}.

A line is named by its text, so that it may move; a text that is unreached twice in a page is listed twice. A reason
"level v4: ..." counts only where no kernels of this level ran.
"""
import json
from collections import Counter
from pathlib import Path

REASONS = Path(__file__).with_name('unreached.json')


def excused(reasons):
    """{(page, text): [reason, ...]}, a reason for each time."""
    found = {}
    for page, of_page in reasons.items():
        for reason, texts in of_page.items():
            for text in texts:
                found.setdefault((page, text), []).append(reason)
    return found


def that_count(reasons, kernels):
    """The reasons without those for levels among `kernels`, ['mlp_c.v3_f64', ...]."""
    ran = tuple(f'level {name.split(".")[1].split("_")[0]}:' for name in kernels)
    return {page: {reason: texts for reason, texts in of_page.items() if not reason.startswith(ran)}
            for page, of_page in reasons.items()}


def judged(unreached, reasons):
    """([(page, line, text, reason or None), ...], [(page, text, stale reason), ...]).

    unreached: [(page, line, text), ...]
    """
    left, named = excused(reasons), []
    for page, line, text in unreached:
        waiting = left.get((page, text))
        named.append((page, line, text, waiting.pop(0) if waiting else None))
    return named, [(page, text, reason) for (page, text), waiting in left.items() for reason in waiting]


def misspelt(reasons, root):
    """[(page, text), ...] of reasons for lines that their page does not hold so often."""
    wrong = []
    for page in reasons:
        path = root / page
        held = Counter(line.strip() for line in path.read_text(encoding='utf-8').splitlines()) if path.exists() else {}
        wrong += [(page, text) for (of, text), times in excused(reasons).items()
                  if of == page and len(times) > held.get(text, 0)]
    return wrong


def load():
    """The reasons as they are written down."""
    return json.loads(REASONS.read_text(encoding='utf-8'))
