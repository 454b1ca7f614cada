"""What importing mlp_c costs beyond NumPy: seconds in fresh processes."""
import statistics
import subprocess
import sys

CODE = ('import time, numpy; begin = time.perf_counter(); import {}; print(time.perf_counter() - begin)')


def import_seconds(rounds, modules=('mlp_c', 'mlp_py.network')):
    """{module: median seconds of its import after NumPy's}, the modules in turns, a process each time."""
    seconds = {module: [] for module in modules}
    for _ in range(rounds):
        for module in modules:
            done = subprocess.run([sys.executable, '-c', CODE.format(module)], capture_output=True, text=True,
                                  check=True, timeout=60)
            seconds[module].append(float(done.stdout))
    return {module: statistics.median(values) for module, values in seconds.items()}
