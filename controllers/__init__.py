from . import crm_migration_upload
