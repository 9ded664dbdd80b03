#!/usr/bin/env python3
"""Deploys template.yaml to an AWS emulator on this machine and keeps it there until it is interrupted.

Builds every function, starts a Redis, a double of OpenSearch and the emulator on loopback ports, runs `sam deploy` against it, and prints
`ready <API URL>` on standard output. Everything else that it has to say goes to standard error.

Environment variables named as the template's parameters (COMMON_PASSWORDS for CommonPasswords) set them.
"""

import argparse
import contextlib
import ctypes
import http.client
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
TOOLS = Path(sys.executable).parent
MINISTACK_PYTHON = ROOT / ".venv/ministack/bin/python"
STACK = "bloghub"
REGION = "us-east-1"
ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

# An HTTP API without a CORS configuration hands preflights to its `$default` route. The emulator refuses them; it does
# not know them for preflights when their method is a string that equals nothing.
#
# A stream's source with a window tells the function which shard its records are of. The emulator has one shard for each stream, and
# no windows.
#
# IAM has no actions for batches of SQS: whoever may send a message may send ten. The emulator asks for one of its own.
EMULATOR = """
from ministack import app
from ministack.core import iam_actions
from ministack.services import apigateway, lambda_svc

class Preflight(str):
    __eq__ = lambda self, other: False
    __hash__ = str.__hash__

handle = apigateway._handle_execute_in_scope

async def handle_preflights(api_id, stage, path, method, *rest):
    if method == "OPTIONS" and not (apigateway._apis.get(api_id) or {}).get("corsConfiguration"):
        method = Preflight(method)
    return await handle(api_id, stage, path, method, *rest)

apigateway._handle_execute_in_scope = handle_preflights

execute = lambda_svc._execute_function

def execute_of_shard(function, event, *rest, **named):
    records = event.get("Records") if isinstance(event, dict) else None
    if records and records[0].get("eventSource") == "aws:dynamodb":
        event = {**event, "shardId": "shardId-00000000000000000000-00000000"}
    return execute(function, event, *rest, **named)

lambda_svc._execute_function = execute_of_shard

action_of = iam_actions.extract_iam_action

def extract_iam_action(*args, **kwargs):
    action = action_of(*args, **kwargs)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action

iam_actions.extract_iam_action = extract_iam_action
app.main()
"""


class Failure(Exception):
    """What went wrong, in one line for people."""


class Interrupted(Exception):
    """Somebody asked us to stop."""


def say(text):
    print(f"deploy-local: {text}", file=sys.stderr, flush=True)


class Processes:
    """Every process that this program starts, and whatever these start in their turn: none outlives it."""

    PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

    def __init__(self, logs):
        self.logs = logs
        self.running = []
        self.libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        if self.libc:
            # Orphans of our children become our own children instead of init's, so that they can be found.
            self.libc.prctl(self.PR_SET_CHILD_SUBREAPER, 1)

    def start(self, name, command, env=None, log=True):
        """Starts a command whose output goes to its log file, or to ours with `log=False`."""
        output = open(self.logs / f"{name}.log", "wb") if log else None

        def before_exec():
            # Should this program be killed outright, its children end with it.
            if self.libc:
                self.libc.prctl(self.PR_SET_PDEATHSIG, signal.SIGTERM)

        # A session of its own: Ctrl-C reaches this program only, which then stops the others in order.
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT,
            start_new_session=True, preexec_fn=before_exec,
        )
        if output:
            output.close()
        process.name, process.log = name, output and output.name
        self.running.append(process)
        return process

    def run(self, name, command, env=None, log=True, timeout=None):
        process = self.start(name, command, env, log)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{name} took longer than {timeout} s{self.see(process)}") from None
        if status != 0:
            raise Failure(f"{name} failed with status {status}{self.see(process)}")
        self.running.remove(process)

    def check(self):
        for process in self.running:
            if process.poll() is not None:
                raise Failure(f"{process.name} ended with status {process.returncode}{self.see(process)}")

    @staticmethod
    def see(process):
        if not process.log:
            return ""
        lines = Path(process.log).read_text(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
        return f": {last[:300]} (all of it in {process.log})"

    def stop(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()
        deadline = time.monotonic() + 10
        while left := descendants(os.getpid()):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if time.monotonic() > deadline:
                raise Failure(f"processes {left} would not end")
            time.sleep(0.05)


def descendants(ancestor):
    """The living processes below one process, by /proc; none where there is no /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The second field, the command in parentheses, may itself contain spaces and parentheses.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, level = [], {ancestor}
    while level := {pid for pid, parent in parents.items() if parent in level}:
        found += level
    return found


class Template:
    """What this program needs to know of template.yaml. Intrinsic functions are read as their plain arguments."""

    class Loader(yaml.SafeLoader):
        def intrinsic(self, _suffix, node):
            if isinstance(node, yaml.ScalarNode):
                return self.construct_scalar(node)
            if isinstance(node, yaml.SequenceNode):
                return self.construct_sequence(node, deep=True)
            return self.construct_mapping(node, deep=True)

    Loader.add_multi_constructor("!", Loader.intrinsic)

    def __init__(self):
        self.document = yaml.load(TEMPLATE.read_text(), self.Loader)
        self.functions = {
            name: resource["Properties"]
            for name, resource in self.document["Resources"].items()
            if resource["Type"] == "AWS::Serverless::Function"
        }

    def binaries(self):
        return [Path(function["CodeUri"]).name for function in self.functions.values()]

    def parameters_from_environment(self):
        names = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): name for name in self.document["Parameters"]}
        return {name: os.environ[variable] for variable, name in names.items() if variable in os.environ}

    def routes(self):
        """(logical function id, route key) of every HTTP event."""
        for name, function in self.functions.items():
            for event in function.get("Events", {}).values():
                if event["Type"] == "HttpApi":
                    where = event["Properties"]
                    yield name, f"{where['Method']} {where['Path']}" if "Path" in where else "$default"


def free_port(wanted=0):
    """The wanted loopback port, if nobody has it; any free one for 0."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise Failure(f"port {wanted}: {error.strerror}") from None
        return listener.getsockname()[1]


# The doubles of identity providers that the API tests start, in the order of their ports (tests/api/support/vendors.rs).
DOUBLES = ["wechat", "acme", "plain", "faulty", "liar", "insecure", "garbled", "away", "stuck"]


def doubles_ports():
    """The first of as many loopback ports in a row, all of them free."""
    for first in range(42000, 60000, len(DOUBLES)):
        with contextlib.suppress(Failure):
            for number in range(len(DOUBLES)):
                free_port(first + number)
            return first
    raise Failure("no ports for the doubles of identity providers")


def keep_away(first):
    """Takes the port of the provider that is away and does not listen: or any server that starts later may be given it."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", first + DOUBLES.index("away")))
    return taken


def doubles_parameters(first):
    """What a stack must know to log people in by way of the tests' doubles."""
    urls = {name: f"http://127.0.0.1:{first + number}" for number, name in enumerate(DOUBLES)}
    client = {"clientId": "bloghub", "clientSecret": "secret of a double / + %"}
    providers = [{"name": name, "issuer": url, **client} for name, url in urls.items() if name != "wechat"]
    return {
        "PublicUrl": "http://127.0.0.1", "OidcProviders": json.dumps(providers, separators=(",", ":")),
        "WechatAppId": "wx0123456789abcdef", "WechatAppSecret": "secret of a double",
        "WechatOpenUrl": urls["wechat"], "WechatApiUrl": urls["wechat"],
    }


def wait_until(what, ready, processes, seconds=60):
    """Polls until `ready` says so; a refused connection says that it is not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        processes.check()
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ready():
                return
        time.sleep(0.1)
    raise Failure(f"{what} did not answer within {seconds} s (logs in {processes.logs})")


def get(url):
    """Status and body of a GET that no proxy setting can divert."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return response.status, response.read()


def build(template, profile, processes):
    """Builds the functions as `sam deploy` packages them, for this machine. Returns the template's architecture."""
    arm = platform.machine() in ("arm64", "aarch64")
    say("building the functions")
    if profile == "dev":
        # What tests have built already: with all packages selected, nothing has other features than there.
        processes.run("build", ["cargo", "build", "--workspace", "--locked"], log=False)
        for name in template.binaries():
            package = ROOT / "target/lambda" / name
            package.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "target/debug" / name, package / "bootstrap")
    else:
        packages = [argument for name in template.binaries() for argument in ("--package", name)]
        # The plain compiler and linker do for a machine that runs what it builds; --disable-optimizations leaves the
        # profile as Cargo.toml has it, where cargo lambda would add LTO and panic = "abort".
        processes.run("build", [
            TOOLS / "cargo-lambda", "lambda", "build", "--release", "--locked", "--arm64" if arm else "--x86-64",
            "--compiler", "cargo", "--skip-target-check", "--disable-optimizations", *packages,
        ], env={**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}, log=False)
    return "arm64" if arm else "x86_64"


def secrets(profile, processes):
    """New secrets: keys for access tokens, and one for HMACs, as the template's parameters want them."""
    selected = ["--workspace", "--bin", "bloghub"] if profile == "dev" else ["--release", "--package", "bloghub"]
    processes.run("build", ["cargo", "build", "--quiet", "--locked", *selected], log=False)
    program = ROOT / "target" / ("debug" if profile == "dev" else "release") / "bloghub"
    made = subprocess.run([program, "keys"], capture_output=True, text=True, timeout=30)
    if made.returncode != 0:
        raise Failure(f"bloghub keys failed: {made.stderr.strip()}")
    keys = json.loads(made.stdout)

    def value(variable):
        # sam turns \" into a bare quote in every parameter; \u0022 means the same in JSON and gets through.
        compact = json.dumps(keys[variable], separators=(",", ":"))
        return re.sub(r"\\.", lambda escape: r"\u0022" if escape[0] == r"\"" else escape[0], compact)

    return {
        "JwtKeys": value("JWT_KEYS"), "HmacKey": keys["HMAC_KEY"],
        "SmsTaskKey": keys["SMS_TASK_KEY"],
    }


def start_redis(state, processes):
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        raise Failure("neither redis-server nor valkey-server is installed")
    port = free_port()
    processes.start("redis", [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", state,
                              "--save", "", "--appendonly", "no"])

    def answers():
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")

    wait_until("redis", answers, processes)
    return port


def start_search(processes):
    """A double of an OpenSearch domain; it keeps everything in memory."""
    programs = list(ROOT.glob(".venv/osmem/lib/python*/site-packages/osmem_server/bin/osmem-server"))
    if not programs:
        raise Failure("the double of OpenSearch is missing: run `make .venv/osmem.stamp`")
    url = f"http://127.0.0.1:{free_port()}"
    processes.start("search", [programs[0], "-addr", urlsplit(url).netloc, "-no-stdin-watch", "-parent-pid", str(os.getpid())])
    wait_until("the double of OpenSearch", lambda: get(f"{url}/")[0] == 200, processes)
    return url


def redis_answer(port, *words):
    """The first line of Redis' answer to a command."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        encoded = [word.encode() for word in words]
        connection.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(e), e) for e in encoded))
        return connection.makefile("rb").readline().rstrip()


def start_emulator(state, port, processes):
    if not MINISTACK_PYTHON.exists():
        raise Failure(f"{MINISTACK_PYTHON} is missing: run `make deploy-local`")
    url = f"http://127.0.0.1:{port}"
    # Functions inherit this environment, so it holds nothing of the caller's but PATH.
    processes.start("emulator", [MINISTACK_PYTHON, "-c", EMULATOR], env={
        **ACCOUNT, "PATH": os.environ["PATH"], "HOME": str(state), "TMPDIR": str(state),
        "STATE_DIR": str(state), "S3_DATA_DIR": str(state), "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port), "MINISTACK_REGION": REGION, "AWS_ENDPOINT_URL": url,
        # AWS's own default; the emulator's follows this machine's memory.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        # Functions may do what their policies in the template allow, and nothing else.
        "AUTH": "true",
        # These would listen on ports of their own, on every interface.
        "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
    })
    wait_until("the emulator", lambda: get(f"{url}/_ministack/health")[0] == 200, processes)
    return url


def deploy(state, endpoint, parameters, processes):
    # In a file, because keys on a command line are there for all to read, and JSON in an argument would want quoting.
    file = state / "parameters.yaml"
    file.touch(mode=0o600)
    file.write_text(json.dumps(parameters))
    processes.run("sam", [
        TOOLS / "sam", "deploy", "--template-file", TEMPLATE, "--stack-name", STACK, "--region", REGION,
        "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar",
        "--parameter-overrides", f"file://{file}",
    ], env={
        **ACCOUNT, "PATH": os.environ["PATH"], "HOME": str(state), "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": endpoint, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "1",
    }, timeout=600)


def connect_routes(client, template, resources):
    """Gives the HTTP API its routes, which the emulator does not take over from the transformed template."""
    api = client("apigatewayv2")
    api_id = next(made for made, kind in resources.values() if kind == "AWS::ApiGatewayV2::Api")
    if not api.get_routes(ApiId=api_id)["Items"]:
        targets = {}
        for function, route in template.routes():
            if function not in targets:
                made = api.create_integration(
                    ApiId=api_id, IntegrationType="AWS_PROXY", PayloadFormatVersion="2.0",
                    IntegrationUri=f"arn:aws:lambda:{REGION}:000000000000:function:{resources[function][0]}",
                )
                targets[function] = f"integrations/{made['IntegrationId']}"
            api.create_route(ApiId=api_id, RouteKey=route, Target=targets[function])
    return api_id


def watch_a_change(url, redis_port, processes):
    """Waits for one change to go all the way: API, table, stream, change-relay, queue, cache-evict, cache."""
    name = "deploy-local-probe"
    # As if somebody had looked for the name and had been told that nobody bears it.
    cached = f"name:{{{name}}}"
    redis_answer(redis_port, "HSET", cached, "version", "0")
    user = {"username": name, "email": f"{name}@mail.example", "password": "correct horse battery staple"}
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", f"{parts.path}/api/users", json.dumps({"user": user}),
                           {"Content-Type": "application/json"})
        status = connection.getresponse().status
    if status != 201:
        raise Failure(f"the probe's sign-up was answered with {status}")
    say("waiting for its change to reach cache-evict")
    wait_until("cache-evict", lambda: redis_answer(redis_port, "EXISTS", cached) == b":0", processes)


def watch_the_sweep(client, logs, resources, processes):
    """Waits until what the command has deleted is swept: by the schedule alone, as nothing else calls the function."""
    table, _ = resources["ArticlesTable"]

    def swept():
        logs.follow()
        marks = client("dynamodb").query(
            TableName=table, Select="COUNT", ConsistentRead=True, KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "SWEEP"}})
        return marks["Count"] == 0 and re.search(r'"drafts":[1-9]', logs.of("sweep"))

    say("waiting for the schedule to sweep what was deleted")
    wait_until("sweep", swept, processes, seconds=180)


def dead_letters(client, resources):
    """The dead-letter queues that are not empty, with their sizes."""
    queues = {name: made for name, (made, kind) in resources.items()
              if kind == "AWS::SQS::Queue" and name.endswith("DeadLetterQueue")}
    size = "ApproximateNumberOfMessages"
    counted = {name: int(client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[size])["Attributes"][size])
               for name, url in queues.items()}
    return {name: count for name, count in counted.items() if count}


class FunctionLogs:
    """Copies what the functions print from the emulator's log groups to one file each."""

    def __init__(self, client, resources, directory):
        self.client = client("logs")
        self.groups = [made for made, kind in resources.values() if kind == "AWS::Logs::LogGroup"]
        self.directory = directory
        self.since = 0

    def follow(self, settle_milliseconds=1000):
        """Copies what is new and old enough to be complete, so that each line is copied once."""
        until = int(time.time() * 1000) - settle_milliseconds
        for group in self.groups:
            events = self.client.filter_log_events(logGroupName=group, startTime=self.since, endTime=until)["events"]
            if events:
                name = group.removeprefix(f"/aws/lambda/{STACK}-")
                with open(self.directory / f"{name}.log", "a") as file:
                    file.writelines(event["message"] + "\n" for event in events)
        self.since = until + 1

    def of(self, name):
        """What a function has printed so far."""
        file = self.directory / f"{name}.log"
        return file.read_text() if file.exists() else ""


def serve(arguments, state, processes):
    """Brings everything up, then runs the command or waits. Returns the exit status."""
    template = Template()
    architecture = build(template, arguments.profile, processes)
    redis_port = start_redis(state, processes)
    search_url = start_search(processes)
    # Messages to phones go into a file that functions and tests share.
    outbox = processes.logs / "sms.jsonl"
    outbox.unlink(missing_ok=True)
    vendors = json.dumps([{"kind": "file", "path": str(outbox)}], separators=(",", ":"))
    parameters = {
        "SmsProviders": vendors, "SmsCountries": "*",
        **template.parameters_from_environment(), **secrets(arguments.profile, processes),
        "Architecture": architecture, "DeletionProtection": "false", "RedisUrl": f"redis://127.0.0.1:{redis_port}",
        "SearchUrl": search_url,
    }
    doubles = doubles_ports()
    away = keep_away(doubles)
    if arguments.exec:
        parameters.update(doubles_parameters(doubles))
    endpoint = start_emulator(state, free_port(arguments.port), processes)
    say(f"deploying {TEMPLATE.name} to the emulator at {endpoint}")
    deploy(state, endpoint, parameters, processes)

    def client(service):
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION,
                            aws_access_key_id="test", aws_secret_access_key="test")

    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = {resource["LogicalResourceId"]: (resource["PhysicalResourceId"], resource["ResourceType"])
                 for page in pages for resource in page["StackResourceSummaries"]}
    # The address by path: names below localhost, which the address by host would need, do not resolve everywhere.
    url = f"{endpoint}/_aws/execute-api/{connect_routes(client, template, resources)}"
    logs = FunctionLogs(client, resources, processes.logs)
    try:
        wait_until("the API", lambda: get(f"{url}/")[0] < 500, processes)
        print(f"ready {url}", flush=True)
        if arguments.exec:
            watch_a_change(url, redis_port, processes)
            command = processes.start("command", ["sh", "-c", arguments.exec], log=False,
                                      env={**os.environ, "BLOGHUB_API": url, "BLOGHUB_DOUBLES": str(doubles),
                                           "BLOGHUB_SMS_OUTBOX": str(outbox)})
            while command.poll() is None:
                logs.follow()
                time.sleep(0.5)
            # Who deploys with a schedule of their own wants to see it run.
            if "SweepSchedule" in parameters and command.returncode == 0:
                processes.running.remove(command)
                watch_the_sweep(client, logs, resources, processes)
            if dead := dead_letters(client, resources):
                raise Failure(f"messages were given up: {dead}")
            return command.returncode
        while True:
            processes.check()
            logs.follow()
            time.sleep(1)
    finally:
        away.close()
        with contextlib.suppress(Exception):
            logs.follow(settle_milliseconds=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="the emulator's port (default: any free one)")
    parser.add_argument("--logs", type=Path, metavar="DIR", default=ROOT / "target/deploy-local",
                        help="where logs go (default: target/deploy-local)")
    parser.add_argument("--profile", choices=["release", "dev"], default="release",
                        help="how the functions are built; dev is what the tests are built with (default: release)")
    parser.add_argument("--exec", metavar="COMMAND", help="run this with the URL in BLOGHUB_API, stop, exit as it did")
    arguments = parser.parse_args()

    def interrupt(*_):
        raise Interrupted

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        signal.signal(number, interrupt)

    with tempfile.TemporaryDirectory(prefix="bloghub-deploy-") as folder:
        state = Path(folder)
        logs = arguments.logs.absolute()
        logs.mkdir(parents=True, exist_ok=True)
        for old in logs.glob("*.log"):
            old.unlink()
        say(f"logs are in {logs}")
        processes = Processes(logs)
        status = 1
        try:
            status = serve(arguments, state, processes)
        except Interrupted:
            # The way to end it, unless it was to run a command to its end.
            status = 130 if arguments.exec else 0
        except Exception as error:
            say(f"error: {error if isinstance(error, Failure) else f'{type(error).__name__}: {error}'}")
        finally:
            # A second Ctrl-C must not leave half of it behind.
            for number in signals:
                signal.signal(number, signal.SIG_IGN)
            processes.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
