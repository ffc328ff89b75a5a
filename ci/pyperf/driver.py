"""What `cargo x pyperf` asks pyperf and pyperformance themselves.

Runs in the private environment, under the host's Python, with one command:

    driver.py suite         the benchmarks of the suite, as JSON on stdout
    driver.py join FILE     one pyperf file out of many runs' files; FILE says which

Example of FILE, and of what `join` prints:

    {"output": "jit.json", "benchmarks": [{"tags": ["math"], "files": ["nbody.0", "nbody.1"]}]}
    [{"name": "nbody", "mean": 0.012, "first": 0.012, "last": 0.012}]
"""

import json
import os
import statistics
import sys

import pyperf
import pyperformance
from pyperformance import _manifest


def suite():
    """The benchmarks as pyperformance would run them: script, options, tags."""
    benchmarks = []
    for benchmark in sorted(_manifest.load_manifest(None).benchmarks):
        folder = os.path.dirname(benchmark.runscript)
        vendor = os.path.join(folder, "vendor")
        benchmarks.append(
            {
                "name": benchmark.name,
                "script": benchmark.runscript,
                "options": list(benchmark.extra_opts),
                "tags": list(benchmark.tags),
                "folder": os.path.basename(folder),
                "vendor": vendor if os.path.isdir(vendor) else None,
                "has_requirements": os.path.exists(benchmark.requirements_lockfile),
            }
        )
    return benchmarks


def joined(files):
    """One pyperf.Benchmark for each name in the files, with the runs of all of them."""
    benchmarks = {}
    for file in files:
        for benchmark in pyperf.BenchmarkSuite.load(file):
            name = benchmark.get_name()
            if name in benchmarks:
                benchmarks[name].add_runs(benchmark)
            else:
                benchmarks[name] = benchmark
    return benchmarks


def middle_of(benchmark, index):
    """The median of the runs' first (index 0) or last (-1) values."""
    runs = (run.values for run in benchmark.get_runs() if run.values)
    return statistics.median(values[index] for values in runs)


def join(wanted):
    """Writes the suite that compare_to reads, with pyperformance's own metadata."""
    rows, benchmarks = [], []
    for entry in wanted["benchmarks"]:
        for name, benchmark in joined(entry["files"]).items():
            benchmark.update_metadata(
                {"performance_version": pyperformance.__version__, "tags": entry["tags"]}
            )
            benchmarks.append(benchmark)
            rows.append(
                {
                    "name": name,
                    "mean": benchmark.mean(),
                    "first": middle_of(benchmark, 0),
                    "last": middle_of(benchmark, -1),
                }
            )
    pyperf.BenchmarkSuite(benchmarks).dump(wanted["output"], replace=True)
    return rows


def main():
    command, *args = sys.argv[1:]
    if command == "suite":
        result = suite()
    elif command == "join":
        with open(args[0], encoding="utf-8") as file:
            result = join(json.load(file))
    else:
        sys.exit(f"driver.py: there is no command {command!r}")
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
