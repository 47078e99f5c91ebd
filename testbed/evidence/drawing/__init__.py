"""Pictures of a run as SVG text: no script, no font, no clock, so equal runs give equal bytes."""
