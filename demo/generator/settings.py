"""What an export looks like: everything that may differ between two exports of one product."""

from dataclasses import dataclass, field

#: Everything that may be wrong with a record; a share of the records gets each.
DEFECTS = (
    "duplicate_email",
    "missing_company",
    "invalid_email",
    "no_name",
    "empty_record",
    "bad_amount",
    "bad_date",
    "unknown_stage",
    "orphan_activity",
    "unlinked_activity",
    "recurring_task",
    "unmatched_owner",
    "inline_image",
    "mojibake",
    "repeated_row",
    "mixed_dates",
)
#: What the two products export: smart_crm_online has no list of users and no currency.
PRODUCTS = {
    "karmacrm": {"owners_file": True, "currency": True, "deal_contact": "contact_id"},
    "smart_crm_online": {"owners_file": False, "currency": False, "deal_contact": "contact_name"},
}


@dataclass
class Settings:
    """:param headers: a set of column names: plain, synonyms, snake, de, fr, es
    :param words: language of stages, kinds and the like: en, de
    :param ids: sequence (one for all), overlapping (each table from 1), hex, prefixed
    :param stamp: form of times; those without a zone are local times of ``zone``
    :param defects: share of the records that get each of ``kinds_of_defects``
    """

    profile: str = "karmacrm"
    contacts: int = 60
    companies: int = 0
    deals: int = 0
    activities: int = 0
    seed: int = 1
    headers: str = "plain"
    words: str = "en"
    ids: str = "sequence"
    shuffle: bool = False
    form: str = "csv"
    typed: bool = False
    by_kind: bool = False
    kinds: tuple = ("call", "email", "note", "meeting", "task")
    pipelines: int = 1
    delimiter: str = ","
    encoding: str = "utf-8"
    newline: str = "\r\n"
    quote_all: bool = False
    date: str = "iso"
    stamp: str = "iso-z"
    zone: str = "UTC"
    decimal: str = "."
    money: str = "plain"
    owner: str = "email"
    tag_separator: str = ", "
    boolean: str = "true/false"
    preamble: bool = False
    footer: bool = False
    defects: float = 0.0
    kinds_of_defects: tuple = DEFECTS
    locales: tuple = ()
    values: int = 25
    product: dict = field(init=False)

    def __post_init__(self):
        self.product = PRODUCTS[self.profile]
        self.companies = self.companies or max(2, self.contacts // 4)
        self.deals = self.deals or self.contacts // 2
        self.activities = self.activities or self.contacts * 2
        if self.owner == "id" and not self.product["owners_file"]:
            raise ValueError(f"{self.profile} exports no owners: their IDs would say nothing")

    def share(self, defect, count):
        """How many of ``count`` records get the defect: one at least, if any at all."""
        if not self.defects or defect not in self.kinds_of_defects or not count:
            return 0
        return max(1, round(self.defects * count))
