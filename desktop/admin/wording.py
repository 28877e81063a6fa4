"""Numbers and states as people read them on the keeper's pages."""

from collections.abc import Mapping
from typing import Any

SERVICES = (
    ("database", "Database"),
    ("storage", "Storage"),
    ("queue", "Queue"),
    ("worker", "Worker"),
    ("watcher", "Watcher"),
    ("keys", "Keys"),
    ("virus_scan", "Virus scan"),
)
# Shown where the house has them; the others are shown in any case.
OUTSIDE = (("redis", "Redis"), ("minio", "Object storage"), ("safe_mode", "Safe mode"))
TONES = {"healthy": "good", "degraded": "caution", "unhealthy": "alarm"}


def count(number: int) -> str:
    """Write a count with thin groups, for example 12,480."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Write a span with its two largest units, for example 6 d 4 h."""
    minutes, _ = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"


def size(number: float) -> str:
    """Write a number of bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.0f} TB"


def service_tone(service: Mapping[str, Any]) -> str:
    """Colour a service's dot; what is not configured is neither good nor bad."""
    return TONES.get(str(service.get("status")), "faint")


def service_words(name: str, service: Mapping[str, Any]) -> str:
    """Say in a few words how a service is: its reason when it is ill, else its facts."""
    status = str(service.get("status"))
    if status == "not configured":
        return status
    if status in ("degraded", "unhealthy") and service.get("reason"):
        return str(service["reason"])
    match name:
        case "database":
            latency = service.get("latency_ms")
            kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(
                str(service.get("kind")), str(service.get("kind", status))
            )
            return f"{kind} · {latency:.1f} ms" if isinstance(latency, int | float) else kind
        case "storage":
            free = service.get("free_bytes")
            kind = str(service.get("kind", "folder, sealed"))
            return f"{kind} · {size(free)} free" if isinstance(free, int | float) else kind
        case "queue":
            waiting, done = int(service.get("waiting", 0)), int(service.get("completed", 0))
            return f"{count(waiting)} waiting · {count(done)} done"
        case "worker" if "alive" in service:
            return f"{plural(int(service['alive'] or 0), 'worker')} elsewhere"
        case "worker":
            return f"process {service.get('pid')} · {plural(int(service.get('restarts', 0)), 'restart')}"
        case "watcher":
            behind = service.get("seconds_behind")
            kind = str(service.get("kind", status))
            return f"{kind} · {behind:.0f} s behind" if isinstance(behind, int | float) else kind
        case "keys":
            return f"in a {service['kind']}" if service.get("kind") else status
        case _:
            return str(service.get("detail") or status)
