from . import crm_migration_dossier
from . import crm_migration_guide
from . import crm_migration_held
from . import crm_migration_log
from . import crm_migration_map
from . import crm_migration_report
from . import crm_migration_upload
