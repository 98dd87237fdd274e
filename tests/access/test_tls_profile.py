"""The TLS settings of the network port, compared with the profile "intermediate" of Mozilla's
Server Side TLS."""

import asyncio
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lodespace.access.certificate import own_certificate

FORWARD_SECRET = "ECDHE-"
AUTHENTICATED = ("-GCM-", "-CHACHA20-")


def test_only_authenticated_suites_with_forward_secrecy_are_offered(tmp_path: Path) -> None:
    context = own_certificate(tmp_path, ["localhost"]).context()
    older = [c["name"] for c in context.get_ciphers() if c["protocol"] != "TLSv1.3"]
    assert older
    for name in older:
        assert name.startswith(FORWARD_SECRET), name
        assert any(mark in f"{name}-" for mark in AUTHENTICATED), name


@pytest.mark.slow
async def test_sslyze_finds_no_deviation_from_the_profile(tmp_path: Path) -> None:
    """A scan with sslyze. Its only finding is that no authority has signed the certificate."""
    if importlib.util.find_spec("sslyze") is None:
        pytest.skip("sslyze is not installed: pip install sslyze")
    context = own_certificate(tmp_path, ["localhost"]).context()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(1000)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except OSError:
            pass
        writer.close()

    def ignore(loop: asyncio.AbstractEventLoop, what: dict[str, object]) -> None:
        """Ignore errors of handshakes: the scan breaks off many handshakes on purpose."""

    asyncio.get_running_loop().set_exception_handler(ignore)
    report = tmp_path / "report.json"
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        command = ["-m", "sslyze", "--mozilla_config=intermediate", f"--json_out={report}"]
        scan = await asyncio.create_subprocess_exec(
            sys.executable, *command, f"127.0.0.1:{port}", stdout=subprocess.PIPE
        )
        output, _ = await scan.communicate()
    findings = [line.strip() for line in output.decode().splitlines() if line.startswith(" " * 8)]
    verdict = output.decode().split("COMPLIANCE AGAINST", 1)[1]
    deviations = [line.strip() for line in verdict.splitlines() if line.strip().startswith("* ")]
    assert [line.split(":")[0] for line in deviations] == ["* certificate_path_validation"], (
        findings
    )
    (result,) = json.loads(report.read_text())["server_scan_results"]
    assert result["scan_status"] == "COMPLETED"
    assert result["scan_result"]["tls_1_2_cipher_suites"]["status"] == "COMPLETED"
