from pathlib import Path

import pytest
from click.testing import CliRunner

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.lesson.chapters import chapters
from dogs_vs_cats.lesson.page import write_lesson
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import read_params

ROOT = Path(__file__).parents[2]


def test_the_command_writes_a_page_a_chapter_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    out = tmp_path / "pages"
    done = CliRunner().invoke(cli, ["lesson", "--out", str(out)], catch_exceptions=False)
    assert done.output == f"Lesson: {out / 'index.html'}\n"
    index = (out / "index.html").read_text()
    keys = [each.key for each in chapters(read_params(ROOT / "params.yaml").augmentation)]
    assert sorted(path.stem for path in out.iterdir()) == sorted(["index", *keys])
    for key in keys:
        assert f'href="{key}.html"' in index
        page = (out / f"{key}.html").read_text()
        assert 'src="http' not in page
        assert "data:image/" in page or "<table>" in page
    assert "<table>" in (out / "convolution.html").read_text()


def test_a_folder_with_other_files_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(PipelineError, match="other files"):
        write_lesson([], tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years"
