from . import test_traps_pipeline
from . import test_traps_records
from . import test_silence
