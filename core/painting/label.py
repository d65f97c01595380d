"""A picture's file says itself that it was made with AI, in the words that other programs look for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MADE_WITH_AI = "made with AI"

#: IPTC Digital Source Types (cv.iptc.org/newscodes/digitalsourcetype): put together of drawn things and generated ones,
#: and made by a model that learned from examples.
COMPOSED = "compositeSynthetic"
LEARNED = "trainedAlgorithmicMedia"

_XMP_KEY = "XML:com.adobe.xmp"
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:CreatorTool={tool} Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/{source}"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def labelled_png(pixels: NDArray[np.uint8], engine: str, source: str) -> bytes:
    """(H, W, 3) as PNG. `source`: COMPOSED or LEARNED. Nothing of a diary is in the file: it may be passed on."""
    from xml.sax.saxutils import quoteattr

    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    tool = f"Emoseum {engine}"
    info = PngInfo()
    info.add_text("Source", MADE_WITH_AI)
    info.add_itxt("Software", tool)
    info.add_itxt(_XMP_KEY, _XMP.format(tool=quoteattr(tool), source=source))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=info, compress_level=5)
    return file.getvalue()
