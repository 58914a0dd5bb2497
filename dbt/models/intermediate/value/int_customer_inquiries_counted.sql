-- How often a customer asked or complained in the 90 days to as_of_date, and when last.
with tickets as (

    select * from {{ ref('stg_inquiry__tickets') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}

),

-- a ticket comes from another system than its customer: the id means the only customer that has it
resolved as (

    select
        source_entity,
        source_id,
        min(customer_key) as customer_key
    from identified
    group by source_entity, source_id
    having count(distinct customer_key) = 1

),

asked as (

    select
        coalesce(by_account.customer_key, by_billing.customer_key) as customer_key,
        {{ local_date('tickets.asked_at') }} as asked_date,
        coalesce(tickets.is_complaint, false) as is_complaint
    from tickets
    left join resolved as by_account
        on
            tickets.account_id = by_account.source_id
            and by_account.source_entity = 'crm.accounts'
    left join resolved as by_billing
        on
            tickets.billing_customer_id = by_billing.source_id
            and by_billing.source_entity = 'billing.billing_customers'

),

counted as (

    select
        cast(customer_key as string) as customer_key,
        cast(max(asked_date) as date) as last_inquiry_date,
        cast(
            sum(case when asked_date > {{ add_days(as_of(), -90) }} then 1 else 0 end) as bigint
        ) as inquiry_90d_count,
        cast(
            sum(
                case
                    when asked_date > {{ add_days(as_of(), -90) }} and is_complaint then 1 else 0
                end
            ) as bigint
        ) as complaint_90d_count
    from asked
    where customer_key is not null and asked_date <= {{ as_of() }}
    group by customer_key

)

select * from counted
