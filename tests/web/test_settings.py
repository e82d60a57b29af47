from dataclasses import fields, replace
from pathlib import Path

import pytest

from web.settings import (
    Environment,
    Secret,
    Settings,
    SettingsError,
    describe,
    read_settings,
    read_tenant,
)

PRODUCTION = {
    "AMTSWEG_ENV": "production",
    "AMTSWEG_BASE_URL": "https://service.darmstadt.example",
    "AMTSWEG_SECRET_KEY": "k" * 40,
    "AMTSWEG_IDENTITY": "oidc",
    "AMTSWEG_OIDC_BUERGER_ISSUER": "https://login.example/realms/buergerkonto",
    "AMTSWEG_OIDC_BUERGER_CLIENT_SECRET": "geheim-eins",
    "AMTSWEG_OIDC_AMT_ISSUER": "https://login.example/realms/verwaltung",
    "AMTSWEG_OIDC_AMT_CLIENT_SECRET": "geheim-zwei",
    "AMTSWEG_SMTP_HOST": "mail.darmstadt.example",
}


def read(tmp_path: Path, **environ: str) -> Settings:
    return read_settings(environ, secrets_dir=tmp_path)


def problems_of(tmp_path: Path, **environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **environ)
    return caught.value.problems


def test_an_empty_environment_is_a_working_development_setup(tmp_path):
    settings = read(tmp_path)
    assert settings.env is Environment.DEVELOPMENT
    assert settings.database_url == f"sqlite:///{Path('var').absolute() / 'amtsweg.sqlite'}"
    assert settings.object_dir == Path("var/objects").absolute()
    assert settings.tenant.key == "darmstadt"


def test_places_follow_the_data_folder_unless_named(tmp_path):
    settings = read(tmp_path, AMTSWEG_DATA_DIR=str(tmp_path / "d"), AMTSWEG_OBJECT_DIR=str(tmp_path / "o"))
    assert settings.object_dir == tmp_path / "o"
    assert settings.master_key_file == tmp_path / "d" / "master.key"
    assert settings.anchor_file == tmp_path / "d" / "anchors.jsonl"


def test_every_problem_is_reported_at_once_and_names_its_variable(tmp_path):
    problems = problems_of(tmp_path, AMTSWEG_PORT="8o80", AMTSWEG_ENV="prod", AMTSWEG_LOG_FORMAT="xml")
    assert problems == (
        "AMTSWEG_ENV: 'prod' is none of development, test, production",
        "AMTSWEG_PORT: '8o80' is not a whole number",
        "AMTSWEG_LOG_FORMAT: 'xml' is none of text, json",
    )


def test_a_misspelled_variable_is_a_problem_not_a_silent_default(tmp_path):
    assert problems_of(tmp_path, AMTSWEG_DATABSE_URL="sqlite://") == (
        "AMTSWEG_DATABSE_URL is not a setting; did you mean AMTSWEG_DATABASE_URL?",
    )


def test_an_empty_variable_counts_as_not_set(tmp_path):
    assert read(tmp_path, AMTSWEG_PORT=" ").port == 8080


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AMTSWEG_PORT", "70000", "PORT"),
        ("AMTSWEG_THREADS", "0", "THREADS"),
        ("AMTSWEG_THREADS", "1", "demo identity provider"),
        ("AMTSWEG_TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES"),
        ("AMTSWEG_MAX_REQUEST_MB", "0", "MAX_REQUEST_MB"),
        ("AMTSWEG_BASE_URL", "darmstadt.example", "BASE_URL"),
        ("AMTSWEG_BASE_URL", "http://darmstadt.example/portal", "BASE_URL"),
        ("AMTSWEG_SECRET_KEY", "kurz", "SECRET_KEY"),
        ("AMTSWEG_DATABASE_URL", "postgresql+psycopg://a:geheim@db/amtsweg", "DATABASE_PASSWORD"),
        ("AMTSWEG_TENANT_FILE", "/gibt/es/nicht.toml", "/gibt/es/nicht.toml"),
        ("AMTSWEG_IDENTITY", "oidc", "OIDC_BUERGER_ISSUER"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_its_name(tmp_path, variable, value, said):
    assert any(said in problem for problem in problems_of(tmp_path, **{variable: value}))


def test_a_secret_comes_from_its_file_before_the_variable(tmp_path):
    (tmp_path / "AMTSWEG_SECRET_KEY").write_text("a" * 40 + "\n")
    (tmp_path / "named").write_text("b" * 40)
    assert read(tmp_path, AMTSWEG_SECRET_KEY="c" * 40).secret_key.reveal() == "a" * 40
    named = read(tmp_path, AMTSWEG_SECRET_KEY="c" * 40, AMTSWEG_SECRET_KEY_FILE=str(tmp_path / "named"))
    assert named.secret_key.reveal() == "b" * 40


def test_a_named_secret_file_that_is_absent_is_a_problem(tmp_path):
    [problem] = problems_of(tmp_path, AMTSWEG_SECRET_KEY_FILE=str(tmp_path / "weg"))
    assert problem.startswith("AMTSWEG_SECRET_KEY: ")


def test_no_secret_shows_itself(tmp_path):
    database = {
        "AMTSWEG_DATABASE_URL": "postgresql+psycopg://app@db/amtsweg",
        "AMTSWEG_DATABASE_PASSWORD": "db-geheim",
    }
    settings = read(tmp_path, **PRODUCTION, **database)
    shown = repr(settings) + str(settings) + f"{settings.secret_key}{Secret('geheim-drei')!r}"
    assert not any(secret in shown for secret in ("kkkk", "geheim-eins", "geheim-zwei", "geheim-drei", "db-geheim"))


def test_production_starts_with_real_identities_and_secrets(tmp_path):
    assert read(tmp_path, **PRODUCTION).is_production


def test_the_password_gets_into_the_database_address_only_on_request(tmp_path):
    url = {"AMTSWEG_DATABASE_URL": "postgresql+psycopg://app@db:5432/amtsweg", "AMTSWEG_DATABASE_PASSWORD": "a/b@c"}
    settings = read(tmp_path, **url)
    assert settings.database_url == url["AMTSWEG_DATABASE_URL"]
    assert settings.database_address() == "postgresql+psycopg://app:a%2Fb%40c@db:5432/amtsweg"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AMTSWEG_IDENTITY", "demo", "demo identities are refused"),
        ("AMTSWEG_SECRET_KEY", "", "SECRET_KEY"),
        ("AMTSWEG_SMTP_HOST", "", "nobody is notified"),
        ("AMTSWEG_BASE_URL", "http://service.darmstadt.example", "https://"),
        ("AMTSWEG_OIDC_AMT_ISSUER", "http://login.example/realms/verwaltung", "https://"),
        ("AMTSWEG_OIDC_AMT_ISSUER", "https://login.example/realms/buergerkonto", "share a realm"),
    ],
)
def test_production_refuses_what_is_only_fit_for_a_demo(tmp_path, variable, value, said):
    assert any(said in problem for problem in problems_of(tmp_path, **{**PRODUCTION, variable: value}))


def test_a_copied_setting_is_checked_again(tmp_path):
    with pytest.raises(SettingsError):
        replace(read(tmp_path), env=Environment.PRODUCTION)


def test_a_profile_says_what_is_missing_unknown_or_not_text(tmp_path):
    profile = tmp_path / "stadt.toml"
    profile.write_text('key = "Ä"\ncity_name = 5\nfarbe = "rot"\n')
    with pytest.raises(SettingsError) as caught:
        read_tenant(profile)
    said = str(caught.value)
    assert "city_name must be text" in said
    assert "farbe is not part of a profile" in said
    assert "offices is missing" in said


def test_an_unnamed_office_is_shown_by_its_key(tmp_path):
    tenant = read(tmp_path).tenant
    assert tenant.office("steueramt") == "Kassen- und Steueramt"
    assert tenant.office("forstamt") == "forstamt"


def test_every_setting_has_one_line_of_help_and_a_parser(tmp_path):
    for setting in describe():
        assert setting.help.endswith("."), setting.variable
        assert "\n" not in setting.help
    texts = {"int": "2", "Environment": "test", "IdentitySource": "demo", "LogFormat": "json"}
    for setting in describe():
        if setting.type in texts:
            read(tmp_path, **{setting.variable: texts[setting.type]})


def test_the_settings_are_frozen(tmp_path):
    settings = read(tmp_path)
    for entry in fields(Settings):
        with pytest.raises(AttributeError):
            setattr(settings, entry.name, None)


def test_plain_http_is_for_this_machine_only():
    with pytest.raises(SettingsError, match="plain http"):
        read_settings({"AMTSWEG_BASE_URL": "http://10.0.0.7:8080"})
    assert read_settings({"AMTSWEG_BASE_URL": "http://localhost:8080"}).base_url == "http://localhost:8080"
