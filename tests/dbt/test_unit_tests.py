"""The dbt unit tests: scheduled runs leave them out, so this is where they run."""


def test_every_rule_holds_as_a_dbt_unit_test_and_an_empty_home_builds(new_landed):
    new_landed().build("path:seeds", "path:models", with_unit_tests=True)
