#!/usr/bin/env python3
"""A web service that keeps its data in the registry of its node: GET /KEY reads, PUT /KEY writes. Python's standard library alone.

python_service.py SOCKET PORT
"""
import http.client
import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Door(http.client.HTTPConnection):
    """HTTP over the node's Unix socket."""

    def __init__(self, path):
        super().__init__("gossip", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, module, request):
    """The status and the answer of a module."""
    door = Door(path)
    try:
        door.request("POST", f"/v1/apps/{module}/request", json.dumps(request), {"content-type": "application/json"})
        answer = door.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        door.close()


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        status, answer = ask(SOCKET, "registry", {"op": "get", "key": self.path[1:]})
        if status == 200 and not answer["exists"]:
            status, answer = 404, {"message": "there is no such key"}
        self.respond(status, answer)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.respond(*ask(SOCKET, "registry", {"op": "set", "key": self.path[1:], "value": body.decode()}))

    def respond(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    SOCKET = sys.argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Service)
    print(f"serving at {server.server_address[1]}", flush=True)
    server.serve_forever()
