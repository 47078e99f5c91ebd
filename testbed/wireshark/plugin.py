"""The plugin for Wireshark as one file of Lua: the declarations, then the code that reads them.

The code keeps to what Lua 5.1 to 5.4 and Wireshark 4.0 to 4.6 have in common.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

from testbed.wireshark.declarations import declarations
from testbed.wireshark.literal import literal
from testbed.wireshark.summaries import PROTOCOLS

_PARTS = (
    *("fields", "values", "structures", "options"),
    *("names", "checksum", "messages", "hooks"),
)


def plugin() -> str:
    """Return the source of the plugin, made from the declarations as they are now."""
    number = version("dmm-testbed")
    head = f"""-- Dissects the signalling of dmm-testbed: https://www.wireshark.org/docs/wsdg_html_chunked/
-- Made by `dmm-testbed wireshark plugin`, version {number}; changes here are lost.
set_plugin_info({{ version = "{number}", description = "Signalling of dmm-testbed" }})
"""
    tables = {**declarations(), "protocols": PROTOCOLS}
    data = "".join(
        f"local {name.upper()} = {literal(value)}\n" for name, value in sorted(tables.items())
    )
    code = (files("testbed.wireshark") / "lua" / f"{part}.lua" for part in _PARTS)
    return "\n".join((head, data, *(part.read_text(encoding="utf-8") for part in code)))
