-- A contract that no customer owns would be missing from every number.
select
    source_system,
    contract_id,
    line_id
from {{ ref('int_subscriptions_bounded') }}
where customer_key is null
