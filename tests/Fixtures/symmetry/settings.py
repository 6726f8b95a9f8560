"""The 530 settings of the International Tables as spglib has them.

    python3 settings.py table        number|choice|symbol|full symbol|former symbol|Hall symbol: src/Domain/Symmetry/Settings.txt
    python3 settings.py operations   setting, number of operations, digest of them: operations.txt

The digest is the first 16 digits of the SHA-256 of the operations, one a line, sorted: nine integers of the rotation and
three numerators of the translation over 24, separated by blanks.
"""
import hashlib
import sys

import spglib

# Symbols of groups with glide planes e before the edition of 1995 (International Tables A, 4th ed., table 4.3.1).
FORMER = {
    39: ["A b m 2", "B m a 2", "B 2 c m", "C 2 m b", "C m 2 a", "A c 2 m"],
    41: ["A b a 2", "B b a 2", "B 2 c b", "C 2 c b", "C c 2 a", "A c 2 a"],
    64: ["C m c a", "C c m b", "A b m a", "A c a m", "B b c m", "B m a b"],
    67: ["C m m a", "C m m b", "A b m m", "A c m m", "B m c m", "B m a m"],
    68: [s for s in ["C c c a", "C c c b", "A b a a", "A c a a", "B b c b", "B b a b"] for _ in range(2)],
}


def table():
    seen = {}
    for setting in range(1, 531):
        group = spglib.get_spacegroup_type(setting)
        number, choice = group["number"], group["choice"]
        names = [name.replace("_", "") for name in group["international"].split(" = ")]
        full = group["international_full"].replace("_", "")
        # Of monoclinic groups the first name is that of the standard setting, the second that of this one.
        symbol = names[1] if len(names) > 1 else names[0]
        if setting == 331:  # spglib 2.0.2 has the former symbol here and in no other line.
            symbol, full = "B b e b", "B 2/b 2/e 2/b"
        former = FORMER[number][seen.get(number, 0)] if number in FORMER else ""
        seen[number] = seen.get(number, 0) + 1
        print(number, choice, symbol, full, former, group["hall_symbol"], sep="|")


def operations():
    for setting in range(1, 531):
        symmetry = spglib.get_symmetry_from_database(setting)
        lines = []
        for rotation, translation in zip(symmetry["rotations"], symmetry["translations"]):
            numerators = [round(t * 24) for t in translation]
            assert max(abs(t * 24 - n) for t, n in zip(translation, numerators)) < 1e-6
            lines.append(" ".join(str(int(x)) for x in [*rotation.flatten(), *(n % 24 for n in numerators)]))
        digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
        print(setting, len(lines), digest)


{"table": table, "operations": operations}[sys.argv[1]]()
