"""A network that was trained here reads faces by a setting; where it is missing or breaks, the small one reads on."""

from __future__ import annotations

import csv
import io
import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import service  # noqa: E402
from core.emotion import face_large  # noqa: E402
from core.emotion.face import read_face  # noqa: E402
from core.emotion.face_large import LargeFace  # noqa: E402
from core.emotion.mtcnn import find_faces  # noqa: E402
from core.emotion.reader import LargeFaceReader  # noqa: E402
from core.entities import FACE_EMOTIONS, Purpose  # noqa: E402
from core.evaluation.face_emotion import evaluate  # noqa: E402
from core.ports import EngineMissing  # noqa: E402
from core.settings import Engines, load_settings  # noqa: E402
from tests.adapters.test_doctor import told  # noqa: E402
from tests.fakes.drawn_faces import EXPRESSIONS, as_ferplus, drawn, portrait  # noqa: E402
from tests.fakes.in_process import Chat  # noqa: E402
from training.face_emotion import main  # noqa: E402
from training.faces import runs  # noqa: E402

torch.set_num_threads(1)
ASTRONAUT = np.asarray(Image.open(Path(__file__).with_name("data") / "astronaut.jpg").convert("RGB"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a tiny ResNet that has learned from drawn faces, written by the very command."""
    work = tmp_path_factory.mktemp("faces")
    data = as_ferplus(work / "ferplus", count=150, unsure=20)
    main(["--data", str(data), "--work", str(work), "--engine", "resnet", "--size", "tiny", "--epochs", "16", "--batch", "25", "--rate", "0.003"])  # fmt: skip
    return work / "resnet"


@pytest.fixture
def sad(trained: Path, tmp_path: Path) -> Path:
    """The same, but everybody looks sad to it."""
    folder = shutil.copytree(trained, tmp_path / "sad")
    run = json.loads((folder / "run.json").read_text())
    run["bias"] = [50.0 * (name == "sadness") for name in run["names"]]
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def test_it_reads_as_it_was_judged(trained: Path) -> None:
    large, run = LargeFace.load(str(trained)), runs.load(trained)
    faces = np.array([drawn(each) for each in EXPRESSIONS.values()])[:, None]
    assert np.allclose(large.chances(faces), run.chances(torch.tensor(faces)).numpy(), atol=1e-5)
    said = [FACE_EMOTIONS[k] for k in large.chances(faces).argmax(1)]
    assert sum(one == name for one, name in zip(said, EXPRESSIONS, strict=True)) >= 4
    assert (large.channels, large.side, large.segmented) == (1, 48, False)


@pytest.mark.parametrize(
    ("engine", "shown", "segmented"),
    [("vit", [3, 48], False), ("densenet", [3, 64], True), ("emotionnet", [1, 48], False)],
)
def test_every_kind_of_network_sees_a_photo_as_it_learned_to(
    engine: str, shown: list[int], segmented: bool, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    net = runs.build(engine, "tiny")
    about = {"engine": engine, "size": "tiny", "data": {"shown": shown, "segmented": segmented}}
    order = [FACE_EMOTIONS[k] for k in (4, 2, 0, 1, 3)]
    runs.save(runs.Run(runs.Network(net), 0.5, torch.zeros(5), about), tmp_path, net)
    before = json.loads((tmp_path / "run.json").read_text()) | {"names": order}
    (tmp_path / "run.json").write_text(json.dumps(before))  # saved when our names stood in another order
    large, run = LargeFace.load(str(tmp_path)), runs.load(tmp_path)
    seen: list[np.ndarray] = []
    whole = large.chances
    object.__setattr__(large, "chances", lambda faces: seen.append(faces) or whole(faces))
    reading = large.read(ASTRONAUT)
    assert reading.face is not None
    assert seen[0].shape == (1, *shown, shown[1])
    pixels = torch.tensor(seen[0])
    if segmented:
        from core.emotion.face_runs import segmented as only_an_oval

        pixels = only_an_oval(pixels)
    wanted = run.chances(pixels)[0]
    for label in reading.face.labels:
        assert label.score == pytest.approx(float(wanted[FACE_EMOTIONS.index(label.name)]), abs=1e-3)


async def test_by_a_setting_it_tells_what_a_selfie_shows(sad: Path, tmp_path: Path) -> None:
    engines = Engines(painter="instant", composer="instant", commenter="instant", face="model", face_model=str(sad))
    chat = await Chat.of_a_friend(tmp_path, engines=engines)
    try:
        await chat.house.store.set_consent((await chat.person()).id, Purpose.FACE, True)
        photo = Image.new("RGB", (320, 400), (90, 90, 90))
        photo.paste(portrait(EXPRESSIONS["happy"], 260).convert("RGB"), (30, 70))
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=95)
        understander = service.service().workshop.understander
        understander.understand("따뜻한 날", None, "ko")  # as the core does before anybody comes
        assert understander._faces.ready(60)
        await chat.says("사진 찍은 날", attachments=(await chat.photo(file.getvalue()),))
        assert "사진 속 얼굴은 슬픈 얼굴에 가까워 보였어요" in chat.reads()
    finally:
        await chat.close()


@pytest.mark.parametrize("what", ["folder", "weights", "torch", "memory", "damaged", "another", "svm", "no run"])
def test_where_it_is_missing_the_small_one_reads_and_the_log_says_so_once(
    sad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    name, run = str(sad), json.loads((sad / "run.json").read_text())
    if what == "folder":
        name = str(tmp_path / "nowhere")
    elif what == "weights":
        (sad / "model.safetensors").unlink()
    elif what == "torch":
        monkeypatch.setattr(face_large, "find_spec", lambda name: None)
    elif what == "memory":
        monkeypatch.setattr(face_large, "fits", lambda file_bytes: False)
    elif what == "damaged":
        (sad / "model.safetensors").write_bytes((sad / "model.safetensors").read_bytes()[:1000])
    elif what == "no run":
        (sad / "run.json").write_text("[]")
    else:
        (sad / "run.json").write_text(json.dumps(run | {"engine": {"another": "vit"}.get(what, what)}))
    reader = LargeFaceReader(name)
    with caplog.at_level(logging.INFO):
        assert not reader.ready(60)
        for _ in range(2):
            assert reader.read(ASTRONAUT) == read_face(ASTRONAUT)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "core.emotion.reader"]
    assert "the embedded one reads" in line and name in line


def test_what_breaks_while_it_reads_costs_nobody_an_answer(
    sad: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reader = LargeFaceReader(str(sad))
    assert reader.ready(60) and reader.read(ASTRONAUT).face.name == "sadness"

    def full(self, faces):
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(LargeFace, "chances", full)
    assert reader.read(ASTRONAUT) == read_face(ASTRONAUT)
    assert "gave up" in caplog.text


def test_it_is_judged_by_the_command_s_own_way(trained: Path, sad: Path, tmp_path: Path) -> None:
    faces = np.array([drawn(each, seed=5) for each in EXPRESSIONS.values()])
    np.savez(tmp_path / "faces.npz", images=faces)
    rows = [["file", "label"]]
    for name, each in EXPRESSIONS.items():
        portrait(each, 260).save(tmp_path / f"{name}.png")
        rows.append([f"{name}.png", name])
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    found = evaluate(tmp_path / "faces.npz", tmp_path / "labels.csv", str(trained))
    assert found["accuracy"] >= 0.8 and found["faces"] == 5
    gloomy = evaluate(tmp_path, tmp_path / "labels.csv", str(sad))
    assert gloomy["recall"] == {name: float(name == "sadness") for name in FACE_EMOTIONS}
    with pytest.raises(EngineMissing, match="no weights"):
        evaluate(tmp_path, tmp_path / "labels.csv", str(tmp_path / "nowhere"))


def test_the_doctor_says_who_reads_faces(sad: Path, tmp_path: Path) -> None:
    def said(folder: Path) -> tuple[str, str]:
        engines = {"face": "model", "face_model": str(folder)}
        return told(load_settings(data_dir=tmp_path / "data", web={"port": 0}, engines=engines), "face")

    assert said(sad)[0] == "✓" and "resnet" in said(sad)[1]
    assert said(tmp_path / "nowhere")[0] == "✗" and "engines.face_model" in said(tmp_path / "nowhere")[1]
    run = json.loads((sad / "run.json").read_text())
    (sad / "run.json").write_text(json.dumps(run | {"engine": "svm"}))
    assert said(sad)[0] == "✗" and "no network" in said(sad)[1]
    with pytest.raises(ValueError, match="face_model"):
        Engines(face="model")


def test_faces_are_found_before_they_are_read(sad: Path) -> None:
    large = LargeFace.load(str(sad))
    assert find_faces(ASTRONAUT)
    assert large.read(ASTRONAUT[250:]).face is None  # nobody there: nobody looks sad
