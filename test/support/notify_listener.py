"""A service manager's socket: prints a line of JSON for each message (argument: the socket's path, or '@' and a name)."""

import json
import os
import socket
import sys

path = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\0" + path[1:] if path.startswith("@") else path)
print(json.dumps({"listening": path}), flush=True)
while True:
    message, descriptors, _, _ = socket.recv_fds(listener, 65536, 16)
    for descriptor in descriptors:
        os.close(descriptor)
    told = dict(line.split("=", 1) for line in message.decode().splitlines())
    # A barrier comes with a descriptor, and its sender waits until that is closed.
    if "BARRIER" not in told:
        print(json.dumps(told), flush=True)
