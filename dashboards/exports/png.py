"""A chart as a picture, drawn without a browser, in the house's own Japanese font."""

import json
from functools import cache

from dashboards.exports import fonts

WIDTH = 960  # pixels of the plot before scaling
SCALE = 2.0  # pixels of the file per pixel of the plot


def picture(spec: dict, *, title: str, notes: str, background: str) -> bytes:
    """A PNG of a Vega-Lite specification under its title, with unit and as-of day below it."""
    spec = spec | {
        "width": WIDTH,
        "background": background,
        "padding": 16,
        "title": {
            "text": fonts.drawable(title),
            "subtitle": fonts.drawable(notes),
            "anchor": "start",
            "fontSize": 18,
            "subtitleFontSize": 12,
            "offset": 14,
        },
    }
    config = spec.setdefault("config", {})
    config["font"] = fonts.FAMILY
    for part in ("axis", "legend"):
        config.setdefault(part, {}).update(labelFont=fonts.FAMILY, titleFont=fonts.FAMILY)
    # data too: a name with a character the font lacks is drawn with a geta, not with a box
    drawn = fonts.drawable(json.dumps(spec, ensure_ascii=False, default=str))
    return _renderer().vegalite_to_png(drawn, scale=SCALE)


@cache
def _renderer():
    import vl_convert

    vl_convert.register_font_directory(str(fonts.FOLDER))
    return vl_convert
