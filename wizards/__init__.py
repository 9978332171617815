from . import crm_migration_origin
from . import crm_migration_project_map
from . import crm_migration_project_purge
from . import crm_migration_project_rollback
from . import crm_migration_project_upload
