"""What finger and water do to colour: rubbed chalk, runny edges, dark rims, pools, and the paper they lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.painting.looks import Look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.painting.wax import Noise

    Plane = NDArray[np.float32]  # (H, W)
    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1

PAPER = (0.988, 0.972, 0.935)
_WHITE = (0.996, 0.992, 0.982)
_TONED = (0.945, 0.905, 0.835)


def paper_of(look: Look) -> Plane:
    """The colour of the sheet, (3,) in 0..1."""
    import numpy as np

    paper, white, toned = (np.array(colour, np.float32) for colour in (PAPER, _WHITE, _TONED))
    away = look.paper - 0.5
    return paper + ((toned if away > 0 else white) - paper) * np.float32(abs(away) * 2)


def rubbed(amount: Plane, tone: Plane, fine: Plane, grain: Plane, look: Look, scale: float) -> tuple[Plane, Plane]:
    """Strokes that are seen less, or were gone over with a finger: then the dust sits on the paper's teeth alone.
    `fine`: 0 on faces .. 1 in the sky."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    if look.stroke != 1.0:
        even: Plane = np.float32(0.98) - np.float32(0.10) * fine
        amount, tone = even + (amount - even) * look.stroke, tone * min(look.stroke, 1.0)
    if look.smudge:
        finger = look.smudge * (0.4 + 0.6 * fine)
        amount = amount + (gaussian_filter(amount, 3.0 * scale) - amount) * finger
        amount = amount - finger * look.grain * (0.10 + 0.24 * fine) * np.clip(grain - 0.62, -0.5, 0.3)
        tone = tone + (gaussian_filter(tone, 2.0 * scale) - tone) * finger * 0.7
    return amount, tone


def washed(flat: Picture3, detail: Plane, look: Look, noise: Noise, scale: float) -> tuple[Picture3, Plane | float]:
    """Wet colours: (the colours once they ran, how much pigment lies where; 1 is the plain colour)."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    if not (look.bleed or look.edge_darkening or look.pooling):
        return flat, 1.0
    dark = -np.log(np.clip(flat, 0.03, 1.0))
    soft = gaussian_filter(dark, (3.6 * scale, 3.6 * scale, 0), truncate=3)
    wave, cloud = noise.plane("wave"), noise.plane("cloud")
    wet = np.clip(0.42 + 0.55 * wave + 0.3 * cloud, 0, 1) * (1 - 0.9 * detail)
    ran = dark + (soft - dark) * (wet * look.bleed * 0.85)[..., None]
    rim = dark - soft
    rim = (rim[..., 0] + rim[..., 1] + rim[..., 2]) / 3
    pigment = 1 + look.edge_darkening * (1.5 * np.clip(rim, 0, 0.4) - 1.3 * np.clip(-rim, 0, 0.35))
    if look.pooling:
        wave, cloud = noise.plane("wave"), noise.plane("cloud")
        tide = cloud + 0.4 * wave - 0.55  # where it is above 0 water came late and pushed the pigment to its shore
        shore = np.exp(-((tide / 0.11) ** 2)) - 0.9 * np.clip(tide * 2.5, 0, 1)
        water = 0.16 * noise.plane("cloud") + 0.10 * noise.plane("wave") + 0.22 * shore
        water = water + 0.22 * (noise.plane("grain") - 0.5)
        pigment = pigment * np.clip(1 + look.pooling * water * (1 - 0.8 * detail), 0.35, 1.6)
    return np.exp(-ran), pigment.astype(np.float32)


def dried(out: Picture3, inside: Plane, look: Look) -> Picture3:
    """The rim of the whole wash, where it dried last; `inside`: page units from the white margin."""
    import numpy as np

    if not look.edge_darkening:
        return out
    rim = np.clip(1 - np.abs(inside - 2.0) / 5.0, 0, 1) * (0.42 * look.edge_darkening)
    return out * (1 - rim[..., None] * (1 - out) * 0.9)


def thick(body: Plane, ink: Plane, width: float) -> Plane:
    """A line's body made thicker (> 1) or thinner (< 1)."""
    from scipy.ndimage import gaussian_filter

    if width > 1.0:
        return body + (gaussian_filter(ink, 1.9) * 1.9 - body).clip(0) * (width - 1.0) * 1.25
    return body * (0.45 + 0.55 * width)
