import shutil
from pathlib import Path

import pytest
from report_inputs import Project, write_project


@pytest.fixture(scope="session")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete project, drawn once; to be read alone."""
    return write_project(tmp_path_factory.mktemp("complete")).root


@pytest.fixture
def project(complete: Path, tmp_path: Path) -> Project:
    """A complete project of a test's own."""
    shutil.copytree(complete, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)
