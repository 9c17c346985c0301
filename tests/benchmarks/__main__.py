"""make bench: what the shop's pages cost, at several sizes of its catalogue, beside the floor.

    python -m tests.benchmarks 1000 10000 100000

Figures, no judgement: it fails only when an answer was wrong. How it measures: site/docs/performance.md.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from config.embedded import EmbeddedError, Servers, servers
from tests.benchmarks import costs, report, stage
from tests.benchmarks.measure import Bench, Figures
from tests.benchmarks.probes import probes

SIZES = [1_000, 10_000, 100_000]
OUT = stage.ROOT / "var" / "bench"


def main(arguments: list[str]) -> int:
    try:
        sizes = sorted(int(text) for text in arguments) or SIZES
    except ValueError:
        print("Sizes are whole numbers, such as: make bench SIZES='1000 10000'", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="etalase-bench-") as folder,
            servers(stage.ROOT, throwaway=True) as here,
        ):
            return run(sizes, here, Path(folder))
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def run(sizes: list[int], here: Servers, folder: Path) -> int:
    """Measure at each of `sizes`, smallest first, since what is there is added to; gives the exit code."""
    facts, sections, results, failed = report.machine(stage.ROOT), [], [], False
    env = stage.environment(here, folder)
    for products in sizes:
        print(f"--- {products} products: filling", flush=True)
        size = stage.fill(products, env)
        print("    measuring", flush=True)
        figures = measure(size, here, env)
        failed = failed or any(one.error and one.error != "not there yet" for one in figures)
        sections.append(report.section(size, figures))
        print(f"\n{sections[-1]}", flush=True)
        results.append({**size, "pages": [one.as_json() for one in figures]})
        report.write(OUT, facts, sections, results)
    print(f"Written to {OUT / 'bench.md'} and bench.json.")
    return 1 if failed else 0


def measure(size: dict[str, Any], here: Servers, env: dict[str, str]) -> list[Figures]:
    with ExitStack() as stack:
        shop = stack.enter_context(stage.gunicorn("config.wsgi:application", env, OUT / "shop.log"))
        floor = stack.enter_context(stage.gunicorn("tests.benchmarks.floor:application", env, OUT / "floor.log"))
        statements = costs.Statements(here.database("postgres"), "etalase")
        stack.callback(statements.close)
        bench = Bench(shop, floor, lambda: parts(shop, here), statements)
        figures = [bench.measure(probe) for probe in probes(size)]
        size["worker_mb"] = max(map(costs.private_memory, shop.workers)) / 2**20
        return figures


def parts(shop: stage.Server, here: Servers) -> dict[str, list[int]]:
    return {
        "python": shop.pids,
        "postgres": costs.backends(here.children["postgres"].pid, "etalase"),
        "redis": [here.children["redis"].pid],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
