"""Where the lecture's files are looked for, and how they are fetched: from a server on 127.0.0.1."""

import dataclasses
import hashlib
import http.server
import re
import sys
import threading

import numpy as np
import pytest

from mlp_py import datasets, lecture_files

from .sample_files import ABALONE, PULSAR, write

# ---- folders ---------------------------------------------------------------------------------------------

def test_the_argument_goes_before_the_variable(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "chap01").mkdir(parents=True), there.mkdir()
    write(here / "chap01", "abalone", ABALONE)              # as in the book's repository
    monkeypatch.setenv("MLP_DATA", str(there))
    assert datasets.lecture_file("abalone", here).parent.name == "chap01"
    write(there, "abalone", ABALONE)
    assert datasets.lecture_file("abalone") == there / "abalone.csv"
    assert datasets.lecture_file("abalone", str(here)).parent.name == "chap01"


@pytest.mark.parametrize("by_variable", [False, True])
@pytest.mark.parametrize("exists", [False, True])
def test_a_named_folder_without_the_file_is_an_error_and_nothing_is_fetched(by_variable, exists, tmp_path,
                                                                           monkeypatch, web):
    folder = tmp_path / "folder"
    if exists:
        folder.mkdir()
    monkeypatch.setenv("MLP_DATA", str(folder))
    with pytest.raises(FileNotFoundError) as caught:
        datasets.load("steel", None if by_variable else folder)
    message = str(caught.value)
    assert "faults.csv" in message and str(folder) in message and ("MLP_DATA" in message) == by_variable
    assert web.requests == []


# ---- fetching, over the loopback -------------------------------------------------------------------------

class Web:
    """A server on 127.0.0.1: what it answers, and what it was asked for."""

    def __init__(self):
        self.answers, self.requests, web = {}, [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.requests.append(self.path)
                body, announced = web.answers.get(self.path, (None, 0))
                if body is None:
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Length", str(announced))
                self.end_headers()
                self.wfile.write(body)      # fewer bytes than announced: the connection drops

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/mirror"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A mirror without files, and an empty cache in tmp_path/cache; the file "pulsar" is a small one."""
    import pooch

    web = Web()
    web.cache = tmp_path / "cache"
    monkeypatch.delenv("MLP_DATA", raising=False)
    monkeypatch.setenv("MLP_DATA_URL", web.url + "/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda name: web.cache)
    sha256 = hashlib.sha256(PULSAR.encode()).hexdigest()
    small = dataclasses.replace(lecture_files.known("pulsar"), sha256=sha256)
    monkeypatch.setitem(lecture_files.LECTURE_FILES, "pulsar", small)
    yield web
    web.close()


ADDRESS = "/mirror/chap02/pulsar_stars.csv"


def in_cache(web):
    return sorted(path.name for path in web.cache.rglob("*")) if web.cache.exists() else []


def test_fetched_once_then_found_in_the_cache(web):
    web.answers[ADDRESS] = PULSAR.encode(), len(PULSAR)
    first = datasets.load("pulsar")
    assert first.y[:, 0].tolist() == [0, 1] and web.requests == [ADDRESS]
    assert in_cache(web) == ["pulsar_stars.csv"]
    del web.answers[ADDRESS]
    assert np.array_equal(datasets.load("pulsar").x, first.x) and web.requests == [ADDRESS]


def test_a_damaged_file_in_the_cache_is_fetched_again(web):
    web.cache.mkdir()
    (web.cache / "pulsar_stars.csv").write_text(PULSAR[:-3], encoding="utf-8")
    web.answers[ADDRESS] = PULSAR.encode(), len(PULSAR)
    assert len(datasets.load("pulsar").x) == 2 and web.requests == [ADDRESS]


@pytest.mark.parametrize("body, announced, says", [
    (PULSAR.replace("8.1", "8.2").encode(), len(PULSAR), "sha256"),
    (PULSAR[:-40].encode(), len(PULSAR) - 40, "sha256"),
    (PULSAR[:-40].encode(), len(PULSAR), "could not be fetched.*cut off"),
    (None, 0, "404"),
], ids=["wrong hash", "cut off unnoticed", "dropped connection", "not there"])
def test_a_failed_fetch_is_one_sentence_and_leaves_nothing(body, announced, says, web):
    if body is not None:
        web.answers[ADDRESS] = body, announced
    with pytest.raises(ConnectionError) as caught:
        datasets.load("pulsar")
    message = str(caught.value)
    assert re.search(says, message) and web.url + "/chap02" in message and "\n" not in message
    assert "MLP_DATA" in message and "pulsar_stars.csv" in message
    assert web.requests == [ADDRESS] and in_cache(web) == []


def test_without_network(web):
    web.server.server_close()                           # nobody listens any more
    with pytest.raises(ConnectionError, match="could not be fetched .*no connection.*MLP_DATA") as caught:
        datasets.load("pulsar")
    assert "\n" not in str(caught.value) and in_cache(web) == []


def test_an_address_that_is_none(web, monkeypatch):
    monkeypatch.setenv("MLP_DATA_URL", "mirror/data")
    with pytest.raises(ValueError, match="MLP_DATA_URL.*http.*mirror/data"):
        datasets.load("pulsar")
    monkeypatch.setenv("MLP_DATA_URL", "http://*.mirror")
    with pytest.raises(ConnectionError, match="could not be fetched"):
        datasets.load("pulsar")


def test_a_cache_that_cannot_be_made(web):
    web.cache.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ConnectionError, match="could not be fetched.*MLP_DATA"):
        datasets.load("pulsar")


def test_the_address_is_the_pinned_commit_of_the_books_repository():
    assert lecture_files.BASE_URL == ("https://raw.githubusercontent.com/KONANtechnology/Academy.ALZZA/"
                                      "b5d6ce67175770736e633ffc0702671480f549f4/data")
    assert {name: f"{file.chapter}/{file.file}" for name, file in lecture_files.LECTURE_FILES.items()} == {
        "abalone": "chap01/abalone.csv", "pulsar": "chap02/pulsar_stars.csv", "steel": "chap03/faults.csv"}


def test_without_pooch(monkeypatch):
    monkeypatch.delenv("MLP_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(FileNotFoundError, match=r'abalone.csv.*pip install "mlp-twins\[demo\]".*MLP_DATA'):
        datasets.load("abalone")
