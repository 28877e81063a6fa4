"""What the desktop reads of the server's answers is in the contract that the server is held to."""

import json
from dataclasses import fields

import pytest

from desktop.client import albums, features, models, people, records, traces, uploads
from desktop.client.answers import Model
from tests.support.server import ROOT

SCHEMAS = json.loads((ROOT / "resources" / "contract" / "openapi.json").read_text())["components"]["schemas"]
ANSWERS: dict[type[Model], str] = {
    albums.Album: "AlbumAnswer",
    albums.AlbumTree: "AlbumsAnswer",
    albums.AddedPictures: "AddedAnswer",
    features.Feature: "FeatureAnswer",
    models.Account: "AccountAnswer",
    models.SecondFactorOn: "ConfirmedAnswer",
    models.SecondFactorSecret: "BegunAnswer",
    models.ServerFacts: "TestAnswer",
    models.SignedIn: "SignedInAnswer",
    people.Person: "UserAnswer",
    people.PeoplePage: "UsersAnswer",
    people.ResetCode: "ResetCodeAnswer",
    people.NewPerson: "NewUserAnswer",
    people.Way: "WayAnswer",
    people.Access: "AccessAnswer",
    people.LogLine: "LogLineAnswer",
    people.LogPage: "LogAnswer",
    records.OwnRecordsPage: "OwnRecordsAnswer",
    traces.Spot: "SpotAnswer",
    traces.FoundMark: "MarkAnswer",
    traces.ShownTo: "PersonAnswer",
    traces.FoundPicture: "ShownPictureAnswer",
    traces.Part: "PartAnswer",
    traces.RefusedLeak: "UnreadableAnswer",
    traces.TraceResult: "ResultAnswer",
    traces.TraceFailure: "FailureAnswer",
    traces.Trace: "TraceAnswer",
    traces.TracePage: "TracesAnswer",
    uploads.TakenFile: "TakenAnswer",
    uploads.UploadAnswer: "UploadAnswer",
    uploads.Batch: "BatchAnswer",
}


@pytest.mark.parametrize("model", ANSWERS, ids=lambda model: model.__name__)
def test_the_server_promises_what_a_model_reads(model: type[Model]) -> None:
    promised = SCHEMAS[ANSWERS[model]]
    read = {member.name for member in fields(model)}
    assert read <= set(promised["properties"])
    optional = {
        name
        for name in read
        if any(kind.get("type") == "null" for kind in promised["properties"][name].get("anyOf", ()))
        or "default" in promised["properties"][name]
    }
    assert read - optional <= set(promised.get("required", ())), (
        "what may be missing is read as if it were there"
    )
