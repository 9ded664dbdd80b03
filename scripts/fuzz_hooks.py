"""What the fuzzer knows of this API beyond its OpenAPI document: how to log in, which articles there are, and what every
error has. Schemathesis loads it (SCHEMATHESIS_HOOKS)."""

import collections
import itertools
import json
import os

import requests
import schemathesis

URL = os.environ["FUZZ_URL"]
NAMES = itertools.count()
# The latest articles that were published, drafts that were begun and users, so that paths lead somewhere half of the time.
SLUGS = collections.deque(maxlen=16)
# The latest comments, each with its article.
COMMENTS = collections.deque(maxlen=16)
DRAFTS = collections.deque(maxlen=16)
USERNAMES = collections.deque(maxlen=16)
# Sessions that were listed; some have ended since.
SESSIONS = collections.deque(maxlen=16)
# Refresh tokens of logins and refreshes, the latest last.
REFRESH_TOKENS = collections.deque(maxlen=16)
PROBLEM = {"type", "title", "status", "detail", "code", "requestId", "errors"}

session = requests.Session()
# No proxy of the machine's is asked for an address on this machine.
session.trust_env = False
# A token is good for the kind of client that logged in.
AGENT = "fuzzer/1"
session.headers["User-Agent"] = AGENT


class Account:
    """Signs somebody up whenever a token is wanted; a token that is refused, as after a logout, is replaced."""

    def get(self, _case, _context):
        name = f"fuzzer-{os.getpid()}-{next(NAMES)}"
        user = {"username": name, "email": f"{name}@mail.example", "password": "correct horse battery"}
        answer = session.post(f"{URL}/api/users", json={"user": user}, timeout=30)
        answer.raise_for_status()
        USERNAMES.append(name)
        return answer.json()["user"]["token"]

    def set(self, case, token, _context):
        case.headers["Authorization"] = f"Token {token}"
        case.headers["User-Agent"] = AGENT


if os.environ["FUZZ_AS"] == "user":
    schemathesis.auth()(Account)


@schemathesis.hook
def map_path_parameters(context, parameters):
    """Puts a real slug, or a real draft's id, into every second path, and a real comment into every fourth that has one."""
    parameters = parameters or {}
    wanted = "slug" if "slug" in parameters else "id"
    of_session = context.operation is not None and context.operation.path.startswith("/api/sessions")
    known = SLUGS if wanted == "slug" else SESSIONS if of_session else DRAFTS
    if wanted in parameters and known:
        turn = hash(parameters[wanted]) if isinstance(parameters[wanted], str) else 1
        if turn % 2 == 0:
            if wanted == "slug" and "id" in parameters and COMMENTS and turn % 4 == 0:
                parameters["slug"], parameters["id"] = COMMENTS[turn % len(COMMENTS)]
            else:
                parameters[wanted] = known[turn % len(known)]
    if parameters and "username" in parameters and USERNAMES:
        turn = hash(parameters["username"]) if isinstance(parameters["username"], str) else 1
        if turn % 2 == 0:
            parameters["username"] = USERNAMES[turn % len(USERNAMES)]
    return parameters


@schemathesis.hook
def map_body(context, body):
    """Puts a real refresh token into every second body that has one."""
    if context.operation is not None and context.operation.path == "/api/sessions/refresh" and isinstance(body, dict):
        token = body.get("refreshToken")
        if isinstance(token, str) and REFRESH_TOKENS and hash(token) % 2 == 0:
            body["refreshToken"] = REFRESH_TOKENS[hash(token) % len(REFRESH_TOKENS)]
    return body


@schemathesis.hook
def after_call(_context, case, response):
    if case.operation.label == "GET /api/sessions" and response.status_code == 200 and case.method.upper() == "GET":
        SESSIONS.extend(listed["id"] for listed in response.json()["sessions"] if not listed["current"])
    # A preflight of the same path is answered with 200 too, and has no body.
    if case.method.upper() != "POST":
        return
    logins = ("POST /api/users", "POST /api/users/login", "POST /api/sessions/refresh")
    if case.operation.label in logins and response.status_code in (200, 201):
        REFRESH_TOKENS.append(response.json()["user"]["refreshToken"])
    published = ("POST /api/articles", "POST /api/drafts/{id}/publish")
    if case.operation.label in published and response.status_code in (200, 201):
        SLUGS.append(response.json()["article"]["slug"])
    if case.operation.label == "POST /api/articles/{slug}/comments" and response.status_code == 201:
        COMMENTS.append((case.path_parameters["slug"], response.json()["comment"]["id"]))
    if case.operation.label == "POST /api/drafts" and response.status_code == 201:
        DRAFTS.append(response.json()["draft"]["id"])


@schemathesis.check
def every_answer_has_its_id(_context, response, _case):
    """Every answer has an `x-request-id`."""
    assert header(response, "x-request-id"), "the answer has no x-request-id"


@schemathesis.check
def every_error_is_a_problem(_context, response, case):
    """Every 4xx and 5xx is a whole problem (RFC 9457) that carries the request's id."""
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return
    assert header(response, "content-type") == "application/problem+json", "an error of another content type"
    problem = json.loads(response.content)
    assert set(problem) >= PROBLEM, f"the problem lacks {PROBLEM - set(problem)}"
    assert problem["status"] == response.status_code, "the problem has another status than the answer"
    assert problem["requestId"] == header(response, "x-request-id"), "the problem has another id than the answer"
    assert problem["type"] == f"urn:bloghub:problem:{problem['code']}", "type and code disagree"
    assert problem["errors"] and all(problem["errors"].values()), "the problem names nothing in errors"


def header(response, name):
    return next(iter(response.headers.get(name, [])), None)
