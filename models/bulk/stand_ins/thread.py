from ..creation import PlainRoad
from .stand_in import StandIn


class Thread(StandIn):
    """What is common to models with a chatter: in silence nothing is posted or followed."""

    # Keys of the context without which overrides would do more than the stand-in does.
    needs = ("tracking_disable", "crm_migration_silent")

    def require_silence(self, model):
        """Leave the plain road to creations that are to tell somebody."""
        for key in self.needs:
            if not model.env.context.get(key):
                raise PlainRoad(f"{key} is not set")
