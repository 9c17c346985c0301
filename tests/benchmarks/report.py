"""The report: a table for people, JSON for comparing."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Figures

HEAD = [
    "page",
    "SQL",
    "CPU ms",
    "x floor",
    "python",
    "postgres",
    "redis",
    "p50 ms",
    "p95 ms",
    "req/s at 8",
    "kB",
    "gzip kB",
]


def machine(root: Path) -> dict[str, Any]:
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True)
    return {"nproc": os.cpu_count(), "load": list(os.getloadavg()), "commit": git.stdout.strip() or "unknown"}


def row(figures: Figures) -> list[str]:
    if figures.error:
        return [figures.name, figures.error]
    parts = [f"{figures.cpu_ms.get(part, 0):.2f}" for part in ("python", "postgres", "redis")]
    return [
        figures.name,
        f"{figures.sql:.1f}",
        f"{figures.total_ms:.2f}",
        f"{figures.ratio:.1f}",
        *parts,
        f"{figures.p50_ms:.1f}",
        f"{figures.p95_ms:.1f}",
        f"{figures.per_second:.0f}",
        f"{figures.bytes / 1000:.1f}",
        f"{figures.gzipped / 1000:.1f}",
    ]


def table(rows: list[list[str]]) -> str:
    """A Markdown table that is also a table to look at."""
    filled = [line + [""] * (len(HEAD) - len(line)) for line in rows]
    widths = [max(len(line[column]) for line in [HEAD, *filled]) for column in range(len(HEAD))]

    def line(cells: list[str]) -> str:
        first, *rest = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {cells[0].ljust(widths[0])} | {' | '.join(rest)} |" if first else ""

    rule = "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|"
    return "\n".join([line(HEAD), rule.replace("-:", "--", 1), *map(line, filled)])


def section(size: dict[str, Any], results: list[Figures]) -> str:
    seconds = f"seeded in {size['seed_seconds']:.0f} s, indexed in {size['index_seconds']:.0f} s"
    memory = f"a worker's own memory {size['worker_mb']:.0f} MiB"
    floor = [figures.floor_ms for figures in results if figures.floor_ms]
    words = f"{seconds}; {memory}; the floor takes {min(floor):.2f} to {max(floor):.2f} ms" if floor else seconds
    return f"### {size['products']} products\n\n{table([row(figures) for figures in results])}\n\n{words}.\n"


def write(folder: Path, facts: dict[str, Any], sections: list[str], results: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps({**facts, "sizes": results}, indent=1))
    load = ", ".join(f"{one:.1f}" for one in facts["load"])
    head = f"Commit {facts['commit']}, {facts['nproc']} CPUs, load {load} at the start.\n"
    (folder / "bench.md").write_text("\n".join([head, *sections]))
