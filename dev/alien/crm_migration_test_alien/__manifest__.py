{
    "name": "CRM Migration: an addon of somebody else",
    "summary": "Development only: required columns, stored computes and constraints of their own",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "crm_migration contributors",
    "depends": ["crm", "calendar", "contacts"],
}
