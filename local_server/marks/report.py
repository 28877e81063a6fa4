"""What a trace found, as JSON and in words: what the interface answers, the command prints, the log keeps."""

import base64
from datetime import datetime
from typing import Any, Final

from local_server.audit.entry import written
from local_server.marks.models import CHANCE, Certainty, Outcome, Recognised, Shown, Sighting, Spot, Trace

_AUDITED: Final = 8
NEGATIVE: Final = (
    "No mark of this installation, and no picture of its library, was found. That does not prove that the "
    "file is from elsewhere: a mark can be destroyed, and a picture changed beyond recognition."
)


def report(trace: Trace, *, maps: bool = True) -> dict[str, Any]:
    """Return all that was found but the pictures of the parts; without `maps` also without those."""
    return {
        "outcome": trace.outcome.value,
        "seconds": round(trace.seconds, 2),
        "refused": None
        if trace.refused is None
        else {"code": trace.refused.code, "reason": trace.refused.reason},
        "parts": [{"label": part.label, "width": part.width, "height": part.height} for part in trace.parts],
        "marks": [_mark(sighting, maps) for sighting in trace.sightings],
        "pictures": [_picture(picture) for picture in trace.pictures],
    }


def audited(trace: Trace) -> dict[str, Any]:
    """Return what the audit log keeps of it."""
    return {
        "outcome": trace.outcome.value,
        "marks": [
            f"{sighting.mark} {sighting.bearer.account if sighting.bearer else '(unknown session)'}"
            for sighting in trace.sightings[:_AUDITED]
        ],
        "pictures": [picture.picture_id for picture in trace.pictures[:_AUDITED]],
    }


def lines(trace: Trace) -> list[str]:
    """Return the findings in words, a line each; a negative says so and what it means."""
    if trace.refused is not None and not trace.parts:
        return [trace.refused.reason]
    found = [_marked(sighting, trace) for sighting in trace.sightings]
    found += [line for picture in trace.pictures for line in _recognised(picture)]
    if trace.outcome is Outcome.NOTHING:
        return [NEGATIVE]
    if trace.outcome is Outcome.RECOGNISED:
        found.insert(0, "No mark was found, but a picture of the library. One of those whom it was shown to,")
        found.insert(1, "or somebody who has it from elsewhere, may have leaked it.")
    return found


def _mark(sighting: Sighting, maps: bool) -> dict[str, Any]:
    bearer = sighting.bearer
    return {
        "mark": sighting.mark.text,
        "account": bearer and bearer.account,
        "viewing_session": bearer and bearer.viewing_session_id,
        "machine": bearer and bearer.machine,
        "client": bearer and bearer.client,
        "session_started_at": bearer and written(bearer.started_at),
        "picture": sighting.picture_id,
        "time": _moment(sighting.time),
        "certainty": Certainty.CERTAIN.value,
        "probability": 1.0 - CHANCE,
        "agreement": round(sighting.agreement, 1),
        "spots": [_spot(spot, maps) for spot in sighting.spots],
    }


def _spot(spot: Spot, maps: bool) -> dict[str, Any]:
    return {
        "part": spot.part,
        "layer": spot.layer.value,
        "box": [list(corner) for corner in spot.box],
        "scale": round(spot.scale, 4),
        "rotation": round(spot.rotation, 2),
        "mirrored": spot.mirrored,
        "agreement": round(spot.agreement, 1),
        "registered": spot.registered,
        **({"map": base64.b64encode(spot.map).decode()} if maps else {}),
    }


def _picture(picture: Recognised) -> dict[str, Any]:
    return {
        "part": picture.part,
        "picture": picture.picture_id,
        "title": picture.title,
        "certainty": picture.certainty.value,
        "agreeing": picture.agreeing,
        "distance": picture.distance,
        "box": None if picture.box is None else [list(corner) for corner in picture.box],
        "people": [_person(shown) for shown in picture.people],
        "people_in_all": picture.people_in_all,
    }


def _person(shown: Shown) -> dict[str, Any]:
    return {
        "account": shown.account,
        "viewing_session": shown.viewing_session_id,
        "machine": shown.machine,
        "first": written(shown.first),
        "last": written(shown.last),
        "renditions": list(shown.renditions),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)


def _marked(sighting: Sighting, trace: Trace) -> str:
    bearer = sighting.bearer
    clear = f"certain, clarity {sighting.agreement:.0f}"
    if bearer is None or sighting.time is None:
        return f"mark {sighting.mark}, of a session that the catalogue does not know any more ({clear})"
    titles = {picture.picture_id: picture.title for picture in trace.pictures}
    picture = sighting.picture_id and titles.get(sighting.picture_id, f"picture {sighting.picture_id}")
    return (
        f"{bearer.account} on {bearer.machine}, {sighting.time:%d %B %Y %H:%M} UTC, mark {sighting.mark}, "
        f"session {bearer.viewing_session_id}, {picture or 'the picture is not certain'} ({clear})"
    )


def _recognised(picture: Recognised) -> list[str]:
    how = f"{picture.agreeing} corners agree" if picture.agreeing else f"{picture.distance} of 64 bits differ"
    shown = f"shown in {picture.people_in_all} sessions" if picture.people_in_all else "shown to nobody"
    people = [
        f"    {one.account} on {one.machine}, {one.first:%d %B %Y %H:%M} to {one.last:%d %B %Y %H:%M} UTC"
        for one in picture.people[:10]
    ]
    more = picture.people_in_all - len(people)
    return [
        f"shows {picture.title} ({picture.certainty}, {how}), {shown}",
        *people,
        *([f"    and {more} more (--json tells of 200)"] if more > 0 else []),
    ]
