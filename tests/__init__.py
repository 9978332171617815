from . import test_traps_pipeline
from . import test_traps_records
from . import test_silence
from . import test_journey_karmacrm
from . import test_rollback
from . import test_verify
