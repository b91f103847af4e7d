"""Writes a wheel around a native command line: nothing is compiled, and the same input gives the same bytes.

The wheel holds the program `inkling`, the command `inkling-search` that calls it, and, below `share/inkling` of the environment, what
a page loads and the query encoders of `models/`. Format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

import argparse
import base64
import hashlib
import pathlib
import re
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "inkling_search"

# What only Node runs, or a page that builds, and what is for people who debug.
LEFT_OUT = re.compile(r"(^|/)(build|cli|encoder|remote|site|write-service-worker)\.js$|inkling-(build|node)-|\.map$|\.d\.ts$")

MAIN = '''"""The command line of Inkling. The program itself is `inkling`, beside this environment's Python."""

import os
import subprocess
import sys
import sysconfig


def main():
    name = "inkling.exe" if os.name == "nt" else "inkling"
    schemes = [None, f"{os.name}_user"]
    folders = [sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts") for scheme in schemes]
    program = next((path for path in (os.path.join(folder, name) for folder in folders) if os.path.exists(path)), name)
    if os.name == "nt":
        sys.exit(subprocess.call([program, *sys.argv[1:]]))
    os.execvp(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
'''


def tag(platform, binary):
    """The platform as wheels name it. A Linux program asks for a version of glibc, which stands in it by name."""
    system, cpu, *libc = platform.split("-")
    arch = {"x64": "x86_64", "arm64": "aarch64"}[cpu]
    if system == "win32":
        return {"x86_64": "win_amd64", "aarch64": "win_arm64"}[arch]
    if system == "darwin":
        return {"x86_64": "macosx_10_12_x86_64", "aarch64": "macosx_11_0_arm64"}[arch]
    if libc:
        return f"musllinux_1_2_{arch}"
    minor = max((int(found) for found in re.findall(rb"GLIBC_2\.(\d+)", binary)), default=17)
    return f"manylinux_2_{max(minor, 17)}_{arch}"


def contents(args, binary):
    """The files of the wheel: name, bytes, and whether they can be run."""
    data, info = f"{NAME}-{args.version}.data", f"{NAME}-{args.version}.dist-info"
    program = "inkling.exe" if args.platform.startswith("win32") else "inkling"
    yield f"{NAME}/__init__.py", MAIN.encode(), False
    yield f"{NAME}/__main__.py", f"from {NAME} import main\n\nmain()\n".encode(), False
    yield f"{data}/scripts/{program}", binary, True
    dist = pathlib.Path(args.dist)
    for path in sorted(dist.rglob("*")):
        name = path.relative_to(dist).as_posix()
        if path.is_file() and not LEFT_OUT.search(name):
            yield f"{data}/data/share/inkling/dist/{name}", path.read_bytes(), False
    for path in sorted((ROOT / "models").rglob("*")):
        if path.is_file():
            name = path.relative_to(ROOT / "models").as_posix()
            yield f"{data}/data/share/inkling/query-models/{name}", path.read_bytes(), False
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    head = [
        "Metadata-Version: 2.4",
        "Name: inkling-search",
        f"Version: {args.version}",
        "Summary: Semantic search that runs in the visitor's browser",
        "License-Expression: MIT OR Apache-2.0",
        "License-File: LICENSE-APACHE",
        "License-File: LICENSE-MIT",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ]
    yield f"{info}/METADATA", ("\n".join(head) + "\n\n" + readme).encode(), False
    wheel = ["Wheel-Version: 1.0", "Generator: inkling", "Root-Is-Purelib: false", f"Tag: py3-none-{tag(args.platform, binary)}"]
    yield f"{info}/WHEEL", ("\n".join(wheel) + "\n").encode(), False
    yield f"{info}/entry_points.txt", f"[console_scripts]\ninkling-search = {NAME}:main\n".encode(), False
    for name in ["LICENSE-APACHE", "LICENSE-MIT"]:
        yield f"{info}/licenses/{name}", (ROOT / name).read_bytes(), False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ["binary", "platform", "version", "dist", "out"]:
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    binary = pathlib.Path(args.binary).read_bytes()
    path = pathlib.Path(args.out) / f"{NAME}-{args.version}-py3-none-{tag(args.platform, binary)}.whl"
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:

        def put(name, content, is_program):
            # Not the time of today: the same input gives the same bytes.
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.external_attr = (0o100755 if is_program else 0o100644) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(about, content)

        for name, content, is_program in contents(args, binary):
            put(name, content, is_program)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}\n")
        name = f"{NAME}-{args.version}.dist-info/RECORD"
        put(name, "".join(record + [f"{name},,\n"]).encode(), False)
    print(path)


if __name__ == "__main__":
    main()
