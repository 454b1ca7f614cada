"""What the commands write to the console: lines on stdout, a progress bar on stderr.

The lecture's first line is Korean. On a console that cannot show it, its letters become question marks and
the program goes on.
"""

import sys


def tolerate_any_encoding():
    """Let stdout replace what its encoding lacks, instead of raising UnicodeEncodeError (stderr does so)."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


def failed(prog, error):
    """Say `error` in one line on stderr; returns exit status 1."""
    print(f"{prog}: error: {' '.join(str(error).split())}", file=sys.stderr)
    return 1


def init_model_line(hidden):
    """The line that the lecture's `init_model` prints: an integer is the single-hidden model."""
    if isinstance(hidden, int):
        return "은닉 계층 하나를 갖는 다층 퍼셉트론이 작동되었습니다."
    return f"은닉 계층 {len(hidden)}개를 갖는 다층 퍼셉트론이 작동되었습니다."


def layers_text(net):
    """The widths of a network, inputs to outputs: '10-4-1'."""
    return "-".join(map(str, (net.input_cnt, *net.hidden, net.output_cnt)))


class Bar:
    """A progress bar on stderr, where tqdm is installed and stderr is a terminal; elsewhere nothing.

    `say` prints a line to stdout at once, above the bar. Use it as a context manager: the bar goes away.
    """

    def __init__(self, total, unit="epoch"):
        try:
            from tqdm import tqdm
        except ImportError:
            self._bar = None
        else:
            self._bar = tqdm(total=total, unit=unit, file=sys.stderr, leave=False, disable=None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._bar is not None:
            self._bar.close()

    def label(self, text):
        """Name what is being done at the moment."""
        if self._bar is not None:
            self._bar.set_description(text)

    def step(self, *_):
        """One unit is done."""
        if self._bar is not None:
            self._bar.update()

    def say(self, text=""):
        """Print `text` to stdout at once."""
        if self._bar is None or self._bar.disable:
            print(text, flush=True)
        else:
            with self._bar.external_write_mode(file=sys.stdout):
                print(text, flush=True)
