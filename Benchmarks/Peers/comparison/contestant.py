"""A contestant: a long-lived process that answers lines of JSON, and stands still when it is not its turn."""

import ctypes
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from .quota import Quota

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class ContestantError(Exception):
    """One contestant cannot do something; the others go on."""


def thread_environment(threads: int) -> dict[str, str]:
    """What limits each library to so many threads. XLA on a CPU sizes its pool by NPROC alone; its flags do not."""
    names = [
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NPROC",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ]
    return {name: str(threads) for name in names}


# What limits each library to a level of vector instructions below the processor's, each by a variable of its own. XLA's
# newest kernels, for products and sums, ask the processor, whatever the limit: the older ones take their place.
LEVELS = {
    "x86-64-v3": {
        "MARTLET_LEVEL": "x86-64-v3",
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2 --xla_cpu_experimental_ynn_fusion_type=",
    }
}
UNLIMITED = ("ONNX Runtime",)  # nothing limits their kernels: they take no part at a level


class Contestant:
    def __init__(
        self,
        name: str,
        command: list[str],
        threads: int,
        cpus: list[int],
        log: Path,
        level: str | None = None,
        quota: Quota | None = None,
    ):
        self.name = name
        self.command = command
        self.threads = threads
        self.level = level
        self.quota = quota
        self.cpus = cpus
        self.log = log
        self.launched_at = 0.0  # by the monotonic clock, which every process reads the same
        self.hello: dict = {}
        self.workloads: list[str] = []
        self.failures: dict[str, str] = {}
        self.process: subprocess.Popen | None = None
        self.buffer = b""

    def fresh(self) -> "Contestant":
        """The same, not started."""
        log = self.log.with_stem(f"{self.log.stem}-first-step")
        return Contestant(self.name, self.command, self.threads, self.cpus, log, self.level, self.quota)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, timeout: float = 120) -> None:
        self.launch()
        self.greet(timeout)

    def launch(self) -> None:
        def prepare() -> None:
            # A stopped process would outlive its parent for ever.
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.sched_setaffinity(0, self.cpus)
            if self.quota:
                self.quota.enter()

        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.buffer = b""
        try:
            with open(self.log, "wb") as log:
                self.launched_at = time.monotonic()
                self.process = subprocess.Popen(
                    [*(self.quota.prefix if self.quota else []), *self.command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=os.environ | thread_environment(self.threads) | LEVELS.get(self.level, {}),
                    preexec_fn=prepare,
                    start_new_session=True,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise ContestantError(f"cannot start {self.command[0]}: {error}") from error

    def greet(self, timeout: float = 120) -> None:
        """Waits until it has said who it is and what it can do; then it stands still."""
        self.hello = self.read(timeout)
        if "contestant" not in self.hello:
            raise self.broken(f"its first line does not say who it is: {self.hello}")
        reply = self.ask("list", timeout)
        self.workloads = list(reply.get("workloads", []))
        if not self.workloads:
            raise self.broken("it lists no workloads")

    def run(self, workload: str, seconds: float, timeout: float) -> dict:
        reply = self.ask(f"run {workload} {seconds:g}", timeout)
        if not isinstance(reply.get("times"), list):
            raise self.broken(f"its answer has no times: {reply}")
        return reply

    def ask(self, line: str, timeout: float) -> dict:
        if not self.alive:
            raise ContestantError(f"{self.name} has ended")
        self.signal(signal.SIGCONT)
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            reply = self.read(timeout)
        except BrokenPipeError as error:
            raise self.broken(f"it ended: {self.last_words()}") from error
        self.signal(signal.SIGSTOP)
        if "error" in reply:
            raise ContestantError(str(reply["error"]))
        return reply

    def read(self, timeout: float) -> dict:
        deadline = time.monotonic() + timeout
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise self.broken(f"no answer in {timeout:.0f} s")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                self.process.wait(timeout=10)
                raise self.broken(f"it ended with status {self.process.returncode}: {self.last_words()}")
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        try:
            reply = json.loads(line)
        except ValueError as error:
            raise self.broken(f"not JSON: {line[:200]!r}") from error
        if not isinstance(reply, dict):
            raise self.broken(f"not a JSON object: {line[:200]!r}")
        return reply

    def broken(self, why: str) -> ContestantError:
        """After this nothing that it says can be trusted, so it goes."""
        self.kill()
        return ContestantError(why)

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return " | ".join(lines[-3:]) or "it said nothing"

    def signal(self, which: int) -> None:
        if self.alive:
            os.killpg(self.process.pid, which)

    def kill(self) -> None:
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait(timeout=10)
            self.close()

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:  # what was not read any more
                pass

    def quit(self) -> None:
        """Politely, then not."""
        if self.alive:
            try:
                self.signal(signal.SIGCONT)
                self.process.stdin.write(b"quit\n")
                self.process.stdin.close()
                self.process.wait(timeout=5)
                self.close()
            except (OSError, subprocess.TimeoutExpired):
                self.kill()
