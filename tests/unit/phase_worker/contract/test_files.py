"""Files that are wholly there or not there: publishing once, replacing atomically, writing every byte."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from phase_worker.contract.files import publish, write_all, write_atomically


def test_publishing_gives_the_file_its_final_name_only(tmp_path: Path) -> None:
    temporary, final = tmp_path / "temporary", tmp_path / "final"
    temporary.write_bytes(b"content")
    publish(temporary, final)
    assert final.read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [final]


@pytest.mark.parametrize("existing", ["file", "directory", "dangling link"])
def test_publishing_never_replaces(tmp_path: Path, existing: str) -> None:
    temporary, final = tmp_path / "temporary", tmp_path / "final"
    temporary.write_bytes(b"new")
    if existing == "file":
        final.write_bytes(b"old")
    elif existing == "directory":
        final.mkdir()
    else:
        final.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        publish(temporary, final)
    assert temporary.read_bytes() == b"new"
    assert not final.is_file() or final.read_bytes() == b"old"


def test_of_many_that_publish_one_name_exactly_one_wins(tmp_path: Path) -> None:
    final = tmp_path / "final"
    start, winners = threading.Barrier(8), []

    def compete(number: int) -> None:
        temporary = tmp_path / f"temporary-{number}"
        temporary.write_text(str(number))
        start.wait()
        try:
            publish(temporary, final)
            winners.append(number)
        except FileExistsError:
            pass

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [final.read_text()] == [str(number) for number in winners]


def test_writing_atomically_creates_and_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for content in (b"first", b"", b"x" * 3_000_000):
        write_atomically(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


def test_writing_takes_no_file_that_a_process_of_the_same_number_has_begun_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / f".outcome.json.{os.getpid()}.tmp"
    elsewhere.write_bytes(b"half an outco")
    write_atomically(tmp_path / "outcome.json", b"whole")
    assert elsewhere.read_bytes() == b"half an outco"


def test_a_reader_of_the_old_file_sees_none_of_the_new(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_atomically(path, b"old content")
    with path.open("rb", buffering=0) as reader:
        first = reader.read(4)
        write_atomically(path, b"NEW CONTENT")
        assert first + reader.read() == b"old content"


def test_old_content_survives_a_write_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    # In a process of its own: the limit on the size of files is the process's, as a full disk would be.
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from phase_worker.contract.files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_atomically(Path(sys.argv[1]), b'n' * 5000)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    environment = {"PYTHONPATH": str(Path(__file__).parents[4])}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "File too large" in result.stderr
    assert path.read_bytes() == b"old"


def test_every_byte_is_written_to_a_file_that_takes_few_at_a_time() -> None:
    content = os.urandom(1_000_000)
    received = bytearray()
    reader, writer = os.pipe()

    def read() -> None:
        while chunk := os.read(reader, 5000):
            received.extend(chunk)

    thread = threading.Thread(target=read)
    thread.start()
    write_all(writer, content)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert received == content


def test_names_without_a_directory_are_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("temporary").write_bytes(b"content")
    publish(Path("temporary"), Path("published"))
    write_atomically(Path("written"), b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published", "written"]
