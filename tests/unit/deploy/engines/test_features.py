"""Which features of the broker are raised, and in what order."""

from deploy.engines.features import FEATURES, Feature, features_to_raise


def test_a_cluster_at_the_level_is_left_alone() -> None:
    assert features_to_raise({feature.name: feature.level for feature in FEATURES}) == {}


def test_what_is_below_the_level_is_raised_and_what_is_above_stays() -> None:
    found = features_to_raise({"metadata.version": 25, "transaction.version": 2, "share.version": 2})
    assert list(found.items()) == [
        ("metadata.version", 27),
        ("group.version", 1),
        ("eligible.leader.replicas.version", 1),
    ]


def test_a_feature_that_is_off_by_declaration_is_not_asked_for() -> None:
    assert features_to_raise({}, (Feature("share.version", 0),)) == {}
