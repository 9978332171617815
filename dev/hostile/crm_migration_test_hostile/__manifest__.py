{
    "name": "CRM Migration: hostile surroundings",
    "summary": "Development only: what a customer's own addon may do to the models of a migration",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "crm_migration contributors",
    "depends": ["crm", "calendar"],
}
