"""Every question a page asks, by subject: one cached select each over published marts.

Select, where, group by, sum. No case, no window, no arithmetic on metrics, no join but to a label:
what a number means is decided in dbt/. Money comes back as Decimal in the reporting currency.
"""
