"""One connection of a client: HTTP, and WebSocket where it asks for that, spoken by h11 and wsproto.

Not aiohttp: the server lives in the process of the client that it is tried with, and that client's aiohttp may be
another version, or the very one that leaks. These two are pure Python, do no I/O and start no task, so what a server
holds is its connections and nothing else.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, RejectConnection, TextMessage
from wsproto.events import Request as Handshake
from wsproto.utilities import ProtocolError

WRITE_MOST = 4 * 1024 * 1024
"""Bytes that may wait for a client that does not read; a venue, too, drops one that is slower than its feed."""

BODY_MOST = 1024 * 1024
"""Bytes of a request's body, or of a message from a client; more ends the connection."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


def as_json(message: Any) -> str:
    """A message as a venue sends it: JSON without blanks."""
    return _encode(message)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for by HTTP: its method, path, and query with the last value of each key."""

    method: str
    path: str
    query: dict[str, str]

    @classmethod
    def of(cls, method: str, target: str) -> Request:
        parts = urlsplit(target)
        return cls(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What it is answered: something that JSON can say, a status, more headers, and after how many seconds."""

    content: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0


class Desk(Protocol):
    """Who answers: the exchange behind the connections."""

    def arrived(self, connection: Connection) -> None:
        """A connection is made."""

    def answer(self, request: Request) -> Answer:
        """The answer to a request by HTTP."""

    def opens(self, connection: Connection, request: Request) -> bool:
        """Whether there is a WebSocket at this address; `connected` follows where there is."""

    def connected(self, connection: Connection, request: Request) -> None:
        """The WebSocket is open."""

    def said(self, connection: Connection, text: str) -> None:
        """A text message from a client."""

    def gone(self, connection: Connection) -> None:
        """The connection is closed, from whichever side, or lost."""


class Connection(asyncio.Protocol):
    """One connection. `open` while text can be sent; a connection that is `mute` neither sends nor hears any more."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._transport: asyncio.Transport | None = None
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=BODY_MOST)
        self._request: Request | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._socket: WSConnection | None = None
        self._unfinished: deque[str] = deque()
        self.mute = False
        self.overrun = False

    # What the desk does with it

    @property
    def open(self) -> bool:
        return self._socket is not None and self._transport is not None and not self._transport.is_closing()

    def send(self, text: str) -> bool:
        """Send a text message; False where it was not, since the connection is closed, mute, or the client too slow."""
        transport = self._transport
        if self._socket is None or transport is None or self.mute or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > WRITE_MOST:
            self.overrun = True
            transport.abort()
            return False
        transport.write(self._socket.send(TextMessage(data=text)))
        return True

    def ping(self, payload: bytes) -> None:
        """Send a ping of the protocol's own."""
        if self.open and self._socket is not None and self._transport is not None and not self.mute:
            self._transport.write(self._socket.send(Ping(payload=payload)))

    def close(self, code: int, reason: str = "") -> None:
        """Close it as the protocol has it."""
        if self.open and self._socket is not None and self._transport is not None:
            self._transport.write(self._socket.send(CloseConnection(code=code, reason=reason)))
            self._transport.close()

    def abort(self) -> None:
        """Drop it: the client finds its connection reset."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._desk.arrived(self)

    def data_received(self, data: bytes) -> None:
        if self.mute:
            return
        try:
            if self._socket is not None:
                self._socket.receive_data(data)
                self._hear(self._socket)
            else:
                self._http.receive_data(data)
                self._read_requests()
        except (h11.ProtocolError, ProtocolError):
            self.abort()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self._socket = self._transport = None
        self._desk.gone(self)

    # HTTP

    def _read_requests(self) -> None:
        while self._transport is not None and self._socket is None:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                if isinstance(event, h11.ConnectionClosed):
                    self._transport.close()
                return
            if isinstance(event, h11.Request):
                request = Request.of(event.method.decode(), event.target.decode())
                if any(name == b"upgrade" and value.lower() == b"websocket" for name, value in event.headers):
                    self._shake_hands(request, event)
                    return
                self._request = request
            elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                answer = self._desk.answer(self._request)
                if answer.delay_s:
                    loop = asyncio.get_running_loop()
                    self._waiting = loop.call_later(answer.delay_s, self._answer_late, answer)
                    return
                self._answer(answer)

    def _answer_late(self, answer: Answer) -> None:
        self._waiting = None
        self._answer(answer)
        self._read_requests()

    def _answer(self, answer: Answer) -> None:
        transport, self._request = self._transport, None
        if transport is None or transport.is_closing() or self.mute:
            return
        body = as_json(answer.content).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *answer.headers]
        said = [
            self._http.send(
                h11.Response(status_code=answer.status, reason=HTTPStatus(answer.status).phrase, headers=headers)
            ),
            self._http.send(h11.Data(data=body)),
            self._http.send(h11.EndOfMessage()),
        ]
        transport.write(b"".join(part for part in said if part))
        if self._http.our_state is h11.MUST_CLOSE:
            transport.close()
        else:
            self._http.start_next_cycle()

    # WebSocket

    def _shake_hands(self, request: Request, event: h11.Request) -> None:
        assert self._transport is not None
        socket = WSConnection(ConnectionType.SERVER)
        socket.initiate_upgrade_connection(list(event.headers), event.target.decode())
        shake = next(socket.events())
        assert isinstance(shake, Handshake)
        if not self._desk.opens(self, request):
            self._transport.write(socket.send(RejectConnection(status_code=404)))
            self._transport.close()
            return
        self._transport.write(socket.send(AcceptConnection()))
        rest, _ = self._http.trailing_data
        self._socket = socket
        self._desk.connected(self, request)
        if rest:
            self.data_received(rest)

    def _hear(self, socket: WSConnection) -> None:
        for event in socket.events():
            match event:
                case TextMessage():
                    self._unfinished.append(event.data)
                    if sum(map(len, self._unfinished)) > BODY_MOST:
                        self.abort()
                        return
                    if event.message_finished:
                        text = "".join(self._unfinished)
                        self._unfinished.clear()
                        self._desk.said(self, text)
                case Ping():
                    self._write(socket.send(event.response()))
                case CloseConnection():
                    self._write(socket.send(event.response()))
                    if self._transport is not None:
                        self._transport.close()
                    return
                case BytesMessage():
                    pass  # no venue takes one

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
