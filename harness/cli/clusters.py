"""The options by which a table of runs goes to a Dask cluster, and the cluster that they name."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from harness.cluster.connection import Cluster
    from harness.soaks.run_rows import Row

_BESIDE_ON = ("tls_ca", "tls_cert", "tls_key", "shared")


def declare_cluster(parser: argparse.ArgumentParser) -> None:
    """Add the scheduler, the TLS files, and the shared folder."""
    parser.add_argument(
        "--on",
        metavar="ADDRESS",
        help="run on the workers of this Dask scheduler, such as tcp://host:8786 (one of your own: it executes "
        "whatever clients send); --jobs is then how many runs of a group go at once",
    )
    parser.add_argument("--tls-ca", type=Path, metavar="FILE", help="with --on tls://...: the authority, PEM")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="with --on: this client's certificate, PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="with --on: the certificate's key, PEM")
    parser.add_argument(
        "--shared",
        type=Path,
        metavar="DIR",
        help="with --on: a folder that every machine sees at this path; the result goes there, and runs are recorded "
        "there instead of being sent",
    )


@contextlib.contextmanager
def cluster_of(console: Console, arguments: argparse.Namespace) -> Iterator[Cluster | None]:
    """Be connected inside to the cluster that ``--on`` names; None where none is.

    Says first what is about to be connected. Raises UsageError where there is none, or it is not fit.
    """
    if arguments.on is None:
        for name in _BESIDE_ON:
            if getattr(arguments, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for a cluster: give --on too")
        yield None
        return
    if importlib.util.find_spec("distributed") is None:
        raise UsageError(f"--on {arguments.on}: Dask is not installed here: pip install 'collector-soak[cluster]'")
    from harness.cluster.connection import Keys, connected
    from harness.report.terminal.console import whole_line

    if not arguments.quiet:
        whole_line(console, f"Connecting to the Dask scheduler at {arguments.on} ...")
    with connected(arguments.on, Keys(arguments.tls_ca, arguments.tls_cert, arguments.tls_key)) as cluster:
        yield cluster


def say_workers(console: Console, cluster: Cluster) -> None:
    """Print what the cluster offers."""
    from harness.report.terminal.console import paragraph

    workers = cluster.workers()
    threads, memory = sum(worker.threads for worker in workers), sum(worker.memory_bytes for worker in workers)
    hosts = sorted({worker.host for worker in workers})
    paragraph(
        console,
        f"On {cluster.address}: {len(workers)} {'worker' if len(workers) == 1 else 'workers'} on "
        f"{', '.join(hosts[:8])}{' ...' if len(hosts) > 8 else ''}, {threads} at once, {memory / 1e9:.2f} GB for runs.",
    )


def run_again(console: Console, rows: tuple[Row, ...], cluster: Cluster | None) -> None:
    """Remove, and say so, what was recorded of groups that cannot be completed on the machine that began them."""
    import shutil

    from harness.cluster.conditions import this_host
    from harness.cluster.groups import strangers
    from harness.report.terminal.console import paragraph

    hosts = {None, this_host()} if cluster is None else {worker.host for worker in cluster.workers()}
    removed = strangers(rows, hosts)
    for row in removed:
        shutil.rmtree(row.folder, ignore_errors=True)
    if removed:
        several = len(removed) != 1
        paragraph(
            console,
            f"{len(removed)} recorded {'runs are' if several else 'run is'} run again: configs that are compared run "
            f"on one machine, and the one that began {'their groups' if several else 'its group'} is not at hand.",
        )
