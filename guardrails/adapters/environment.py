"""The environment of every program that the judge runs, made from nothing: no secret of the caller's gets in."""

import os
from collections.abc import Mapping
from pathlib import Path

# What a program cannot be found or loaded without; nothing else of the caller's environment is passed on.
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# One answer on every machine: the same language, zone and hash seed, and one thread for each process, because more
# would make gates that run side by side fight for the cores.
_FIXED = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PACT_DO_NOT_TRACK": "true",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


def environment(private: Path, caller: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The environment of one program whose home and temporary directory are in `private`.

    Relative entries of the caller's PATH are left out: in a tree of the change's they would name its own programs.
    """
    path = os.pathsep.join(
        part for part in caller.get("PATH", os.defpath).split(os.pathsep) if Path(part).is_absolute()
    )
    kept = {name: caller[name] for name in _KEPT if name in caller}
    return {**kept, **_FIXED, "PATH": path, "HOME": str(private), "TMPDIR": str(private / "tmp"), **added}
