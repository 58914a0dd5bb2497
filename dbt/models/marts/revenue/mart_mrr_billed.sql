with compared as (

    select * from {{ ref('int_billed_months_compared') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_allocated') }}

),

unallocable as (

    select
        {{ month_start('issue_date') }} as month,
        count(*) as unallocable_line_count
    from lines
    where allocation_state = 'unallocable'
    group by {{ month_start('issue_date') }}

),

customers as (

    select
        month,
        customer_key,
        sum(contract_mrr) as contract_mrr,
        sum(billed_mrr) as billed_mrr
    from compared
    group by month, customer_key

),

summed as (

    select
        month,
        sum(contract_mrr) as contract_mrr,
        sum(billed_mrr) as billed_mrr,
        sum(case when contract_mrr > 0 then 1 else 0 end) as contract_customer_count,
        sum(case when billed_mrr > 0 then 1 else 0 end) as billed_customer_count,
        sum(case when contract_mrr <> billed_mrr then 1 else 0 end) as differing_customer_count
    from customers
    group by month

),

billed as (

    select
        summed.month,
        {{ total('summed.contract_mrr') }} as contract_mrr,
        {{ total('summed.billed_mrr') }} as billed_mrr,
        {{ total('summed.billed_mrr - summed.contract_mrr') }} as difference_mrr,
        cast(summed.contract_customer_count as bigint) as contract_customer_count,
        cast(summed.billed_customer_count as bigint) as billed_customer_count,
        cast(summed.differing_customer_count as bigint) as differing_customer_count,
        cast(coalesce(unallocable.unallocable_line_count, 0) as bigint) as unallocable_line_count,
        {{ policy_columns() }}
    from summed
    left join unallocable on summed.month = unallocable.month

)

select * from billed
