"""The other contenders of ``dev/bench``: XML-RPC into a running server, and bare COPY.

Both bring in what Odoo's own importer does; see ``bench.py``.
"""

import os
import socket
import subprocess
import sys
import time
import xmlrpc.client
from contextlib import contextmanager

import psutil

from bench import Peer, peak_memory, read_content

BATCH = 1000
SERVER_PATIENCE = 120
#: Tables with their IDs as the importer made them, and the plain relations of their records.
TABLES = {"company": "res_partner", "contact": "res_partner", "deal": "crm_lead",
          "activity": "mail_message"}  # fmt: skip
RELATIONS = {
    "res_partner": [("res_partner_res_partner_category_rel", "partner_id")],
    "crm_lead": [("crm_tag_rel", "lead_id")],
    "mail_message": [],
}


# ------------------------------------------------------------------ XML-RPC


def run_rpc(env, folder, addons_path):
    """``load`` over XML-RPC in batches, by one client, into a server of its own."""
    peer = RpcPeer(env, folder)
    base = peak_memory()
    peer.make_choices()
    env.cr.commit()
    with server(env.cr.dbname, addons_path) as (port, process):
        peer.connect(port, process)
        for entity, model, header, rows in peer.lists():
            peer.load(entity, model, header, list(rows))
        memory = process.memory_info().rss / 2**20
    env.cr.rollback()
    return {
        "phases": {f"load {name}": figure for name, figure in peer.meter.take().items()},
        "memory": {"start": base, "peak": peak_memory() + memory},
        "content": read_content(env, "__bench__"),
    }


class RpcPeer(Peer):
    def connect(self, port, process):
        """Log in, once the server answers."""
        self.process = process
        url = f"http://127.0.0.1:{port}/xmlrpc/2"
        database, login = self.env.cr.dbname, "admin"
        common = xmlrpc.client.ServerProxy(f"{url}/common", allow_none=True)
        until = time.monotonic() + SERVER_PATIENCE
        while True:
            try:
                uid = common.authenticate(database, login, login, {})
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
        objects = xmlrpc.client.ServerProxy(f"{url}/object", allow_none=True)
        self.call = lambda *args, **names: objects.execute_kw(database, uid, login, *args, names)

    def load(self, entity, model, header, rows):
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            before = sum(self.process.cpu_times()[:2])
            started = self.meter.read()
            result = self.call(model, "load", [header, batch], context={"tracking_disable": True})
            if not result["ids"]:
                raise SystemExit(f"{model}: {result['messages'][:3]}")
            self.meter.add(entity, len(batch), started)
            self.meter.figures[entity]["cpu"] += sum(self.process.cpu_times()[:2]) - before
            for row, res_id in zip(batch, result["ids"], strict=True):
                self.ids[row[0]] = res_id


@contextmanager
def server(database, addons_path):
    """A server of one process, without crons, on a free port of this machine."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    arguments = [
        f"--addons-path={addons_path}", f"--database={database}", f"--http-port={port}",
        "--http-interface=127.0.0.1", "--max-cron-threads=0", "--workers=0", "--log-level=error",
    ]  # fmt: skip
    with subprocess.Popen([sys.executable, "-m", "odoo", *arguments], env=os.environ) as process:
        try:
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


# ------------------------------------------------------------------ COPY


def save_rows(env, folder):
    """Keep the finished rows of the importer's database, for COPY."""
    folder.mkdir(exist_ok=True)
    for entity, table in TABLES.items():
        chosen = _chosen(entity)
        _save(env, folder / f"{entity}.rows", table, f"id IN ({chosen}) ORDER BY id")
        _save(env, folder / f"{entity}.names", "ir_model_data", _named(entity))
        for relation, column in RELATIONS[table]:
            _save(env, folder / f"{entity}.{relation}", relation, f"{column} IN ({chosen})")


def _named(entity):
    return f"module = '__bench__' AND name LIKE '{entity}\\_%'"


def _chosen(entity):
    return f"SELECT res_id FROM ir_model_data WHERE {_named(entity)}"


def _save(env, path, table, condition):
    columns = _columns(env, table)
    with path.open("wb") as stream:
        env.cr.copy_expert(
            f"COPY (SELECT {columns} FROM {table} WHERE {condition}) TO STDOUT", stream
        )


def _columns(env, table):
    env.cr.execute(
        """SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
             FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'
              AND NOT (column_name = 'id' AND table_name = 'ir_model_data')""",
        [table],
    )
    return env.cr.fetchone()[0]


def run_limit(env, folder):
    """COPY of the finished rows into the same tables, with their indexes and constraints."""
    peer = Peer(env, folder)
    base = peak_memory()
    peer.make_choices()
    env.cr.commit()
    for entity, table in TABLES.items():
        started = peer.meter.read()
        files = [(f"{entity}.rows", table), (f"{entity}.names", "ir_model_data")]
        files += [(f"{entity}.{relation}", relation) for relation, __ in RELATIONS[table]]
        records = 0
        for name, into in files:
            with (folder / "rows" / name).open("rb") as stream:
                env.cr.copy_expert(f"COPY {into} ({_columns(env, into)}) FROM STDIN", stream)
            records = records or env.cr.rowcount
        env.cr.commit()
        peer.meter.add(entity, records, started)
    return {
        "phases": {f"load {name}": figure for name, figure in peer.meter.take().items()},
        "memory": {"start": base, "peak": peak_memory()},
        "content": read_content(env, "__bench__"),
    }
