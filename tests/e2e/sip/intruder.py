"""Speaks SIP by hand, over TLS: for what no honest phone says."""

import hashlib
import re
import secrets
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from functions.provisioning.clients import Algorithm

_HASH: Final = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Digest(NamedTuple):
    """What a device answers a challenge with."""

    username: str
    ha1: str
    algorithm: Algorithm


class Intruder:
    """One TLS connection to a SIP server on localhost that sends what it is told to send."""

    def __init__(self, port: int, authority: Path, domain: str) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=15)
        self._socket = ssl.create_default_context(cafile=str(authority)).wrap_socket(raw, server_hostname="localhost")
        self._stream = self._socket.makefile("rb")
        self._domain = domain
        self._port = self._socket.getsockname()[1]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def asks(
        self,
        method: str,
        sender: str,
        to: str,
        digest: Digest,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """The final status of a request from `sender` to `to` (numbers), with its challenge answered once."""
        call = secrets.token_hex(8)
        answer = self._send(method, sender, to, call, 1, headers or {})
        challenge = re.search(r"^(WWW|Proxy)-Authenticate: Digest (.*)$", answer, re.MULTILINE)
        if challenge is None:
            return _status(answer)
        name = "Authorization" if challenge[1] == "WWW" else "Proxy-Authorization"
        credentials = self._answer_to(challenge[2], method, self._uri(method, to), digest)
        return _status(self._send(method, sender, to, call, 2, {**(headers or {}), name: credentials}))

    def _send(self, method: str, sender: str, to: str, call: str, number: int, headers: Mapping[str, str]) -> str:
        uri = self._uri(method, to)
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/TLS 127.0.0.1:{self._port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f'From: "Somebody" <sip:{sender}@{self._domain}>;tag={secrets.token_hex(4)}',
            f"To: <sip:{to}@{self._domain}>",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{sender}@127.0.0.1:{self._port};transport=tls>",
            "Expires: 60",
            *(f"{name}: {value}" for name, value in headers.items()),
            "Content-Length: 0",
        ]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            answer = self._read()
            if _status(answer) >= 200 and f"CSeq: {number} {method}" in answer:
                return answer

    def _read(self) -> str:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._stream.readline()
            if not line:
                raise ConnectionError("the SIP server closed the connection")
            head += line
        text = head.decode()
        length = re.search(r"^Content-Length: *(\d+)", text, re.MULTILINE | re.IGNORECASE)
        self._stream.read(int(length[1]) if length else 0)
        return text.replace("\r\n", "\n")

    def _uri(self, method: str, to: str) -> str:
        return f"sip:{self._domain}" if method == "REGISTER" else f"sip:{to}@{self._domain}"

    def _answer_to(self, challenge: str, method: str, uri: str, digest: Digest) -> str:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
        hashed = _HASH[digest.algorithm]
        ha2 = hashed(f"{method}:{uri}".encode()).hexdigest()
        cnonce, count = secrets.token_hex(8), "00000001"
        response = hashed(f"{digest.ha1}:{given['nonce']}:{count}:{cnonce}:auth:{ha2}".encode()).hexdigest()
        return (
            f'Digest username="{digest.username}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={digest.algorithm}, cnonce="{cnonce}", qop=auth, nc={count}'
        )


def _status(answer: str) -> int:
    found = re.match(r"SIP/2\.0 (\d{3})", answer)
    return int(found[1]) if found else 0
