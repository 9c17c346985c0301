"""What the pages weigh and how well they are made: `python -m config.quality`, which is what `make quality` does
(`python -m config.quality product` judges only that).

Opens the demo shop on loopback with production's settings, and has its main pages judged by Lighthouse (mobile), the Nu
HTML checker and a validator of structured data. Prints a table, and what is below a bar; exits 1 when anything is.
Needs Node (with npm), Java and Chromium; the judges are npm packages, installed under var/ by tests/quality/package.json.
"""

import contextlib
import gzip
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config import processes, run, testing
from config.check import PRODUCTION
from config.embedded import EmbeddedError, servers

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "quality"
FOLDER = ROOT / "var" / "quality"
NODE = FOLDER / "node"
PAGES = {
    "home": "/",
    "shop": "/shop/",
    "category": "/shop/ceramics/",
    "product": "/shop/ceramics/tide-mug/",
    "story": "/stories/{story}/",
    "search": "/search/?q=mug",
    "cart": "/cart/",
    "404": "/nowhere/",
}
JUDGED = ("home", "category", "product", "story")  # by all of Lighthouse; the others may hide from search engines
SCORES = {"performance": 95, "accessibility": 100, "best-practices": 95, "seo": 100}
KILOBYTE = 1000
BUDGETS = {"html": 30, "css": 25, "js": 25, "picture": 100}  # kilobytes as sent, of each page
LISTING = 500  # in all, of a page that lists
TRIES = 3  # of Lighthouse: noise of the machine only ever lowers a score
KINDS = {"Stylesheet": "css", "Script": "js"}


class CannotJudge(Exception):
    """Something that the judges need is missing; the message says what."""


@dataclass
class Verdict:
    """What was found about one page. Sizes in kilobytes as sent."""

    page: str
    scores: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    seconds: float = 0  # until the largest thing is there
    shift: float = 0
    errors: dict[str, list[str]] = field(default_factory=dict)

    def misses(self) -> list[str]:
        """Each bar that the page is below, in words."""
        wanted = SCORES if self.page in JUDGED else {"accessibility": 100}
        found = [
            f"{name} {self.scores.get(name, 0)}, not {bar}"
            for name, bar in wanted.items()
            if self.scores.get(name, 0) < bar
        ]
        limits = BUDGETS | ({"total": LISTING} if self.page in ("shop", "category", "search") else {})
        found += [
            f"{name} {self.sizes.get(name, 0):.1f} kB, not {limit}"
            for name, limit in limits.items()
            if self.sizes.get(name, 0) > limit
        ]
        return found + [f"{judge}: {words}" for judge, errors in self.errors.items() for words in errors]


# --- the shop ------------------------------------------------------------------------------------


def application() -> Callable:
    """The shop as gunicorn runs it here: with media served beside it, as a proxy would."""
    from django.conf import settings
    from whitenoise import WhiteNoise

    from config.wsgi import application as shop

    return WhiteNoise(shop, root=settings.MEDIA_ROOT, prefix="media/", max_age=31_536_000)


def environment(servers_of: dict[str, str], port: int) -> dict[str, str]:
    """Production's, but for loopback: plain HTTP, no proxy, keys that open nothing."""
    return {
        **os.environ,
        **PRODUCTION,
        **servers_of,
        "DJANGO_SETTINGS_MODULE": "config.settings.quality",
        "ALLOWED_HOSTS": "127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "SECURE_SSL_REDIRECT": "0",
        "TRUSTED_PROXIES": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
    }


@contextlib.contextmanager
def open_shop(port: int) -> Iterator[str]:
    """The demo shop at `port`, with a database of its own; gives its address."""
    with servers(ROOT, throwaway=True) as here:
        variables = environment(here.environment(), port)
        for name in ("media", "static"):
            shutil.rmtree(FOLDER / name, ignore_errors=True)
            (FOLDER / name).mkdir(parents=True)
        for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"], ["load_demo"]):
            say(command[0])
            call([sys.executable, ROOT / "manage.py", *command], variables)
        web = ["gunicorn", "config.quality:application()", "--config", "python:config.gunicorn"]
        web += ["--bind", f"127.0.0.1:{port}", "--log-level", "error"]
        child = processes.start([sys.executable, "-m", *web], environment=variables, folder=ROOT)
        try:
            run.wait_until_it_answers(run.Shop(variables, {"web": child}), f"http://127.0.0.1:{port}/livez")
            yield f"http://127.0.0.1:{port}"
        finally:
            processes.stop(child)


def call(command: list[Any], variables: dict[str, str] | None = None, folder: Path = ROOT) -> str:
    """Run to the end; gives what it printed. Raises CannotJudge when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotJudge(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def say(words: str) -> None:
    print(f"--- {words}", flush=True)


def fetch(url: str) -> bytes:
    """The body of a page, whatever its status."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - our own, on loopback
            return answer.read()
    except urllib.error.HTTPError as answer:
        return answer.read()


# --- the judges ----------------------------------------------------------------------------------


def get_judges() -> None:
    """Install the npm packages unless they are there. Raises CannotJudge."""
    missing = [name for name in ("node", "npm", "java") if not shutil.which(name)]
    if missing or not testing.find_chromium():
        raise CannotJudge(
            f"make quality needs {', '.join(missing) or 'Chromium'}. "
            "Type: sudo apt-get install -y nodejs npm default-jre-headless chromium"
        )
    wanted, known = (HERE / "package.json").read_text(), NODE / "package.json"
    if known.exists() and known.read_text() == wanted and (NODE / "node_modules" / "lighthouse").exists():
        return
    say("installing the judges")
    NODE.mkdir(parents=True, exist_ok=True)
    known.write_text(wanted)
    try:
        call(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], folder=NODE)
    except CannotJudge:
        known.unlink()
        raise


def lighthouse(url: str) -> dict[str, Any]:
    """Its report, as JSON."""
    command = ["node", NODE / "node_modules" / "lighthouse" / "cli" / "index.js", url, "--quiet", "--output=json"]
    command += [f"--only-categories={','.join(SCORES)}", "--ignore-status-code"]
    command += [f"--chrome-flags=--headless=new {' '.join(testing.CHROMIUM_ARGUMENTS[:-1])}"]
    return json.loads(
        call(command, {**os.environ, "CHROME_PATH": shutil.which("chromium") or str(testing.find_chromium())})
    )


def read_report(verdict: Verdict, report: dict[str, Any]) -> None:
    """Take the scores and sizes of a Lighthouse report, and in words what cost points."""
    audits = report["audits"]
    verdict.scores = {name: round(100 * (part["score"] or 0)) for name, part in report["categories"].items()}
    verdict.seconds = audits["largest-contentful-paint"].get("numericValue", 0) / 1000
    verdict.shift = audits["cumulative-layout-shift"].get("numericValue", 0)
    sizes = dict.fromkeys(("css", "js", "picture", "total"), 0.0)
    for request in audits["network-requests"]["details"]["items"]:
        size = request.get("transferSize", 0) / KILOBYTE
        sizes["total"] += size
        if kind := KINDS.get(request.get("resourceType", "")):
            sizes[kind] += size
        elif request.get("resourceType") == "Image":
            sizes["picture"] = max(sizes["picture"], size)
    verdict.sizes |= sizes
    verdict.errors["lighthouse"] = list(costly(verdict, report))


def costly(verdict: Verdict, report: dict[str, Any]) -> Iterator[str]:
    """What cost points in the categories that the page must be good at."""
    wanted = SCORES if verdict.page in JUDGED else {"accessibility": 100}
    for name, bar in wanted.items():
        if verdict.scores[name] >= bar:
            continue
        for part in report["categories"][name]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                yield f"{name}, {audit['title']} {audit.get('displayValue', '')}".strip()


def judge(verdict: Verdict, url: str) -> None:
    """Lighthouse, the best of TRIES when a bar is missed."""
    best: dict[str, Any] | None = None
    for _attempt in range(TRIES):
        report = lighthouse(url)
        if best is None or _points(report) > _points(best):
            best = report
        read_report(verdict, best)
        if all(verdict.scores[name] >= bar for name, bar in SCORES.items()) or verdict.page not in JUDGED:
            return


def _points(report: dict[str, Any]) -> float:
    return report["categories"]["performance"]["score"] or 0


def html_errors(files: dict[str, Path]) -> dict[str, list[str]]:
    """{page: what the Nu HTML checker calls an error}."""
    jar = NODE / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always", *files.values()]
    found: dict[str, list[str]] = {page: [] for page in files}
    for message in json.loads(call(command))["messages"]:
        if message["type"] == "error":
            words = f"{message['message']} (line {message.get('lastLine')}: {message.get('extract', '').strip()[:120]})"
            found[Path(message["url"]).stem].append(words)
    return found


def data_errors(files: dict[str, Path]) -> dict[str, list[str]]:
    """{page: what the validator of structured data calls an error}."""
    issues = json.loads(call(["node", HERE / "structured.mjs", *files.values()], folder=NODE))
    return {
        Path(file).stem: [_issue(issue) for issue in found if issue["severity"] == "ERROR"]
        for file, found in issues.items()
    }


def _issue(issue: dict[str, Any]) -> str:
    return f"{issue['issueMessage']} ({' > '.join(str(step.get('type')) for step in issue.get('path', []))})"


# --- the verdict ---------------------------------------------------------------------------------


def judge_all(base: str, chosen: Sequence[str]) -> list[Verdict]:
    addresses = {page: base + PAGES[page].format(story=_a_story(base)) for page in chosen}
    files, verdicts = {}, []
    (FOLDER / "pages").mkdir(parents=True, exist_ok=True)
    for page, url in addresses.items():
        body = fetch(url)
        files[page] = FOLDER / "pages" / f"{page}.html"
        files[page].write_bytes(body)
        verdicts.append(Verdict(page, sizes={"html": len(gzip.compress(body)) / KILOBYTE}))
    html, data = html_errors(files), data_errors(files)
    for verdict in verdicts:
        say(f"lighthouse: {verdict.page}")
        judge(verdict, addresses[verdict.page])
        verdict.errors |= {"html": html[verdict.page], "structured data": data[verdict.page]}
        print(table([verdict]).splitlines()[-1], flush=True)
    return verdicts


def _a_story(base: str) -> str:
    """The slug of the newest story, from the feed."""
    feed = fetch(f"{base}/stories/feed/").decode()
    return feed.partition("<item>")[2].partition("<link>")[2].partition("</link>")[0].rstrip("/").rpartition("/")[2]


def table(verdicts: list[Verdict]) -> str:
    """One line for each page."""
    sizes = ("html", "css", "js", "picture", "total")
    head = ["page", "perf", "a11y", "best", "seo", "LCP s", "CLS", *(f"{name} kB" for name in sizes), "html", "data"]
    lines = ["".join(f"{name:>11}" for name in head)]
    for verdict in verdicts:
        cells = [verdict.page, *(str(verdict.scores.get(name, "")) for name in SCORES)]
        cells += [f"{verdict.seconds:.1f}", f"{verdict.shift:.3f}", *(f"{verdict.sizes.get(n, 0):.1f}" for n in sizes)]
        cells += [str(len(verdict.errors.get(name, []))) for name in ("html", "structured data")]
        lines.append("".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Judge the named pages, or all; gives 0 when every bar is met."""
    try:
        run.stop_on_signals()
        if unknown := set(arguments) - set(PAGES):
            raise CannotJudge(f"Which page is {unknown.pop()}? There are {', '.join(PAGES)}.")
        get_judges()
        with open_shop(run.chosen_port(os.environ)) as base:
            verdicts = judge_all(base, arguments or list(PAGES))
    except run.Stopped:
        return 1
    except (CannotJudge, EmbeddedError, run.CannotRun) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{table(verdicts)}\n")
    misses = [f"{verdict.page}: {words}" for verdict in verdicts for words in verdict.misses()]
    print("\n".join(misses) or "Every bar is met.", flush=True)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
