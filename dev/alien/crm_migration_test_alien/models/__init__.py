from . import crm_lead, mail_message, res_partner
