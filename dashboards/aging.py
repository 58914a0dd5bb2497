"""What is owed, by days since it was due: the buckets in words."""

from dashboards.frame import Frame

NOT_DUE = ("not_due", "no_due_date")


def bucket_name(page: Frame, bucket: str) -> str:
    """A bucket of days overdue in words: not yet due, 1 to 30 days, 91 days or more."""
    if bucket in NOT_DUE:
        return page.text.code("ar_bucket", bucket)
    if bucket.endswith("+"):
        return page.text("cash.bucket_from", first=bucket[:-1])
    first, last = bucket.split("-")
    return page.text("cash.bucket_range", first=first, last=last)
