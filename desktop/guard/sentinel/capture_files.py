"""Which files are opened just before somebody can read the screen: the display's key, libraries, tools."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

LIBRARIES = ("libX11.so.6", "libxcb.so.1", "libwayland-client.so.0")
LIBRARY_FOLDERS = (
    *("/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib", "/usr/local/lib64"),
    *("/lib", "/lib64", "/usr/lib/*-linux-gnu*", "/lib/*-linux-gnu*", "/usr/X11R6/lib"),
)
PROGRAMS = frozenset(
    (
        *("scrot", "maim", "import", "gm", "magick", "xwd", "ffmpeg", "ffplay", "gst-launch-1.0"),
        *("escrotum", "shotgun", "menyoki", "imlib2_grab", "xmag", "xzoom", "gnome-screenshot"),
        *("gnome-screen-recorder", "flameshot", "xfce4-screenshooter", "mate-screenshot", "ksnip"),
        *("spectacle", "ksnapshot", "shutter", "deepin-screenshot", "deepin-screen-recorder"),
        *("screengrab", "kmag", "gnome-magnifier", "silentcast", "xvidcap", "x11vnc", "x0vncserver"),
        *("x0tigervncserver", "krfb", "vino-server", "gnome-remote-desktop-daemon", "xpra", "nxagent"),
        *("teamviewer", "anydesk", "rustdesk", "obs", "simplescreenrecorder", "recordmydesktop"),
        *("gtk-recordmydesktop", "kazam", "peek", "byzanz-record", "green-recorder", "vokoscreenNG"),
        *("vokoscreen", "gpu-screen-recorder", "kooha", "grim", "wf-recorder", "wl-mirror", "wayshot"),
        *("hyprshot", "grimshot"),
    )
)
PROGRAM_FOLDERS = (
    *("/usr/bin", "/usr/local/bin", "/bin", "/usr/games"),
    *("/snap/bin", "/var/lib/flatpak/exports/bin"),
)
# A launcher that starts everything says nothing by being opened.
LAUNCHERS = ("snap", "flatpak", "env", "busybox", "bash", "dash", "sh")


def authorities(environment: dict[str, str], user: int) -> list[Path]:
    """Return the files that hold a key to the display, that of `environment` first."""
    home = environment.get("HOME")
    named = [environment["XAUTHORITY"]] if environment.get("XAUTHORITY") else []
    fixed = [Path(name) for name in (*named, *([f"{home}/.Xauthority"] if home else []))]
    run = Path(f"/run/user/{user}")
    found = [run / "gdm" / "Xauthority", *run.glob("xauth_*"), *run.glob(".mutter-Xwaylandauth.*")]
    found += [*Path("/tmp").glob("xauth_*"), *Path("/run/sddm").glob("xauth_*")]  # noqa: S108  (where SDDM puts it)
    found += [*Path("/run/lightdm").glob("*/xauthority"), *Path("/run/lightdm").glob("*/:*")]
    return _real((*fixed, *found))


def libraries() -> list[Path]:
    """Return the libraries by which programs reach a display."""
    root = Path("/")
    folders = [folder for pattern in LIBRARY_FOLDERS for folder in root.glob(pattern.lstrip("/"))]
    return _real(folder / name for folder in folders for name in LIBRARIES)


def capture_programs(environment: dict[str, str]) -> list[Path]:
    """Return the capture programs that are installed here."""
    home = environment.get("HOME")
    folders = (*PROGRAM_FOLDERS, *([f"{home}/.local/bin", f"{home}/bin"] if home else ()))
    found = _real(Path(folder) / name for folder in folders for name in _there(folder))
    return [path for path in found if path.name not in LAUNCHERS]


def _there(folder: str) -> Iterator[str]:
    try:
        yield from sorted(PROGRAMS.intersection(entry.name for entry in os.scandir(folder)))
    except OSError:
        return


def _real(paths: Iterable[Path]) -> list[Path]:
    """Return the files behind the names, each once; what is no file, or out of our reach, is left out."""
    found: dict[tuple[int, int], Path] = {}
    for path in paths:
        try:
            real = path.resolve(strict=True)
            status = real.stat()
            if real.is_file():
                found.setdefault((status.st_dev, status.st_ino), real)
        except OSError:
            continue
    return list(found.values())
