{
    "name": "CRM Migration: overrides of create of somebody else",
    "summary": "Development only: overrides that nobody here knows",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "crm_migration contributors",
    "depends": ["crm_migration_test_alien"],
}
