"""A real Dask cluster of processes on loopback, under mutual TLS with certificates made here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[3]


def make_certificates(folder: Path) -> Path:
    """Write `ca.pem`, `cert.pem` and `key.pem` of a fresh authority into *folder*."""
    folder.mkdir(parents=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test cluster")])
    now = datetime.now(UTC)

    def certificate(name: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> bytes:
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(authority_key, hashes.SHA256())
        )
        return signed.public_bytes(serialization.Encoding.PEM)

    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "ca.pem").write_bytes(certificate(authority, authority_key.public_key(), ca=True))
    (folder / "cert.pem").write_bytes(certificate(subject, key.public_key(), ca=False))
    (folder / "key.pem").write_bytes(private)
    return folder


class Cluster:
    """A scheduler and its workers; each worker one process with one thread."""

    def __init__(self, folder: Path) -> None:
        """Start the scheduler on a free port."""
        self.tls = make_certificates(folder / "tls")
        self._folder = folder
        found = folder / "scheduler.json"
        self._scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(found)
        )
        self.workers: list[subprocess.Popen[bytes]] = []
        until = time.monotonic() + 60
        while not (found.exists() and found.read_text()):
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)
        self.address: str = json.loads(found.read_text())["address"]

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker; return its process."""
        worker = self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--host", "127.0.0.1", "--local-directory", str(self._folder / "spill"),
            "--memory-limit", "0",
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        """End all processes."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def cpu_s(self) -> dict[str, float]:
        """Return the CPU seconds of the scheduler, and of all workers, so far."""
        used = [sum(psutil.Process(p.pid).cpu_times()[:2]) for p in self.workers]
        scheduler = sum(psutil.Process(self._scheduler.pid).cpu_times()[:2])
        return {"scheduler": scheduler, "workers": sum(used)}

    def log(self) -> str:
        """Return what the processes wrote."""
        return "".join(path.read_text()[-2000:] for path in self._folder.glob("*.log"))

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        tls = {"ca-file": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
        options = [part for k, v in tls.items() for part in (f"--tls-{k}", str(self.tls / v))]
        dashboard = ["--no-dashboard"] if arguments[0] == "scheduler" else []
        log = self._folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("wb") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, *options, *dashboard,
                 "--protocol", "tls"],
                stdout=file, stderr=subprocess.STDOUT, cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "1"},
            )  # fmt: skip
