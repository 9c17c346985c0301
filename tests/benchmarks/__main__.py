"""make bench: what the shop's pages cost, at several sizes of its catalogue, beside the floor.

    python -m tests.benchmarks 1000 10000 100000 sale rush hooks

`sale`: at the end 500 people want the last 50 units at once. `rush`: 24 clients place baskets of one to eight things for
two minutes; `rush=30`: for half a minute. `hooks`: a hundred webhooks a second for a minute; `hooks=15`: for a quarter
of one. `0` measures no pages. Figures, no judgement: it fails only when an answer was
wrong. How it measures: site/docs/performance.md.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from config.embedded import EmbeddedError, Servers, servers
from tests.benchmarks import costs, hooks, report, rush, sale, stage
from tests.benchmarks.measure import NOT_YET, Bench, Figures
from tests.benchmarks.probes import probes

SIZES = ["1000", "10000", "100000", "sale", "rush", "hooks"]
FEW = 1000  # products when no page is to be measured
OUT = stage.ROOT / "var" / "bench"


def main(arguments: list[str]) -> int:
    wanted = set(arguments or SIZES)
    with_sale = "sale" in wanted
    rushes = {word for word in wanted if word.startswith("rush")}
    storms = {word for word in wanted if word.startswith("hooks")}
    try:
        sizes = sorted(int(text) for text in wanted - {"sale"} - rushes - storms) or [1000]
        rush_seconds = _seconds(rushes, rush.SECONDS)
        hook_seconds = _seconds(storms, hooks.SECONDS)
    except ValueError:
        print(
            "Sizes are whole numbers, `sale`, `rush` and `hooks`: SIZES='1000 10000 sale rush=30 hooks'",
            file=sys.stderr,
        )
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="etalase-bench-") as folder,
            servers(stage.ROOT, throwaway=True) as here,
        ):
            env = stage.environment(here, Path(folder))
            return run(sizes, with_sale, rush_seconds, hook_seconds, here, env)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def _seconds(words: set[str], usual: int) -> int:
    """Of {"rush=30"}: 30. Raises ValueError."""
    return max((int(word.partition("=")[2] or usual) for word in words), default=0)


def run(
    sizes: list[int], with_sale: bool, rush_seconds: int, hook_seconds: int, here: Servers, env: dict[str, str]
) -> int:
    """Measure at each of `sizes`, smallest first, since what is there is added to; gives the exit code."""
    facts, sections, results, failed = report.machine(stage.ROOT), [], [], False
    for products in sizes:
        print(f"--- {products} products: filling", flush=True)
        size = stage.run_json("prepare", env, str(products or FEW))
        if not products:
            continue
        print("    measuring", flush=True)
        figures = measure(size, here, env)
        failed = failed or any(one.error and one.error != NOT_YET for one in figures)
        sections.append(report.section(size, figures))
        results.append({**size, "pages": [one.as_json() for one in figures]})
        print(f"\n{sections[-1]}", flush=True)
        report.write(OUT, facts, sections, results)
    if with_sale:
        print(f"--- {sale.BUYERS} people for {sale.UNITS} units", flush=True)
        facts["sale"], found = hold_sale(size, env)
        failed = failed or bool(found)
        sections.append(sale.words(facts["sale"], found))
        facts["sale"] = {**facts["sale"].as_json(), "wrong": found}
        print(f"\n{sections[-1]}", flush=True)
        report.write(OUT, facts, sections, results)
    if rush_seconds:
        print(f"--- {rush.CLIENTS} clients with baskets for {rush_seconds} s", flush=True)
        held, found = hold_rush(rush_seconds, here, env)
        failed = failed or bool(found)
        sections.append(rush.words(held, found))
        facts["rush"] = {**held.as_json(), "wrong": found}
        print(f"\n{sections[-1]}", flush=True)
        report.write(OUT, facts, sections, results)
    if hook_seconds:
        print(f"--- {hooks.A_SECOND} webhooks a second for {hook_seconds} s", flush=True)
        storm, found = hold_hooks(hook_seconds, here, env)
        failed = failed or bool(found)
        sections.append(hooks.words(storm, found))
        facts["hooks"] = {**storm.as_json(), "wrong": found}
        print(f"\n{sections[-1]}", flush=True)
        report.write(OUT, facts, sections, results)
    print(f"Written to {OUT / 'bench.md'} and bench.json.")
    return 1 if failed else 0


def hold_sale(size: dict[str, Any], env: dict[str, str]) -> tuple[sale.Sale, list[str]]:
    crowd = stage.run_json("baskets", env, "fill", str(sale.BUYERS), str(sale.UNITS))
    with stage.gunicorn(stage.SHOP, env, OUT / "shop.log") as shop:
        held = sale.flash_sale(shop.port, crowd["cookies"], size["listing"])
    return held, sale.breaches(held, stage.run_json("baskets", env, "look", crowd["sku"]))


def hold_rush(seconds: int, here: Servers, env: dict[str, str]) -> tuple[rush.Rush, list[str]]:
    people = stage.run_json("baskets", env, "mix", str(seconds * rush.A_SECOND))["cookies"]
    before, server = stage.run_json("baskets", env, "look")["orders"], here.database("postgres")
    waited = rush.deadlocks(server, "etalase")
    with stage.gunicorn(stage.SHOP, env, OUT / "shop.log") as shop:
        outcomes, took = rush.place_for(shop.port, people, seconds)
    held = rush.judge(outcomes, took, rush.deadlocks(server, "etalase") - waited)
    return held, rush.breaches(held, stage.run_json("baskets", env, "look"), before)


def hold_hooks(seconds: int, here: Servers, env: dict[str, str]) -> tuple[hooks.Storm, list[str]]:
    with hooks.bank() as bank:
        env = hooks.environment(env, bank)
        refs = stage.run_json("baskets", env, "open", str(hooks.payments_for(seconds)))["refs"]
        messages = hooks.shuffled(hooks.pay(bank, refs))
        with (
            stage.gunicorn(stage.SHOP, env, OUT / "shop.log") as shop,
            hooks.workers(env, OUT) as worker,
        ):
            storm = hooks.blow(shop, worker, here.database("etalase"), messages, len(refs))
        return storm, hooks.breaches(storm, stage.run_json("baskets", env, "look"))


def measure(size: dict[str, Any], here: Servers, env: dict[str, str]) -> list[Figures]:
    shoppers = stage.run_json("baskets", env, "fill", str(sale.ORDERS))["cookies"]
    with ExitStack() as stack:
        shop = stack.enter_context(stage.gunicorn(stage.SHOP, env, OUT / "shop.log"))
        floor = stack.enter_context(stage.gunicorn(stage.FLOOR, env, OUT / "floor.log"))
        statements = costs.Statements(here.database("postgres"), "etalase")
        stack.callback(statements.close)
        bench = Bench(shop, floor, lambda: parts(shop, here), statements)
        figures = [bench.measure(probe) for probe in probes(size)]
        figures.append(sale.place_orders(bench, shoppers))
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
