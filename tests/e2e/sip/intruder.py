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
from tests.e2e.sip import PATIENCE

_HASH: Final = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_COPIED: Final = re.compile(r"^(?:Via|Record-Route|From|To|Call-ID|CSeq): .*$", re.MULTILINE)


class Digest(NamedTuple):
    """What a device answers a challenge with."""

    username: str
    ha1: str
    algorithm: Algorithm


class Intruder:
    """One TLS connection to a SIP server on localhost that sends what it is told to send."""

    def __init__(self, port: int, authority: Path, domain: str) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
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
        body: str = "",
    ) -> int:
        """The final status of a request from `sender` to `to` (numbers), with its challenge answered once."""
        return status(self.answer(method, sender, to, digest, headers, body))

    def answer(
        self,
        method: str,
        sender: str,
        to: str,
        digest: Digest,
        headers: Mapping[str, str] | None = None,
        body: str = "",
    ) -> str:
        """Like `asks`: the whole final answer."""
        final = self.begins(method, sender, to, digest, headers, body)
        return final or self.final(2, method)

    def begins(
        self,
        method: str,
        sender: str,
        to: str,
        digest: Digest,
        headers: Mapping[str, str] | None = None,
        body: str = "",
    ) -> str:
        """Sends a request and answers its challenge; what comes then is not waited for. The final answer, when there
        was no challenge, else nothing."""
        call = secrets.token_hex(8)
        self._send(method, sender, to, call, 1, headers or {}, body)
        answer = self.final(1, method)
        challenge = re.search(r"^(WWW|Proxy)-Authenticate: Digest (.*)$", answer, re.MULTILINE)
        if challenge is None:
            return answer
        name = "Authorization" if challenge[1] == "WWW" else "Proxy-Authorization"
        credentials = self._answer_to(challenge[2], method, self._uri(method, to), digest)
        self._send(method, sender, to, call, 2, {**(headers or {}), name: credentials}, body)
        return ""

    def final(self, number: int, method: str) -> str:
        """The final answer to the request of that CSeq."""
        while True:
            answer = self._read()
            if status(answer) >= 200 and f"CSeq: {number} {method}" in answer:
                return answer

    def hears(self, method: str) -> str:
        """The next request of that method. Raises TimeoutError."""
        while not (message := self._read()).startswith(f"{method} "):
            pass
        return message

    def replies(self, request: str, line: str, body: str = "") -> None:
        """Answers a request that was heard; `line` is like `200 OK`."""
        copied = [
            f"{each};tag=callee" if each.startswith("To:") and "tag=" not in each else each
            for each in _COPIED.findall(request)
        ]
        own = [f"Contact: <sip:callee@127.0.0.1:{self._port};transport=tls>"]
        self._write([f"SIP/2.0 {line}", *copied, *own], body)

    def follows(self, method: str, answer: str, body: str = "", number: int = 2) -> None:
        """Sends a request inside the dialog that this 200 to the own INVITE has made."""
        target = re.search(r"^Contact: *<([^>]+)>", answer, re.MULTILINE)
        routes = re.findall(r"^Record-Route: *(.*)$", answer, re.MULTILINE)
        assert target is not None, answer
        kept = [line for line in _COPIED.findall(answer) if line.startswith(("From:", "To:", "Call-ID:"))]
        self._write(
            [
                f"{method} {target[1]} SIP/2.0",
                f"Via: SIP/2.0/TLS 127.0.0.1:{self._port};branch=z9hG4bK{secrets.token_hex(8)};rport",
                "Max-Forwards: 70",
                *(f"Route: {route}" for route in reversed(routes)),
                *kept,
                f"CSeq: {number} {method}",
                f"Contact: <sip:caller@127.0.0.1:{self._port};transport=tls>",
            ],
            body,
        )

    def _send(
        self, method: str, sender: str, to: str, call: str, number: int, headers: Mapping[str, str], body: str
    ) -> None:
        self._write(
            [
                f"{method} {self._uri(method, to)} SIP/2.0",
                f"Via: SIP/2.0/TLS 127.0.0.1:{self._port};branch=z9hG4bK{secrets.token_hex(8)};rport",
                "Max-Forwards: 70",
                f'From: "Somebody" <sip:{sender}@{self._domain}>;tag={secrets.token_hex(4)}',
                f"To: <sip:{to}@{self._domain}>",
                f"Call-ID: {call}",
                f"CSeq: {number} {method}",
                f"Contact: <sip:{sender}@127.0.0.1:{self._port};transport=tls>",
                "Expires: 60",
                *(f"{name}: {value}" for name, value in headers.items()),
            ],
            body,
        )

    def _write(self, lines: list[str], body: str) -> None:
        if body and not any(line.startswith("Content-Type:") for line in lines):
            lines = [*lines, "Content-Type: application/sdp"]
        sent = body.encode()
        self._socket.sendall("\r\n".join([*lines, f"Content-Length: {len(sent)}", "", ""]).encode() + sent)

    def _read(self) -> str:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._stream.readline()
            if not line:
                raise ConnectionError("the SIP server closed the connection")
            head += line if head or line.strip() else b""  # keep-alives stand between messages
        text = head.decode()
        length = re.search(r"^Content-Length: *(\d+)", text, re.MULTILINE | re.IGNORECASE)
        body = self._stream.read(int(length[1]) if length else 0)
        return (text + body.decode(errors="replace")).replace("\r\n", "\n")

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


def status(answer: str) -> int:
    """Of an answer; 0 for a request."""
    found = re.match(r"SIP/2\.0 (\d{3})", answer)
    return int(found[1]) if found else 0
