"""Where the faces are, and where in them eyes, nose and mouth: MTCNN in numpy.

Source: Zhang, Zhang, Li, Qiao 2016, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks". The trained weights lie inside the Python package `mtcnn` (MIT), which is never imported: it wants TensorFlow.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from core.emotion.layers import Array, convolve, max_pool, prelu, softmax
from core.ports import EngineMissing

LOOK_SIDE = 448  # px; the longer side of what is searched
BORDER = 0.25  # of each side, so that a face that fills the picture still has surroundings
PYRAMID = 0.709  # each search is at 1/sqrt(2) of the size before
SURE = 0.98  # a face that is trusted less may be a turned one
GREY = (127, 127, 127)
#: (degrees counter-clockwise, px of the smallest face that is looked for): near and upright first, it costs least.
SEARCHES = ((0, 40), (0, 25), (35, 36), (-35, 36), (90, 36), (-90, 36))


@dataclass(frozen=True)
class Found:
    """One face: box (x, y, width, height) and five points (left eye, right eye, nose, mouth left, mouth right) in px."""

    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]  # left and right as the viewer sees them
    score: float  # 0..1

    @property
    def side(self) -> float:
        """The mean of width and height in px."""
        return (self.box[2] + self.box[3]) / 2


def find_faces(rgb: np.ndarray) -> tuple[Found, ...]:
    """The faces in a photo (H, W, 3) uint8, largest first; turned heads are looked for where no upright one is."""
    photo = Image.fromarray(rgb)
    scale = min(LOOK_SIDE, max((*photo.size, 192))) / max(photo.size)
    small = photo.resize((max(1, round(photo.width * scale)), max(1, round(photo.height * scale))), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)  # fmt: skip
    border = round(BORDER * max(small.size))
    canvas = Image.new("RGB", (small.width + 2 * border, small.height + 2 * border), GREY)
    canvas.paste(small, (border, border))
    best, best_tilt, best_trust = np.zeros((0, 15), np.float32), 0, 0.0
    for tilt, least in SEARCHES:
        turned = canvas.rotate(tilt, Image.Resampling.BILINEAR, fillcolor=GREY) if tilt else canvas
        faces = _cascade(turned, least)
        trust = max((_trust(face) for face in faces), default=0.0)
        if trust > best_trust:
            best, best_tilt, best_trust = faces, tilt, trust
        # who stands beside a near face is about as large as it: no need to look for much smaller ones
        if best_trust > SURE and (least < 40 or (best[:, 2] - best[:, 0]).max() >= 5 / 3 * least):
            break
    found = [_upright(face, best_tilt, canvas.size, border, scale) for face in best]
    return tuple(sorted(found, key=lambda face: -face.side))


def _trust(face: Array) -> float:
    """The score of a row, less where eyes and mouth stand too close together: a turned face taken for an upright one."""
    xs, ys = face[5:10], face[10:15]
    across = np.hypot(xs[1] - xs[0], ys[1] - ys[0])
    down = np.hypot(xs[3:].mean() - xs[:2].mean(), ys[3:].mean() - ys[:2].mean())
    side = (face[2] - face[0] + face[3] - face[1]) / 2
    return float(face[4] * min(1.0, max(across, down) / (0.36 * side)))


def _upright(face: Array, tilt: float, size: tuple[int, int], border: int, scale: float) -> Found:
    """One row of the cascade in the photo's own pixels, turned back by `tilt` degrees around the canvas's middle."""
    turn, middle = np.deg2rad(tilt), np.array(size) / 2
    back = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])  # y points down
    centre = (face[:2] + face[2:4]) / 2
    points = np.vstack([centre, np.stack([face[5:10], face[10:15]], 1)])
    points = ((points - middle) @ back + middle - border) / scale
    width, height = (face[2:4] - face[:2]).tolist()
    x, y = points[0].tolist()
    width, height = width / scale, height / scale
    return Found(
        (x - width / 2, y - height / 2, width, height),
        tuple((float(a), float(b)) for a, b in points[1:]),
        float(face[4]),
    )


def _cascade(picture: Image.Image, least: int) -> Array:
    """The three networks in turn: rows of x0, y0, x1, y1, score, five x, five y."""
    boxes = _proposals(picture, least)
    boxes = _kept(boxes[boxes[:, 4] > 0.6], 0.7)
    if len(boxes):
        boxes = _square(boxes)
        offsets, scores = _rnet(_patches(picture, boxes, 24))
        boxes = _shifted(boxes, offsets, scores)
        boxes = _kept(boxes[boxes[:, 4] > 0.7], 0.7)
    if not len(boxes):
        return np.zeros((0, 15), np.float32)
    boxes = _square(boxes)
    offsets, points, scores = _onet(_patches(picture, boxes, 48))
    sizes = boxes[:, 2:4] - boxes[:, :2] + 1
    xs = points[:, :5] * sizes[:, :1] + boxes[:, :1] - 1
    ys = points[:, 5:] * sizes[:, 1:] + boxes[:, 1:2] - 1
    faces = np.hstack([_shifted(boxes, offsets, scores), xs, ys])
    return _kept(faces[faces[:, 4] > 0.8], 0.6, of_smaller=True)


def _proposals(picture: Image.Image, least: int) -> Array:
    """PNet over the whole picture at every size: rows of x0, y0, x1, y1, score."""
    found = [np.zeros((0, 5), np.float32)]
    scale = 12 / least
    while min(picture.size) * scale >= 12:
        size = (int(np.ceil(picture.width * scale)), int(np.ceil(picture.height * scale)))
        offsets, scores = _pnet(_input(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))[None])
        y, x = np.nonzero(scores[0] > 0.6)
        corner = np.stack([x, y, x, y], 1) * 2.0 + np.array([0, 0, 12, 12])
        boxes = (corner + offsets[0, y, x] * 12) / scale
        found.append(_kept(np.hstack([boxes, scores[0, y, x, None]]).astype(np.float32), 0.5))
        scale *= PYRAMID
    return np.vstack(found)


def _input(picture: Image.Image) -> Array:
    return (np.asarray(picture, np.float32) - np.float32(127.5)) / np.float32(128)


def _patches(picture: Image.Image, boxes: Array, side: int) -> Array:
    """What is inside each box, (N, side, side, 3) normalised."""
    limits = np.array(picture.size * 2)
    inside = np.clip(boxes[:, :4], 0, limits)
    inside[:, 2:] = np.minimum(np.maximum(inside[:, 2:], inside[:, :2] + 1), limits[2:])
    inside[:, :2] = np.minimum(inside[:, :2], inside[:, 2:] - 1)
    return np.stack([_input(picture.resize((side, side), Image.Resampling.BILINEAR, box=tuple(b), reducing_gap=2.0)) for b in inside])  # fmt: skip


def _shifted(boxes: Array, offsets: Array, scores: Array) -> Array:
    """Boxes moved by what a network says, as shares of their sizes, with its scores."""
    sizes = np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)
    return np.hstack([boxes[:, :4] + offsets * sizes, scores[:, None]])


def _square(boxes: Array) -> Array:
    """The same boxes, each as high as it is wide, around the same middle."""
    middle = (boxes[:, :2] + boxes[:, 2:4]) / 2
    half = (boxes[:, 2:4] - boxes[:, :2]).max(1, keepdims=True) / 2
    return np.hstack([middle - half, middle + half, boxes[:, 4:]])


def _kept(boxes: Array, overlap: float, of_smaller: bool = False) -> Array:
    """The best box of each heap of boxes that share more than `overlap` of their union (or of the smaller one)."""
    boxes = boxes[np.argsort(-boxes[:, 4])]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    open_, kept = np.ones(len(boxes), bool), []
    for i in range(len(boxes)):
        if not open_[i]:
            continue
        kept.append(i)
        shared = np.minimum(boxes[:, 2:4], boxes[i, 2:4]) - np.maximum(boxes[:, :2], boxes[i, :2])
        common = np.prod(np.maximum(shared, 0), 1)
        whole = np.minimum(areas, areas[i]) if of_smaller else areas + areas[i] - common
        open_ &= common <= overlap * whole
    return boxes[kept]


# --- the networks --------------------------------------------------------------------------------


@cache
def _weights(name: str) -> tuple[Array, ...]:
    """A network's arrays in order, kernels as (side * side * inputs, outputs). Raises EngineMissing."""
    import joblib

    package = importlib.util.find_spec("mtcnn")
    if package is None or package.origin is None:
        raise EngineMissing(
            "error.engine_missing", "the package mtcnn, which holds the face finder's weights, is not installed"
        )
    arrays = joblib.load(Path(package.origin).parent / "assets" / "weights" / f"{name}.lz4")
    return tuple(a.reshape(-1, a.shape[-1]).astype(np.float32) if a.ndim == 4 else np.ravel(a).astype(np.float32) if a.ndim == 3 else a.astype(np.float32) for a in arrays)  # fmt: skip


def _pnet(x: Array) -> tuple[Array, Array]:
    w1, b1, s1, w2, b2, s2, w3, b3, s3, w_box, b_box, w_face, b_face = _weights("pnet")
    x = max_pool(prelu(convolve(x, w1, b1, 3), s1), 2, 2, same=True)
    x = prelu(convolve(x, w2, b2, 3), s2)
    x = prelu(convolve(x, w3, b3, 3), s3)
    return convolve(x, w_box, b_box, 1), softmax(convolve(x, w_face, b_face, 1))[..., 1]


def _rnet(x: Array) -> tuple[Array, Array]:
    w1, b1, s1, w2, b2, s2, w3, b3, s3, w4, b4, s4, w_box, b_box, w_face, b_face = _weights("rnet")
    x = max_pool(prelu(convolve(x, w1, b1, 3), s1), 3, 2, same=True)
    x = max_pool(prelu(convolve(x, w2, b2, 3), s2), 3, 2, same=False)
    x = prelu(convolve(x, w3, b3, 2), s3)
    x = prelu(x.transpose(0, 2, 1, 3).reshape(len(x), -1) @ w4 + b4, s4)
    return x @ w_box + b_box, softmax(x @ w_face + b_face)[:, 1]


def _onet(x: Array) -> tuple[Array, Array, Array]:
    w1, b1, s1, w2, b2, s2, w3, b3, s3, w4, b4, s4, w5, b5, s5, *heads = _weights("onet")
    x = max_pool(prelu(convolve(x, w1, b1, 3), s1), 3, 2, same=True)
    x = max_pool(prelu(convolve(x, w2, b2, 3), s2), 3, 2, same=False)
    x = max_pool(prelu(convolve(x, w3, b3, 3), s3), 2, 2, same=True)
    x = prelu(convolve(x, w4, b4, 2), s4)
    x = prelu(x.transpose(0, 2, 1, 3).reshape(len(x), -1) @ w5 + b5, s5)
    w_box, b_box, w_points, b_points, w_face, b_face = heads
    return x @ w_box + b_box, x @ w_points + b_points, softmax(x @ w_face + b_face)[:, 1]
