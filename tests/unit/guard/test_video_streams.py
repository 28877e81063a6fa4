"""Which streams of a PipeWire graph are the screen's, and who takes them."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.findings import SCREEN_STREAM, VIRTUAL_CAMERA
from desktop.guard.tripwires.video_streams import CLIENT, LINK, NODE, Stream, streams_of, update

Values = dict[str, object]


def client(pid: object) -> Values:
    return {"type": CLIENT, "info": {"props": {"pipewire.sec.pid": pid}}}


def node(media: str, owner: object, **more: object) -> Values:
    properties = {"media.class": media, "client.id": owner, "node.name": "source"} | {
        name.replace("_", "."): value for name, value in more.items()
    }
    return {"type": NODE, "info": {"props": properties}}


def link(output: object, taker: object) -> Values:
    return {"type": LINK, "info": {"output-node-id": output, "input-node-id": taker}}


COMPOSITOR, RECORDER = {1: client(100), 2: node("Stream/Output/Video", 1)}, {3: client(200)}


def test_who_takes_a_stream_is_to_blame_before_who_gives_it() -> None:
    assert streams_of(COMPOSITOR) == [Stream(SCREEN_STREAM, "source", (100,))]
    taken = {**COMPOSITOR, **RECORDER, 4: node("Stream/Input/Video", 3), 5: link(2, 4)}
    assert streams_of(taken) == [Stream(SCREEN_STREAM, "source", (200,))]
    assert streams_of({**taken, 3: client("200")}) == [Stream(SCREEN_STREAM, "source", ())]


def test_cameras_and_sound_are_no_streams_of_the_screen() -> None:
    camera = node("Video/Source", 1, media_role="Camera")
    assert streams_of({1: client(1), 2: node("Audio/Source", 1), 3: node("Stream/Output/Audio", 1)}) == []
    assert streams_of({1: client(1), 2: node("Video/Source", 1, device_api="v4l2")}) == []
    assert [stream.kind for stream in streams_of({2: camera})] == [VIRTUAL_CAMERA]


def test_objects_without_information_are_gone() -> None:
    objects: dict[int, Mapping[str, object]] = {}
    update(objects, [{"id": 2, **COMPOSITOR[2]}, {"id": "odd"}])
    assert list(objects) == [2]
    update(objects, [{"id": 2, "info": None}, {"id": 9, "info": None}])
    assert objects == {}


json = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([NODE, LINK, CLIENT, "Video/Source"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "info", "props", "media.class", "client.id", "output-node-id"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["id", "type", "info"]), json), max_size=4))
def test_no_graph_breaks_the_reader(changed: list[Values]) -> None:
    objects: dict[int, Mapping[str, object]] = {}
    update(objects, changed)
    streams_of(objects)
