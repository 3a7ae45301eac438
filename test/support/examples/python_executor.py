"""An executor in Python, of the standard library alone. src/sdk/PROTOCOL.md explains each step.

APP_KEY=… APP_SECRET=… DEPLOYMENT=… SERVER=http://127.0.0.1:8787 PORT=7001 python3 python_executor.py
"""
import base64, hashlib, hmac, json, os, threading, time, urllib.error, urllib.request, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

APP_KEY, SECRET, PORT = os.environ["APP_KEY"], os.environ["APP_SECRET"].encode(), int(os.environ["PORT"])
DEPLOYMENT, SERVER = os.environ["DEPLOYMENT"], os.environ["SERVER"] + "/api/v1/executor"
ADDRESS, ACCEPT_AFTER_S = f"http://127.0.0.1:{PORT}", 0.5
stops = {}  # Of each attempt under way: the event that tells its handler to stop.
used = {}  # Tokens that were used, and until when they must be remembered.
lock = threading.Lock()
def greet(params, shard, log, stop):
    log(f"greeting {params['name']}")
    return {"greeting": f"Hello, {params['name']}!"}

def grind(params, shard, log, stop):
    for _ in range(params["steps"]):
        if stop.wait(0.1):
            raise InterruptedError
    return {"steps": params["steps"]}

HANDLERS = {"greet": greet, "grind": grind,
            "share": lambda params, shard, log, stop: {"index": shard["index"], "items": shard.get("items", [])}}

b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
unb64 = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
digest = lambda data: b64(hashlib.sha256(data).digest())
signature = lambda text: b64(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())

def is_genuine(header, url, body):
    """Whether the scheduler sent this body to this address, lately, and for the first time."""
    try:
        head, payload, mac = header.removeprefix("Bearer ").split(".")
        if not hmac.compare_digest(mac, signature(f"{head}.{payload}")):
            return False
        claims, now = json.loads(unb64(payload)), time.time()
        said = (json.loads(unb64(head)), *(claims[name] for name in ("iss", "aud", "sub", "body")))
        if said != ({"alg": "HS256", "typ": "run+jwt"}, DEPLOYMENT, APP_KEY, url, digest(body)):
            return False
        if not claims["iat"] - 30 < now < claims["exp"] + 30 or claims["exp"] > claims["iat"] + 300:
            return False
        with lock:
            for jti in [jti for jti, until in used.items() if until < now]:
                del used[jti]
            is_new = claims["jti"] not in used
            used[claims["jti"]] = claims["exp"] + 30
            return is_new
    except (AttributeError, KeyError, TypeError, ValueError):
        return False

def post(url, token, text):
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, text.encode(), headers), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 503

def call(name, body):
    """Calls the scheduler under a token for this call alone."""
    text, now = json.dumps(body), int(time.time())
    claims = {"iss": APP_KEY, "sub": APP_KEY, "aud": DEPLOYMENT, "iat": now, "nbf": now, "exp": now + 300,
              "jti": str(uuid.uuid4()), "body": digest(text.encode())}
    signed = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "exec+jwt"}, claims))
    return post(f"{SERVER}/{name}", f"{signed}.{signature(signed)}", text)

def work(order, ended, first):
    """Runs the handler, and calls back when its delivery was answered with 202 before."""
    key, lines, seq = (order["run"], order["attempt"]), [], time.time_ns() // 1000
    now = lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    log = lambda text: lines.append({"at": now(), "level": "info", "text": text, "seq": seq + len(lines)})
    try:
        result = HANDLERS[order["handler"]](order["params"], order.get("shard"), log, stops[key])
        ended.update(status="succeeded", result=result)  # A step of a workflow may add context={...}.
    except InterruptedError:
        ended.update(status="canceled")
    except Exception as error:
        ended.update(status="failed", error={"message": repr(error)})
    if lines:
        call("logs", {"run": order["run"], "attempt": order["attempt"], "lines": lines})
    if not first.acquire(blocking=False):
        while post(order["callback"]["url"], order["callback"]["token"], json.dumps(ended)) >= 500:
            time.sleep(1)
    del stops[key]

class Surface(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_genuine(self.headers.get("authorization"), ADDRESS + self.path, body):
            return self.answer(401, {"error": {"message": "no token of the scheduler's"}})
        order = json.loads(body)
        key = (order["run"], order["attempt"])
        if self.path == "/tickwheel/cancel":
            if key in stops:
                stops[key].set()  # How it ends is called back.
            return self.answer(200, {"canceled": False} if key in stops else {"known": False})
        # The handler's end and the 202: `first` is taken by whichever comes first.
        stops[key], ended, first = threading.Event(), {}, threading.Semaphore(1)
        thread = threading.Thread(target=work, args=(order, ended, first), daemon=True)
        thread.start()
        thread.join(ACCEPT_AFTER_S)
        if first.acquire(blocking=False):
            return self.answer(202, {})
        self.answer(200 if ended["status"] == "succeeded" else 500, ended)

    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", PORT), Surface).serve_forever, daemon=True).start()
while True:
    status = call("beat", {"address": ADDRESS, "handlers": list(HANDLERS)})
    print(f"beat {status}", flush=True)
    time.sleep(10 if status == 200 else 1)
