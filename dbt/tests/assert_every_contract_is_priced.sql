-- An interval unit outside day, week, month, year leaves a contract without a monthly amount.
select
    source_system,
    contract_id,
    interval_unit
from {{ ref('int_subscriptions_pieced') }}
where full_mrr_native is null
