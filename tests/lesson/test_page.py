from pathlib import Path

import pytest
from click.testing import CliRunner

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.language.catalogue import language
from dogs_vs_cats.lesson.chapters import Chapter, chapters
from dogs_vs_cats.lesson.page import write_lesson
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import AugmentationSettings, read_params

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


def test_the_lesson_is_in_the_language_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_layers(augmentation: AugmentationSettings) -> tuple[Chapter, ...]:
        return tuple(each for each in chapters(augmentation) if each.key == "layers")

    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr("dogs_vs_cats.lesson.chapters.chapters", of_layers)
    out = tmp_path / "pages"
    arguments = ["lesson", "--lang", "ko", "--out", str(out)]
    CliRunner().invoke(cli, arguments, catch_exceptions=False)
    for name in ("index", "layers"):
        page = (out / f"{name}.html").read_text()
        assert '<html lang="ko">' in page
        assert "층별로 세어 보기" in page
        assert "Contents" not in page
    assert language() == "en"


def test_a_language_without_texts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(cli, ["lesson", "--lang", "fr"])
    assert done.exit_code == 2
    assert "'en', 'ko'" in done.output
