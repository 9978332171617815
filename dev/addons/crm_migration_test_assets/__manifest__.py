{
    "name": "CRM Migration: assets for tests",
    "summary": "Development only: leaves out a script that Debian's Odoo package does not ship",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "crm_migration contributors",
    "depends": ["mail"],
    "assets": {
        "web.assets_backend": [
            ("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js"),
        ],
    },
}
