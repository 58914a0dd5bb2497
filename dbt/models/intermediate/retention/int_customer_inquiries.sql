-- Inquiries by customer and local day: by account, else by billing id. An inquiry nobody can be
-- named for is in no customer's count.
with tickets as (

    select * from {{ ref('stg_inquiry__tickets') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}

),

-- a help desk names customers by ids of other systems: an id is taken where only one customer has
-- it
owners as (

    select
        source_entity,
        source_id,
        min(customer_key) as customer_key
    from identified
    where source_entity in ('crm.accounts', 'billing.billing_customers')
    group by source_entity, source_id
    having count(distinct customer_key) = 1

),

inquiries as (

    select
        cast(coalesce(accounts.customer_key, payers.customer_key) as string) as customer_key,
        {{ local_date('tickets.asked_at') }} as asked_date,
        cast(coalesce(tickets.is_complaint, false) as boolean) as is_complaint
    from tickets
    left join owners as accounts
        on
            tickets.account_id = accounts.source_id
            and accounts.source_entity = 'crm.accounts'
    left join owners as payers
        on
            tickets.billing_customer_id = payers.source_id
            and payers.source_entity = 'billing.billing_customers'
    where coalesce(accounts.customer_key, payers.customer_key) is not null

)

select * from inquiries
