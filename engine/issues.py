"""Catalogue of everything that can be wrong or doubtful.

Codes are stable: reports, tests and decisions refer to them. ``severity`` is what happens to the
record: ``info`` and ``warning`` land, ``hold`` waits for a person, ``error`` failed. ``title`` is
for lists, ``template`` is filled with the parameters, ``advice`` tells the person what to do.
"""

from typing import NamedTuple


class Kind(NamedTuple):
    severity: str
    title: str
    template: str
    advice: str


CATALOGUE = {
    "configuration": Kind(
        "error",
        "Profile is wrong",
        "%(file)s, %(place)s: %(detail)s",
        "Correct the profile.",
    ),
    # reading
    "file_unreadable": Kind(
        "error",
        "File cannot be read",
        "%(file)s: %(detail)s",
        "Export the file again, or upload it in another format.",
    ),
    "file_refused": Kind(
        "error", "File refused", "%(file)s: %(detail)s", "Upload the plain export files."
    ),
    "file_unknown": Kind(
        "warning",
        "File not recognised",
        "%(file)s fits no entity of this source",
        "Choose what the file holds, or set it to be ignored.",
    ),
    "second_form": Kind(
        "warning",
        "Left out: the same records twice",
        "%(file)s holds records that the tables of this upload hold too",
        "Nothing, or set the file to be read instead of the table.",
    ),
    "encoding_doubtful": Kind(
        "warning",
        "Encoding is doubtful",
        "%(file)s was read as %(encoding)s",
        "Look at the preview; choose another encoding if letters are wrong.",
    ),
    "several_tables": Kind(
        "info",
        "Several tables in one file",
        "%(count)s tables stand one under the other in %(file)s; each is read as a file of its own",
        "Say of each what it holds.",
    ),
    "file_empty": Kind(
        "warning", "File is empty", "%(file)s holds no rows", "Export the file again."
    ),
    "ragged_rows": Kind(
        "warning",
        "Rows of other length",
        "%(count)s rows of %(file)s, the first one in line %(line)s: %(found)s cells where the "
        "header has %(expected)s",
        "Compare the rows with the source: a delimiter or a quote may stand in a text.",
    ),
    "replacement_characters": Kind(
        "warning",
        "Letters are lost",
        "%(count)s rows of %(file)s have letters that could not be read, as in %(value)s",
        "Choose another encoding, or export the file again as UTF-8.",
    ),
    "exponent_numbers": Kind(
        "warning",
        "Numbers were rounded",
        "%(count)s cells look like %(value)s: a spreadsheet has shortened them",
        "Export from the source again without opening the file in a spreadsheet.",
    ),
    "cells_cut": Kind(
        "warning",
        "Texts may be cut",
        "%(count)s texts have exactly %(length)s letters",
        "Compare the longest texts with the source.",
    ),
    "error_cells": Kind(
        "warning",
        "Errors of a spreadsheet",
        "%(count)s cells hold %(value)s in place of a value",
        "Mend the formula in the spreadsheet, or export from the source again.",
    ),
    "formulas_unread": Kind(
        "warning",
        "Formulas without a result",
        "%(count)s cells of %(file)s, the first one in row %(line)s, hold a formula and no result; "
        "they are read as empty",
        "Open the file in a spreadsheet program, save it there, and upload it again.",
    ),
    "hidden_sheet": Kind(
        "warning",
        "Hidden sheet",
        "%(file)s is hidden in its workbook; it is read like the others",
        "Ignore it if it does not belong to the export.",
    ),
    "round_count": Kind(
        "warning",
        "Export may be cut",
        "%(file)s has exactly %(count)s rows, where programs like to stop",
        "Compare the count with the source's screen.",
    ),
    "mixed_dates": Kind(
        "warning",
        "Day first and month first",
        "%(value)s and %(other)s stand in one column",
        "Find out in the source which dates are meant, and export them in one format.",
    ),
    "lost_zeros": Kind(
        "warning",
        "Zeros in front are lost",
        "%(count)s codes are shorter than the %(length)s digits of the others",
        "Export again as text; a spreadsheet has taken the codes for numbers.",
    ),
    "ragged_row": Kind(
        "warning",
        "Row of other length",
        "%(found)s cells where the header has %(expected)s",
        "Compare the row with the source.",
    ),
    "footer_row": Kind(
        "info",
        "Footer skipped",
        "The row looks like a total, not like a record",
        "Nothing, if it is a footer.",
    ),
    "repeated_row": Kind(
        "info",
        "Repeated row",
        "The same row stands twice in the export",
        "Nothing: it is loaded once.",
    ),
    "repeated_key": Kind(
        "hold",
        "Two rows with one ID",
        "%(value)s stands in another row with other content",
        "Decide in the source which row is right.",
    ),
    "missing_key": Kind(
        "warning",
        "Row without an ID",
        "The row has no ID; it is known by its content",
        "Export with IDs if the source can.",
    ),
    # REST
    "rest_refused": Kind(
        "error",
        "Address refused",
        "%(host)s is not asked: %(detail)s",
        "A system administrator can allow the host at the connection (Inside the Network).",
    ),
    "rest_unreachable": Kind(
        "error",
        "Source cannot be reached",
        "%(url)s: %(detail)s",
        "Check the address and the connection, then resume: it goes on at the same page.",
    ),
    "rest_too_slow": Kind(
        "error",
        "Source answers too slowly",
        "%(url)s did not answer completely within %(seconds)s seconds",
        "Resume later, or ask for smaller pages: it goes on at the same page.",
    ),
    "rest_too_big": Kind(
        "error",
        "Answer too big",
        "%(url)s sends more than %(limit)s bytes",
        "Ask for smaller pages, or fetch the file by hand.",
    ),
    "rest_throttled": Kind(
        "error",
        "Source throttles",
        "%(url)s answers %(status)s: too many requests",
        "Set a lower rate, then resume: it goes on at the same page.",
    ),
    "rest_server": Kind(
        "error",
        "Source has trouble",
        "%(url)s answers %(status)s",
        "Resume later: it goes on at the same page.",
    ),
    "rest_status": Kind(
        "error",
        "Source refuses the request",
        "%(url)s answers %(status)s",
        "Check the address in the settings of the connection.",
    ),
    "rest_token": Kind(
        "error",
        "Token refused",
        "%(url)s answers %(status)s: the token is wrong or has expired",
        "Enter a valid token, then resume: it goes on at the same page.",
    ),
    "rest_permission": Kind(
        "error",
        "No permission to read",
        "%(url)s answers %(status)s: the role of the account may not read or export these records",
        "Give the role the permission to export, or use the token of an administrator.",
    ),
    "rest_web_page": Kind(
        "error",
        "A web page instead of data",
        "%(url)s answers with a web page, perhaps to sign in",
        "Check the address and the token; it goes on at the same page.",
    ),
    "rest_not_json": Kind(
        "error",
        "Answer cannot be read",
        "%(url)s: %(detail)s",
        "Resume later: it goes on at the same page.",
    ),
    "rest_shape": Kind(
        "error",
        "No records in the answer",
        "%(url)s holds no list of records at %(place)s",
        "Say in the settings of the connection where the records lie.",
    ),
    "rest_loop": Kind(
        "error",
        "Pages go in a circle",
        "%(url)s and the pages before it hold the same records again and again",
        "Check how the source pages its lists in the settings of the connection.",
    ),
    "rest_not_offered": Kind(
        "warning",
        "Not offered by the source",
        "There is no list of %(name)s under the known addresses",
        "Correct the address if there should be one, or supply these records as a file.",
    ),
    "rest_short_page": Kind(
        "info",
        "Short page",
        "Page %(page)s had %(found)s records where the first one had %(usual)s",
        "Nothing: the list was compared with the total that the source tells.",
    ),
    "rest_repeated": Kind(
        "info",
        "IDs on several pages",
        "%(count)s records came more than once: %(value)s",
        "Nothing: each was taken once, as it came last.",
    ),
    "rest_total": Kind(
        "warning",
        "Total does not add up",
        "%(found)s records came, the source says %(expected)s",
        "Compare with the count on the source's screen, and extract again.",
    ),
    # values
    "unreadable_number": Kind(
        "warning",
        "Unreadable number",
        "%(value)s is not a number",
        "Correct it in the source, or by hand after the move.",
    ),
    "unreadable_date": Kind(
        "warning",
        "Unreadable date",
        "%(value)s is not a date",
        "Correct it in the source, or by hand after the move.",
    ),
    "placeholder_date": Kind(
        "warning",
        "Placeholder for a missing date",
        "%(value)s is what programs write where there is no date",
        "Nothing, if there was none: the field stays empty, the text is kept.",
    ),
    "mixed_column": Kind(
        "warning",
        "Different kinds of values",
        "The column holds values of several kinds, such as %(value)s; it is kept as text",
        "Choose how the column is read; what does not fit is listed.",
    ),
    "ambiguous_date": Kind(
        "warning",
        "Day or month first?",
        "%(value)s can be read both ways",
        "Set the date order of the column.",
    ),
    "ambiguous_number": Kind(
        "warning",
        "Comma or point?",
        "%(value)s can be read both ways",
        "Set the decimal mark of the column.",
    ),
    "unreadable_boolean": Kind(
        "warning",
        "Neither yes nor no",
        "%(value)s is neither yes nor no",
        "Set what the value means.",
    ),
    "invalid_email": Kind(
        "warning",
        "Invalid email",
        "%(value)s is not an email address",
        "Correct the address; the text is kept with the source data.",
    ),
    "several_values": Kind(
        "info",
        "Several values in one cell",
        "Of %(value)s, %(kept)s is used",
        "Nothing: the text is kept with the source data.",
    ),
    "mojibake": Kind(
        "warning", "Wrongly decoded letters", "%(value)s was read as %(fixed)s", "Check the name."
    ),
    "active_content": Kind(
        "info",
        "Active content removed",
        "The text held scripts or styles, which were left out",
        "Nothing to do; the words of the text are there.",
    ),
    "unknown_value": Kind(
        "warning",
        "Unknown value",
        "%(value)s has no counterpart",
        "Choose a counterpart in the value map.",
    ),
    "timezone_assumed": Kind(
        "warning",
        "Time zone assumed",
        "%(file)s has times without a zone; read as %(zone)s",
        "Set the time zone of the source account.",
    ),
    "foreign_currency": Kind(
        "warning",
        "Amount in another currency",
        "%(value)s %(currency)s is kept as a figure; the database counts in %(company_currency)s",
        "Choose to convert, or leave the figure; the original is kept.",
    ),
    "currency_not_summed": Kind(
        "warning",
        "Document in another currency",
        "%(value)s %(currency)s stands in the contact's list; sums are in %(company_currency)s",
        "Figures of several currencies are not added up. Install the app to keep each document in "
        "its own currency.",
    ),
    # records
    "empty_record": Kind(
        "hold",
        "Nothing to identify it",
        "Neither name nor email nor phone",
        "Complete it in the source, or leave it out.",
    ),
    "pre_revenue": Kind(
        "info",
        "Lead: no revenue yet",
        "An open deal without an amount is loaded as a lead",
        "Nothing: it is converted to an opportunity in Odoo, or by a newer export with an amount.",
    ),
    "pre_revenue_deals": Kind(
        "info",
        "Deals without an amount",
        "%(count)s deals have no amount; they are loaded as opportunities",
        "Choose in the policies whether such deals become leads.",
    ),
    "one_pipeline": Kind(
        "info",
        "One pipeline only",
        "%(pipeline)s is the only pipeline, and becomes a sales team of its own. Odoo's pipeline, "
        "of the team %(team)s, could take it, with the names of its stages: %(stages)s. %(count)s "
        "deals are in them",
        "Choose it in the policies, if these stages may be renamed for everybody who uses them.",
    ),
    "pipeline_taken": Kind(
        "info",
        "Odoo's pipeline is renamed",
        "%(pipeline)s goes to Odoo's pipeline, of the team %(team)s, whose stages get its names: "
        "%(stages)s. %(count)s deals are in them",
        "Look at the pairs; for a stage that shall not be renamed, choose an existing one in the "
        "map.",
    ),
    "several_pipelines": Kind(
        "warning",
        "More than one pipeline",
        "Odoo's own pipeline was chosen, but there are several: %(pipelines)s. Each becomes a "
        "sales team with stages of its own",
        "Nothing, or put the stages together in the map.",
    ),
    "leads_hidden": Kind(
        "warning",
        "Leads are hidden in Odoo",
        "%(count)s rows become leads, and this database has the menu “Leads” switched off",
        "Switch Leads on in the settings of CRM.",
    ),
    "which_product": Kind(
        "warning",
        "Which product is it?",
        "Several products are called %(name)s: %(products)s. By its columns the export is of "
        "%(found)s",
        "Say on the project which product it is.",
    ),
    "other_product": Kind(
        "warning",
        "Columns of another product",
        "The project says %(product)s, the columns are of %(found)s",
        "Check where the export comes from.",
    ),
    "contact_count": Kind(
        "warning",
        "Company with fewer contacts",
        "%(value)s: %(expected)s contacts name it in the source, %(found)s are there",
        "Look for the contacts that are held or failed.",
    ),
    "deal_without_contact": Kind(
        "info",
        "Deal without a contact",
        "The source names neither contact nor company",
        "Nothing, or link it by hand.",
    ),
    "opt_out_no_email": Kind(
        "warning",
        "Opted out, without an email address",
        "The source says that this record wants no emails, and has no address for it",
        "Odoo's blacklist knows addresses only: tell whoever may write to it.",
    ),
    "opt_out_withdrawn": Kind(
        "warning",
        "No longer opted out in the source",
        "The newer export says that %(value)s may be written to again",
        "The blacklist still has it. Take it off there if you are sure.",
    ),
    "no_company": Kind(
        "info",
        "Contact without a company",
        "The source names no company",
        "Nothing, or choose a placeholder in the policies.",
    ),
    "placeholder_parent": Kind(
        "info", "Under the placeholder", "It has no company in the source", "Nothing."
    ),
    "no_name": Kind("warning", "Without a name", "Named by its %(by)s", "Give it a name."),
    "duplicate_email": Kind(
        "warning",
        "Same email twice",
        "%(value)s belongs to %(count)s records",
        "Merge them in Odoo if they are one.",
    ),
    "duplicate_existing": Kind(
        "warning",
        "Already in Odoo?",
        "%(value)s is also the email of %(name)s",
        "Merge them, or keep both.",
    ),
    "duplicate_phone": Kind(
        "warning",
        "Same name and phone",
        "%(value)s is also how %(name)s is reached",
        "Merge them if they are one.",
    ),
    "duplicate_open": Kind(
        "hold",
        "Two, or one?",
        "%(value)s: it may be %(name)s",
        "Keep both, merge them or link to the existing one, then load what was held.",
    ),
    "duplicate_lost": Kind(
        "hold",
        "What it was to be merged with is gone",
        "%(name)s, with whom it was to be one, is not there any more",
        "Decide again: keep it, or choose another contact.",
    ),
    "merge_kept": Kind(
        "info",
        "Merged: the other's value stays",
        "%(fields)s differ; the contact keeps its own",
        "Nothing. The row's own values stay with its staged record.",
    ),
    "unknown_stage": Kind(
        "warning",
        "Unknown stage",
        "Stage %(value)s is not among the usual ones; it gets a stage of its own",
        "Check its place and probability in the value map.",
    ),
    "status_conflict": Kind(
        "warning",
        "Status and stage disagree",
        "Status says %(status)s, stage says %(stage)s",
        "Check the deal.",
    ),
    "probability_conflict": Kind(
        "info",
        "Probability of a closed deal",
        "%(value)s in the source; a deal that is %(status)s has %(probability)s",
        "Nothing.",
    ),
    "closed_date_missing": Kind(
        "info", "Closing date unknown", "The source has no closing date; it stays empty", "Nothing."
    ),
    "lead_address": Kind(
        "info",
        "Address of the deal kept aside",
        "%(value)s differs from the contact's; writing it would change the contact",
        "Nothing: the text is kept with the source data.",
    ),
    "probability_missing": Kind(
        "info",
        "No probability",
        "Taken from its stage: %(probability)s",
        "Nothing, or set it on the deal.",
    ),
    "missing_body": Kind(
        "info",
        "Email without its text",
        "The export holds that it was sent, not what it said",
        "Nothing: the text is missing in the source's export, it was not empty.",
    ),
    "recurring_task": Kind(
        "warning", "Recurring task", "Repeats %(value)s", "Set the repetition up by hand."
    ),
    "event_without_end": Kind(
        "warning",
        "Meeting without an end",
        "No end or duration; it ends when it starts",
        "Correct the meeting.",
    ),
    "unknown_country": Kind(
        "warning",
        "Unknown country",
        "%(value)s",
        "Choose the country; the text is kept with the source data.",
    ),
    "unknown_state": Kind(
        "info",
        "Unknown state or province",
        "%(value)s",
        "Nothing: the text is kept with the source data.",
    ),
    "missing_date": Kind(
        "hold",
        "Without a date",
        "History needs its date; the source gives none that can be read",
        "Add the date in the source.",
    ),
    "unknown_kind": Kind(
        "hold", "Unknown kind of activity", "%(value)s", "Say what it is in the value map."
    ),
    # links
    "missing_company": Kind(
        "warning",
        "Company not found",
        "Company %(value)s is not in the export, or is held",
        "Export it too, or link it by hand.",
    ),
    "missing_contact": Kind(
        "warning",
        "Contact not found",
        "Contact %(value)s is not in the export, or is held",
        "Export it too, or link it by hand.",
    ),
    "ambiguous_reference": Kind(
        "warning",
        "Name fits several records",
        "%(value)s fits %(count)s records",
        "Link it by hand: nothing is guessed.",
    ),
    "missing_parent": Kind(
        "warning",
        "Parent company not found",
        "Company %(value)s is not in the export, or is held",
        "Export it too, or set the parent by hand.",
    ),
    "parent_cycle": Kind(
        "warning",
        "Companies in a circle",
        "%(value)s is its parent and its subsidiary at once; it landed without a parent",
        "Set the right parent by hand.",
    ),
    "multi_company": Kind(
        "warning",
        "Contact of several companies",
        "%(count)s companies; %(value)s was taken as the parent",
        "Check which one is the parent; the others are shown beside it.",
    ),
    "attachment_file_missing": Kind(
        "hold",
        "File not supplied",
        "%(value)s is not among the uploaded files",
        "Upload it with the list, in a folder or a ZIP; it is attached then.",
    ),
    "attachment_file_ambiguous": Kind(
        "hold",
        "Several files of that name",
        "%(value)s fits %(count)s uploaded files",
        "Upload them with their folders, as the list names them.",
    ),
    "attachment_checksum": Kind(
        "hold",
        "File is not the one listed",
        "The list says %(value)s, the file has %(found)s",
        "Fetch the file from the source again.",
    ),
    "fetch_failed": Kind(
        "hold",
        "File could not be fetched",
        "%(value)s: %(detail)s",
        "Prepare again to try once more, or upload the file itself with the list.",
    ),
    "inline_image_missing": Kind(
        "warning",
        "Picture of a text not supplied",
        "%(value)s is not among the uploaded files",
        "Upload it with the export, in a folder or a ZIP, and load into a fresh project.",
    ),
    "disk_room": Kind(
        "error",
        "Not enough room for the files",
        "The files take %(needed)s MB, the file store has %(free)s MB left",
        "Make room on the server's disk, then go on.",
    ),
    "attachment_orphan": Kind(
        "hold",
        "Record of the file is missing",
        "%(entity)s %(value)s is not in the export",
        "Export it too; the file is attached then.",
    ),
    "unknown_color": Kind(
        "info",
        "Unknown colour",
        "%(value)s is no colour Odoo's tags can have",
        "Choose one on the tag.",
    ),
    "company_by_name": Kind("warning", "Company found by its name", "%(value)s", "Check the link."),
    "orphan_activity": Kind(
        "hold",
        "Its record is missing",
        "%(entity)s %(value)s is not in the export",
        "Export it too; the activity is loaded then.",
    ),
    "orphan_value": Kind(
        "hold",
        "Its record is missing",
        "%(entity)s %(value)s is not in the export",
        "Export it too; if it is there, say in a column which kind of record each value is of.",
    ),
    "unlinked_activity": Kind(
        "hold",
        "Belongs to nothing",
        "The export names no record it belongs to",
        "Link it in the source, or leave it out.",
    ),
    "ambiguous_activity": Kind(
        "hold", "Belongs to several?", "%(value)s fits %(count)s records", "Say which one."
    ),
    "team_of_owner": Kind(
        "info",
        "Owner is in another team",
        "%(value)s stays out of the migrated team: one team per user is set",
        "Add the user to the team, or allow several teams.",
    ),
    "recipient_unknown": Kind(
        "info",
        "Recipient without a contact",
        "No contact has the address %(value)s",
        "Nothing: the address stays with the source data, and is linked once the contact lands.",
    ),
    "posted_changed": Kind(
        "warning",
        "Posted invoice changed in the source",
        "The newer export changes %(value)s; a posted invoice stays as it is",
        "Correct it in Accounting, if it shall follow the source.",
    ),
    "sender_unknown": Kind(
        "info",
        "Sender without a contact",
        "No user or contact has the address %(value)s",
        "Nothing: the address is the sender's, and is linked once the contact lands.",
    ),
    "attendee_unknown": Kind(
        "info",
        "Attendee not found",
        "%(value)s is no contact of the export",
        "Nothing: the address is kept in the description.",
    ),
    "waits_for": Kind(
        "hold",
        "Waits for another record",
        "%(entity)s %(value)s is held",
        "Settle that one; this one follows.",
    ),
    "unmatched_owner": Kind(
        "hold",
        "Owner without a user",
        "%(value)s is no user of this database",
        "Make the user, choose another, or change the owner policy.",
    ),
    "owner_fallback": Kind(
        "info",
        "Owner replaced",
        "%(value)s is no user; %(fallback)s stands in",
        "Change the owner when the user exists.",
    ),
    "owner_stub": Kind(
        "info",
        "Inactive user made",
        "%(value)s has an inactive user without a password",
        "Archive or activate it later.",
    ),
    "ambiguous_owner": Kind(
        "hold",
        "Owner fits several users",
        "%(value)s fits %(count)s users",
        "Choose the user in the value map.",
    ),
    # stages of the work
    "fields_missing": Kind(
        "error", "Fields missing", "Not made yet: %(fields)s", "Prepare the database first."
    ),
    "unconfirmed_map": Kind(
        "hold",
        "Map not confirmed",
        "%(count)s lines of the map wait for you",
        "Confirm or change them.",
    ),
    "sample_not_approved": Kind(
        "hold",
        "Sample not approved",
        "The full load needs an approved sample",
        "Look at the sample and approve it.",
    ),
    "record_failed": Kind(
        "error",
        "Odoo refused the record",
        "%(detail)s",
        "Correct the cause and load again; the other records landed.",
    ),
    "required_field": Kind(
        "hold",
        "Field that Odoo requires",
        "Odoo requires %(label)s, and the row has no value for it",
        "Map a column to the field, or give the field a default in Odoo.",
    ),
    "forecast_missed": Kind(
        "warning",
        "Not as foreseen",
        "%(count)s rows were foreseen as %(foreseen)s and became %(became)s",
        "Look at the rows: what changed in Odoo or in the map since the forecast?",
    ),
    "gone_in_source": Kind(
        "info",
        "Gone in the source",
        "The newer export does not have it any more",
        "Nothing is deleted unasked.",
    ),
    "both_changed": Kind(
        "warning",
        "Changed on both sides",
        "Odoo: %(landed)s; source: %(value)s",
        "Choose which one holds.",
    ),
    "edited_since": Kind(
        "info",
        "Edited since the load",
        "%(name)s changed it on %(date)s",
        "Kept as the person left it.",
    ),
    "rollback_kept": Kind(
        "warning",
        "Kept by the rollback",
        "%(name)s: %(detail)s",
        "Remove it by hand if it should go.",
    ),
    "rows_differ": Kind(
        "warning",
        "Count differs",
        "%(found)s rows, the source's screen says %(expected)s",
        "Export again, or find the difference.",
    ),
    "plan_cap": Kind(
        "warning",
        "Export may be cut",
        "Exactly %(count)s rows: the cap of the plan",
        "Check the count on the source's screen.",
    ),
    # optional apps
    "app_missing": Kind(
        "info",
        "Left out: its app is not used",
        "Odoo has no place for the record without its app; it is in the written list",
        "Install the app and choose it under “Apps”, or build the record by hand.",
    ),
    "price_missing": Kind(
        "warning", "Without a price", "The source gives no price", "Give the product its price."
    ),
    "stock_not_booked": Kind(
        "info",
        "Stock is not booked",
        "The source counts %(value)s; booking a count books its value, so that is for a person",
        "With Inventory the count waits under Physical Inventory: apply it; without, it is kept.",
    ),
    "variants_apart": Kind(
        "info",
        "Variants that stay products of their own",
        "Its attributes, price or texts differ from its namesakes' in a way variants cannot have",
        "Join them by hand if they are one product; size and colour are in the source data.",
    ),
    "product_code_taken": Kind(
        "warning",
        "Two products of one code",
        "%(value)s is the code of another product too",
        "Check whether the two are one.",
    ),
    "total_differs": Kind(
        "warning",
        "Lines do not add up to the total",
        "The source's total is %(value)s, its lines add up to %(lines)s; the rest is a line",
        "Compare the document with the source.",
    ),
    "document_without_contact": Kind(
        "hold",
        "Belongs to no contact",
        "No contact of the export is named, or it cannot be told which one",
        "Name the contact in the source, or link it.",
    ),
    "line_without_document": Kind(
        "hold",
        "Line without its document",
        "Document %(value)s is not in the export",
        "Export the documents too.",
    ),
    "status_missing": Kind(
        "info",
        "Without a status",
        "The source tells no status of the document",
        "Check whether it is what the file says: an order, an unpaid invoice.",
    ),
    "course_part": Kind(
        "info",
        "Part of a course",
        "Modules and lessons are in the saved hierarchy of the courses",
        "Build the contents of the course from the hierarchy.",
    ),
    "course_missing": Kind(
        "hold",
        "Course not found",
        "Course %(value)s is not in the export, or is held",
        "Export the courses too, or name the course.",
    ),
    "member_without_email": Kind(
        "hold",
        "Member without an email address",
        "A mailing list needs an address; the source gives none that can be read",
        "Give the contact an address.",
    ),
    "segment_dynamic": Kind(
        "info",
        "Dynamic segment",
        "A rule, not a list: %(value)s",
        "Build it as a filter of contacts or as a mailing list.",
    ),
}
