"""What a trace found, in the words of the page."""

from dataclasses import dataclass
from datetime import datetime

from desktop.admin.wording import plural
from desktop.client.traces import FoundMark, FoundPicture, Trace, TraceResult

TONES = {"certain": "good", "likely": "caution", "possible": "faint"}
LAYERS = {"pixels": "in the picture's own pixels", "overlay": "in what the program painted over it"}
NOTHING = (
    "No mark of this gallery and none of its pictures was found. That does not prove that the file is from "
    "elsewhere: a mark can be destroyed, and a picture changed beyond recognition. Try the largest and least "
    "changed copy that you can get."
)
RECOGNISED = (
    "The mark is gone, but the picture is known. It was shown to the people below; one of them may have "
    "leaked it, or somebody who has it from elsewhere."
)


@dataclass(frozen=True)
class CardWords:
    """A finding's card: a title, how certain, and two lines below."""

    title: str
    certainty: str
    first: str
    second: str

    @property
    def all(self) -> str:
        """Everything, for who listens."""
        return f"{self.title}, {self.certainty}. {self.first}. {self.second}"


def mark_card(mark: FoundMark, result: TraceResult) -> CardWords:
    """Say whose a mark is."""
    read = f"mark {mark.mark} · read in {result.seconds:.1f} s"
    if mark.account is None or mark.time is None:
        return CardWords("An unknown session", mark.certainty, "The gallery does not know it any more", read)
    return CardWords(mark.account, mark.certainty, f"{moment(mark.time)} · {mark.machine}", read)


def picture_card(picture: FoundPicture) -> CardWords:
    """Say which picture is shown, and to how many it was."""
    people = {one.account for one in picture.people}
    shown = (
        f"Shown to {plural(len(people), 'person', 'people')} in {plural(picture.people_in_all, 'session')}"
        if picture.people
        else "Shown to nobody so far"
    )
    how = (
        f"{plural(picture.agreeing, 'corner')} of it lie alike"
        if picture.agreeing
        else f"{picture.distance} of 64 bits of its looks differ"
    )
    return CardWords(picture.title, picture.certainty, shown, how)


def mark_details(mark: FoundMark, result: TraceResult) -> str:
    """Say all that is known of a mark, a line each."""
    titles = {picture.picture: picture.title for picture in result.pictures}
    if mark.picture is None:
        picture = "not certain: the session was shown several"
    else:
        picture = titles.get(mark.picture, mark.picture)
    lines = [
        f"Viewing session  {mark.viewing_session or 'unknown'}",
        f"Picture  {picture}",
        f"Certainty  {mark.certainty}: its checksum agrees; clarity {mark.agreement:.0f}, by chance below 6",
    ]
    for spot in mark.spots:
        part = result.parts[spot.part].label if spot.part < len(result.parts) else ""
        lines.append(
            f"Found  {LAYERS.get(spot.layer, spot.layer)}{', ' + part if part else ''}, "
            f"{spot.scale * 100:.0f} % of its size"
            + (f", turned by {spot.rotation:.0f}°" if abs(spot.rotation) >= 0.5 else "")
            + (", mirrored" if spot.mirrored else "")
            + (", with the original at hand" if spot.registered else "")
        )
    return "\n".join(lines)


def picture_details(picture: FoundPicture) -> str:
    """List whom a picture was shown to."""
    lines = [
        f"{one.account} on {one.machine}, {moment(one.first)}"
        + (f" to {moment(one.last)}" if one.last != one.first else "")
        for one in picture.people
    ]
    more = picture.people_in_all - len(lines)
    return "\n".join([*lines, *([f"and {plural(more, 'session')} before"] if more > 0 else [])])


def verdict(trace: Trace) -> tuple[str, str, str]:
    """Return what came of a trace: words, advice, and a tone; no words where cards say it."""
    if trace.state == "cancelled":
        return "The trace was cancelled.", "", "normal"
    if trace.failure is not None:
        return trace.failure.title + ".", trace.failure.advice, "alarm"
    result = trace.result
    if result is None:
        return "", "", "normal"
    if result.outcome == "refused" and result.refused is not None:
        return (
            f"{trace.name} cannot be read.",
            f"{result.refused.reason} Pictures, PDFs and videos can be traced.",
            "caution",
        )
    if result.outcome == "nothing":
        return "Nothing was found.", NOTHING, "strong"
    if result.outcome == "recognised":
        return "No mark was found.", RECOGNISED, "caution"
    return "", "", "normal"


def history_line(trace: Trace) -> tuple[str, str]:
    """Return what a trace's row says: which file, and what came of it."""
    result = trace.result
    if result is None:
        came = "at work" if not trace.finished else trace.state
    elif result.marks:
        came = ", ".join(mark.account or f"mark {mark.mark}" for mark in result.marks)
    elif result.pictures:
        came = f"no mark; shows {result.pictures[0].title}"
    else:
        came = "nothing found" if result.outcome == "nothing" else "not readable"
    return f"{trace.name} · {came}", f"{moment(trace.started_at)} · traced by {trace.account}"


def moment(time: datetime) -> str:
    """Write a moment in UTC, for it goes into letters."""
    return f"{time:%d %b %Y, %H:%M} UTC"
