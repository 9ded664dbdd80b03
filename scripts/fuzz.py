#!/usr/bin/env python3
"""Fuzzes the local program by its OpenAPI document, as a stranger and as a user, and fails if an answer is a 5xx, is not in
the document, or is an error without its form.

Starts the program over a folder of its own and stops it whatever happens. The seed is printed; `--seed` runs it again.
"""

import argparse
import contextlib
import ctypes
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
# Logs, and what `schemathesis replay` wants.
OUTPUT = ROOT / "target/fuzz"
# What a request may cost beside all others; the clients' own time-outs are shorter.
SLOWEST = 8
# As whom, and which part of the time.
PASSES = [("stranger", 0.3), ("user", 0.7)]


class Failure(Exception):
    """What went wrong, in one line for people."""


def say(text):
    print(f"fuzz: {text}", file=sys.stderr, flush=True)


def die_with_parent():
    """Has the kernel end a child should this program be killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextlib.contextmanager
def child(command, **options):
    """A process in a session of its own, all of which is ended at the end of the block."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                               preexec_fn=die_with_parent, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def platform(program, folder):
    """The program over `folder`; yields the address of its API."""
    errors = OUTPUT / "program.txt"
    command = [program.absolute(), "--port", "0", "--data", folder]
    # What is tested are the handlers, so nobody is told to come back later.
    # WeChat is configured and never called: nobody gets as far without having been there.
    environment = {**os.environ, "RATE_LIMITS": "off", "LOGIN_LOCKOUT": "account 5/86400", "LOG_LEVEL": "info",
                   "WECHAT_APP_ID": "wx0123456789abcdef", "WECHAT_APP_SECRET": "fuzz"}
    with open(OUTPUT / "program.json", "wb") as log, open(errors, "wb") as told:
        with child(command, env=environment, stdout=log, stderr=told) as process:
            deadline = time.monotonic() + 60
            while not (ready := re.search(r"ready on (\S+)", errors.read_text())):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failure(f"{program} did not start: {errors.read_text().strip()}")
                time.sleep(0.05)
            yield ready[1]
            if process.poll() is not None:
                raise Failure(f"the program ended by itself: {errors.read_text().strip()}")


def fuzz(url, who, seconds, seed, arguments):
    """One run of the fuzzer; whether it found nothing."""
    say(f"as a {who} for {seconds} s, seed {seed}")
    command = [
        SCHEMATHESIS, "--config-file", ROOT / "scripts/fuzz.toml", "run", ROOT / "openapi.json", "--url", url,
        "--seed", str(seed), "--max-time", str(seconds), "--max-response-time", str(SLOWEST),
        *arguments,
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(ROOT / "scripts"),
                   "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "FUZZ_URL": url, "FUZZ_AS": who}
    with child(command, env=environment, cwd=OUTPUT) as process:
        # The budget is for requests; what the fuzzer does at its start and its end comes on top.
        try:
            return process.wait(seconds + 120) == 0
        except subprocess.TimeoutExpired:
            raise Failure(f"the fuzzer did not end in {seconds + 120} s") from None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target/debug/bloghub", help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=60, help="how long in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="default: a new one, which is printed")
    parser.add_argument("--as", dest="who", choices=[who for who, _ in PASSES], help="only as one of them")
    arguments, rest = parser.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    passes = [(who, part) for who, part in PASSES if arguments.who in (None, who)]
    whole = sum(part for _, part in passes)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bloghub-fuzz-") as folder:
            with platform(arguments.program, Path(folder)) as url:
                clean = [fuzz(url, who, round(arguments.seconds * part / whole), arguments.seed, rest)
                         for who, part in passes]
    except Failure as failure:
        say(f"error: {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    again = f"run it again with --seed {arguments.seed}; the program's log is {OUTPUT / 'program.json'}"
    say("nothing found" if all(clean) else again)
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
