"""MLflow's tables, also where its own path holds a percent sign."""

from functools import cache


@cache
def let_migrations_be_found() -> None:
    """Call before the first database is opened.

    MLflow (3.17) names the folder of its migrations to Alembic as it is, and Alembic takes a
    percent sign for the beginning of a reference: in an environment below such a folder, no
    database could be made or opened.
    """
    import mlflow

    if "%" not in mlflow.__file__:
        return
    from alembic.config import Config

    plain = Config.set_main_option

    def escaped(self: Config, name: str, value: str) -> None:
        plain(self, name, value.replace("%", "%%") if name == "script_location" else value)

    Config.set_main_option = escaped  # type: ignore[method-assign]
