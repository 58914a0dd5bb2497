-- A foreign invoice without a rate would be owed nothing in the receivables.
select
    currency,
    count(*) as invoice_count
from {{ ref('mart_ar_aging') }}
where balance is null
group by currency
