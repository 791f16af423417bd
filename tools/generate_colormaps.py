#!/usr/bin/env python3
"""Writes src/figure/colormap_tables.c from the published tables.

Needs the packages matplotlib (viridis, cividis, magma) and cmcrameri (batlow, vik):

    tools/generate_colormaps.py > src/figure/colormap_tables.c
"""
from importlib.metadata import version

import cmcrameri.cm
import matplotlib

MAPS = [
    ("viridis", matplotlib.colormaps["viridis"], "S. van der Walt, N. Smith, E. Firing; CC0"),
    ("cividis", matplotlib.colormaps["cividis"], "Nunez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239; CC0"),
    ("batlow", cmcrameri.cm.batlow, "F. Crameri, Scientific colour maps, doi:10.5281/zenodo.1243862; MIT"),
    ("vik", cmcrameri.cm.vik, "F. Crameri, Scientific colour maps, doi:10.5281/zenodo.1243862; MIT"),
    ("magma", matplotlib.colormaps["magma"], "S. van der Walt, N. Smith; CC0"),
]


def table(colormap):
    rgb = [tuple(round(255 * channel) for channel in colormap(i)[:3]) for i in range(256)]
    rows = ["".join(f"\\x{value:02x}" for colour in rgb[i : i + 8] for value in colour) for i in range(0, 256, 8)]
    return "\n".join(f'     "{row}"' for row in rows)


print(f"""/* The published tables, 256 sRGB triples of bytes each, written by tools/generate_colormaps.py from
 * matplotlib {version("matplotlib")} and cmcrameri {version("cmcrameri")}. */
#include "figure/colormap_tables.h"

/* clang-format off */
const tau_colormap_table tau_colormap_tables[] = {{""")
for name, colormap, source in MAPS:
    print(f'    /* {source} */\n    {{"{name}",\n{table(colormap)}}},')
print("    {0, 0},\n};\n/* clang-format on */")
