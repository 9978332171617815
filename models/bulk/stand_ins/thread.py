from .stand_in import StandIn


class Thread(StandIn):
    """What is common to models with a chatter: in silence nothing is posted or followed."""

    needs = ("tracking_disable", "crm_migration_silent")
