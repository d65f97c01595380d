"""What a drawing page shows: each sticker, the empty scene and the whole drawing, as SVG and as PNG."""

from __future__ import annotations

from functools import lru_cache

from core.entities import Layer, Sketch
from core.painting import figures
from core.painting.drawing import DAYLIGHT, bounds, stage_of
from core.painting.month import handwriting
from core.painting.raster import rastered
from core.painting.shapes import PAGE, Canvas, Hatch, Shape, page_wide
from core.painting.stickers import inner_svg

MARGIN = 0.08  # of a sticker's height, free around it in its SVG
INK = "#5b4636"


class _Inked(Canvas):
    """Flat colours with a pencil line around each shape."""

    def shape(self, shape: Shape) -> None:
        """Draw one shape."""
        if shape.veil:
            super().shape(shape)
        else:
            self._path(shape, self._paint(shape.fill), INK, min(shape.line, 1.3) / self._scale)


@lru_cache(maxsize=1024)
def sticker_svg(sticker: str) -> str:
    """A sticker or a figure alone, with MARGIN around it. Raises KeyError or ValueError for an unknown id."""
    left, top, wide, high = bounds(sticker)
    free = high * MARGIN
    box = f"{left - free:.2f} {top - free:.2f} {wide + 2 * free:.2f} {high + 2 * free:.2f}"
    if figures.is_figure(sticker):
        canvas = _Inked("colour")
        canvas.group(figures.shapes(sticker), "", 1.0, [Hatch()])
        inner = f"<defs>{''.join(canvas.defs)}</defs>{''.join(canvas.parts)}"
    else:
        inner = inner_svg(sticker)
    size = f'width="{(wide + 2 * free) / high * 240:.0f}" height="{(1 + 2 * MARGIN) * 240:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {size}>{inner}</svg>'


def scene_svgs(sketch: Sketch, palette: tuple[str, ...] = DAYLIGHT) -> tuple[str, str]:
    """The scene without anybody in it: what is behind them, and what is before them (a table), each 512 high."""
    wide = round(page_wide(sketch.width, sketch.height))
    stage = stage_of(sketch.place, sketch.weather, sketch.time, sketch.seed, palette, wide)
    props = sorted(stage.props, key=lambda prop: prop.foot)
    behind = [*stage.back, *(shape for prop in props for shape in prop.shapes)]
    return _page(behind, wide), _page(stage.front, wide, ground=False)


def _page(shapes: list[Shape], wide: int, ground: bool = True) -> str:
    canvas = _Inked("colour")
    canvas.shapes(shapes)
    svg = canvas.svg(wide, 512)
    return svg if ground else svg.replace(f'<rect width="{wide}" height="512" fill="#ffffff"/>', "", 1)


def preview_png(sketch: Sketch, chosen: int = -1) -> bytes:
    """A sketch in flat colours as PNG: a number on each layer, or a frame around the one that is `chosen`."""
    behind, before = scene_svgs(sketch)
    parts = [_inside(behind)]
    parts += [
        _placed(layer.sticker, layer.x, layer.y, layer.scale, layer.rotation, layer.flip) for layer in sketch.layers
    ]
    parts.append(_inside(before))
    if 0 <= chosen < len(sketch.layers):
        parts.append(_frame(sketch.layers[chosen]))
    spots = [_corner(layer) for layer in sketch.layers] if chosen < 0 else []
    return _numbered(parts, spots, 512, page_wide(sketch.width, sketch.height))


def four_png(stickers: tuple[str, ...], side: int = 480) -> bytes:
    """Up to four stickers side by side as PNG, numbered from 1."""
    places = [(0.27, 0.27), (0.75, 0.27), (0.27, 0.75), (0.75, 0.75)]
    parts = ['<rect width="512" height="512" fill="#fdf9f0"/>']
    for sticker, (x, y) in zip(stickers, places, strict=False):
        _, _, wide, high = bounds(sticker)
        parts.append(_placed(sticker, x, y, 0.34 * min(1.0, high / wide), 0.0, False))
    spots = [((x - 0.2) * PAGE, (y - 0.2) * PAGE) for x, y in places[: len(stickers)]]
    return _numbered(parts, spots, side)


def _placed(sticker: str, x: float, y: float, scale: float, rotation: float, flip: bool) -> str:
    left, top, wide, high = bounds(sticker)
    k = scale * PAGE / high
    side = -k if flip else k
    place = (
        f"translate({x * PAGE:.2f} {y * PAGE:.2f}) rotate({rotation:.1f}) scale({side:.4f} {k:.4f})"
        f" translate({-(left + wide / 2):.2f} {-(top + high / 2):.2f})"
    )
    return f'<g transform="{place}">{_inside(sticker_svg(sticker))}</g>'


def _frame(layer: Layer) -> str:
    _, _, wide, high = bounds(layer.sticker)
    tall, broad = layer.scale * PAGE + 14, layer.scale * PAGE * wide / high + 14
    turn = f"rotate({layer.rotation:.1f} {layer.x * PAGE:.1f} {layer.y * PAGE:.1f})"
    return (
        f'<rect x="{layer.x * PAGE - broad / 2:.1f}" y="{layer.y * PAGE - tall / 2:.1f}" width="{broad:.1f}"'
        f' height="{tall:.1f}" rx="12" fill="none" stroke="#c8492f" stroke-width="4" stroke-dasharray="10 7" transform="{turn}"/>'
    )


def _corner(layer: Layer) -> tuple[float, float]:
    """Where a number covers no face: the top left of a layer, in page units."""
    _, _, wide, high = bounds(layer.sticker)
    half = layer.scale / 2
    return (layer.x - half * wide / high) * PAGE, (layer.y - half) * PAGE


def _inside(svg: str) -> str:
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]


def _numbered(parts: list[str], spots: list[tuple[float, float]], side: int, page: float = PAGE) -> bytes:
    """SVG parts as PNG, `side` high, with 1, 2, 3 ... at spots in page units; `page`: how wide it is, in these."""
    import io

    from PIL import ImageDraw

    across = round(side * page / PAGE)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{side}" viewBox="0 0 {page:g} 512">{"".join(parts)}</svg>'
    image = rastered(svg)
    draw, font, k = ImageDraw.Draw(image), handwriting(26), side / PAGE
    for n, (x, y) in enumerate(spots, 1):
        x, y = min(max(x * k, 18), across - 18), min(max(y * k, 18), side - 18)
        draw.ellipse((x - 15, y - 15, x + 15, y + 15), fill="#fffefa", outline="#c8492f", width=2)
        draw.text((x, y), str(n), fill="#3a3028", font=font, anchor="mm")
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
