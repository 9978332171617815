from . import crm_migration_report
