"""A proxy for a unix socket that cuts the connection around the first message of the client that holds a given text."""

import os
import socket
import threading


class CuttingProxy:
    """
    Listens at `path` and connects to `target`.

    text    what is looked for in the bytes of a client
    before  the message is not passed on; else it is, and its answer is what gets lost
    """

    def __init__(self, path, target, text, before):
        self.path, self.target, self.text, self.before = path, target, text, before
        self.cuts = 0
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            cut = threading.Event()
            threading.Thread(target=self._pass, args=(server, client, cut), daemon=True).start()
            threading.Thread(target=self._ask, args=(client, server, cut), daemon=True).start()

    def _is_due(self, data):
        with self.lock:
            if self.cuts or self.text not in data:
                return False
            self.cuts += 1
            return True

    def _ask(self, client, server, cut):
        while data := self._read(client):
            if not self._is_due(data):
                server.sendall(data)
                continue
            cut.set()  # nothing comes back from here on
            if self.before:
                self._end(client, server)
            else:
                server.sendall(data)
            return
        self._end(client, server)

    def _pass(self, server, client, cut):
        while data := self._read(server):
            if cut.is_set():
                break
            client.sendall(data)
        self._end(client, server)

    @staticmethod
    def _read(end):
        try:
            return end.recv(65536)
        except OSError:
            return b""

    @staticmethod
    def _end(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
