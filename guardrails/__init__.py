"""The judge: a change goes in, one verdict comes out.

Layers, top to bottom (`.importlinter` enforces them): `__main__`, `cli`, `adapters | report | runner`,
`gates | policy`, `analysis | config | invariants | load`, `ports`, `model`, `errors`.
"""

__version__ = "0.1.0"
