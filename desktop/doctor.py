"""Asks the server's doctor what is wrong when the server cannot be kept alive; on the supervising thread."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMINE_WITHIN = 60.0
LARGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the doctor looked at; `status` is good, caution or alarm."""

    check: str
    status: str
    detail: str
    advice: str


def examine(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None, why: str
) -> tuple[Finding, ...]:
    """Run the doctor and return its findings, the worst first; a doctor that fails is a finding too."""
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=cwd,
            env=environment,
            timeout=EXAMINE_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return (_speechless(why, str(problem)),)
    findings = [
        finding
        for line in answer.stdout[:LARGEST_ANSWER].splitlines()
        if (finding := _read(line)) is not None
    ]
    if not findings:
        last = answer.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return (_speechless(why, last[0] if last else f"it ended with status {answer.returncode}"),)
    order = {"alarm": 0, "caution": 1, "good": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.status]))


def _read(line: bytes) -> Finding | None:
    try:
        data: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict) or "check" not in data:
        return None
    tone = {"ok": "good", "warning": "caution"}.get(str(data.get("status")), "alarm")
    return Finding(
        str(data["check"]).capitalize(),
        tone,
        str(data.get("sentence") or ""),
        str(data.get("advice") or ""),
    )


def _speechless(why: str, problem: str) -> Finding:
    return Finding(
        "Server",
        "alarm",
        f"The server ended five times in a minute: {why}. The doctor could not say more ({problem}).",
        "Install the program again, then press Try again.",
    )
