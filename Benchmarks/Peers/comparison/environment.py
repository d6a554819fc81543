"""The virtual environment of the peers and the build of our own runner."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

RUNNER = "martlet-runner"
OLDEST, NEWEST = (3, 11), (3, 13)  # what the pinned packages have wheels for


class SetupError(Exception):
    """Nothing can be compared; the message says what to do."""


def call(command: list[str], doing: str, directory: Path | None = None) -> None:
    try:
        ended = subprocess.run(command, cwd=directory, stdout=sys.stderr)
    except OSError as error:
        raise SetupError(f"{doing}: cannot run {command[0]}: {error.strerror}") from error
    if ended.returncode != 0:
        raise SetupError(f"{doing}: `{' '.join(map(str, command))}` ended with status {ended.returncode}")


def stamp_of(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def prepared_python(directory: Path, requirements: Path) -> Path:
    """The interpreter of the environment in `directory`, made and filled when it is missing or out of date."""
    python, stamp = directory / "bin" / "python", directory / "requirements.sha256"
    if python.exists() and stamp.exists() and stamp.read_text() == stamp_of(requirements):
        return python
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        raise SetupError(
            f"the pinned packages need Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, and this is"
            f" {version[0]}.{version[1]}: start this script with another interpreter, or give one that has them: --python"
        )
    try:
        import ensurepip  # noqa: F401  (Debian leaves it out of python3)
        import venv  # noqa: F401
    except ImportError as error:
        raise SetupError(
            f"Python lacks the module {error.name}, so no virtual environment can be made."
            " On Debian and Ubuntu: apt-get install python3-venv"
        ) from error
    print(f"Preparing {directory.name} (once; some minutes)", file=sys.stderr)
    call([sys.executable, "-m", "venv", "--clear", str(directory)], "making the virtual environment")
    install(python, requirements)
    stamp.write_text(stamp_of(requirements))
    return python


def install(python: Path, requirements: Path) -> None:
    """All at once; or, where that fails, one by one, so that one missing wheel costs one contestant only."""
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        call([*pip, "--requirement", str(requirements)], "installing the peers")
        return
    except SetupError as error:
        print(f"{error}\nTrying one package after another.", file=sys.stderr)
    wanted = [line.strip() for line in requirements.read_text().splitlines() if line.strip() and line[0] != "#"]
    missing = []
    for package in wanted:
        try:
            call([*pip, package], f"installing {package}")
        except SetupError:
            missing.append(package)
    if len(missing) == len(wanted):
        raise SetupError("no package could be installed: is there a network, and does pip know a package index?")
    print(f"Not installed, so their contestants will be missing: {', '.join(missing)}.", file=sys.stderr)
    if any("+cpu" in package for package in missing):
        print("torch's CPU wheel: see the note in requirements.txt, then remove .venv and run again.", file=sys.stderr)


def built_runner(package: Path, level: str | None = None) -> Path:
    """The path of our runner, after a release build; for a level, one whose loops are compiled for that level alone,
    since the loader chooses among several before any variable is read."""
    if not (package / "Package.swift").exists():
        raise SetupError(f"there is no Package.swift in {package}")
    print("Building Martlet's runner (release)", file=sys.stderr)
    build = ["swift", "build", "-c", "release"]
    if level:
        build += ["--scratch-path", f".build-{level}", "-Xcc", "-DMARTLET_ONE_LEVEL", "-Xcc", f"-march={level}"]
    call([*build, "--product", RUNNER], "building the runner", package)
    answer = subprocess.run([*build, "--show-bin-path"], cwd=package, capture_output=True, text=True)
    runner = Path(answer.stdout.strip()) / RUNNER
    if answer.returncode != 0 or not os.access(runner, os.X_OK):
        raise SetupError(f"the build ended well, but there is no {RUNNER} in {answer.stdout.strip() or 'its folder'}")
    return runner
